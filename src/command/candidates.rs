//! What a shell is offered of a cluster. No answer in time, no right, no cluster: nothing is offered, and nothing is said.

use crate::cli::Connection;
use crate::cluster::journal::{self, Entry};
use crate::cluster::{Discovery, Error, Runtime, Server};
use std::collections::BTreeSet;
use std::time::Duration;

/// A shell waits no longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Candidates, each with what it is.
type Candidates = Vec<(String, String)>;

/// The types of objects.
pub(super) fn types() -> Candidates {
    let mut seen = BTreeSet::new();
    let found = ask(async |server| Discovery::of(&server).await).unwrap_or_default();
    let listed = found.resources().iter().filter(|resource| resource.verbs.iter().any(|verb| verb == "list"));
    let named = listed.map(|resource| (resource.plural.clone(), resource.api_version()));
    named.filter(|(name, _)| seen.insert(name.clone())).collect()
}

/// Runs and the objects that they changed: those in effect, or all.
pub(super) fn recorded(in_effect: bool) -> Candidates {
    let entries = ask(async |server| journal::entries(&server).await).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let of_one = |entry: &Entry| {
        let run = (entry.run.clone(), format!("profile {}", entry.profile));
        let namespace = entry.reference.namespace.as_deref().unwrap_or_default();
        [run, (entry.reference.to_string(), namespace.to_owned())]
    };
    let wanted = entries.iter().filter(|entry| !in_effect || entry.is_in_effect());
    wanted.flat_map(of_one).filter(|(name, _)| seen.insert(name.clone())).collect()
}

/// What the server of the kubeconfig says.
fn ask<T>(question: impl AsyncFnOnce(Server) -> Result<T, Error>) -> Option<T> {
    let runtime = Runtime::new().ok()?;
    let _inside = runtime.enter();
    let flags = Connection { request_timeout: Some(PATIENCE), ..Connection::default() };
    let server = Server::connect(&flags).ok()?;
    runtime.wait(async { tokio::time::timeout(PATIENCE, question(server)).await }).ok()?.ok()
}
