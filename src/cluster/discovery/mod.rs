//! Which kinds the server serves, and how people name them.
//!
//! Two requests tell of all groups at once; a server that knows no such answer (before Kubernetes 1.26) is asked group by
//! group. A group whose own server is down costs a note, not the run.

mod aggregated;
mod find;
mod single;

use super::{Error, Resource, Server};
use std::sync::Arc;

/// What a server serves.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    resources: Vec<Arc<Resource>>,
    notes: Vec<String>,
}

impl Discovery {
    /// Ask the server.
    ///
    /// # Errors
    /// When it does not answer, or the user may not ask.
    pub async fn of(server: &Server) -> Result<Self, Error> {
        let core = server.read("/api", aggregated::ACCEPT).await?;
        let named = server.read("/apis", aggregated::ACCEPT).await?;
        match (aggregated::read(&core), aggregated::read(&named)) {
            (Some(core), Some(named)) => Ok(core.and(named)),
            // Behind an aggregating proxy the one may be new and the other old: then both are asked the old way.
            _ => single::ask(server, &core, &named).await,
        }
    }

    /// All resources without their subresources, groups in the server's order of preference, and in each group its versions.
    pub fn resources(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    /// What could not be learned: a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn and(mut self, other: Self) -> Self {
        self.resources.extend(other.resources);
        self.notes.extend(other.notes);
        self
    }

    fn stale(&mut self, group: &str, version: &str) {
        let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        self.notes.push(format!("couldn't get resource list for {name}: its server does not answer"));
    }
}
