//! Namespaces that are not there: who finds nothing in one should hear so.

use crate::cluster::{Error, Reference, Resource, Server};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The namespace that every cluster has. kubectl does not ask for it either.
const DEFAULT: &str = "default";

/// The namespaces that were asked for, each with the server's sentence where it is not there.
#[derive(Debug, Default)]
pub struct Places {
    asked: BTreeMap<String, Option<Error>>,
}

impl Places {
    /// The server's sentence on a namespace that is not there; `None` where it is there, or the user may not know.
    pub async fn missing(&mut self, server: &Server, namespace: Option<&str>) -> Option<Error> {
        let name = namespace.filter(|name| !name.is_empty() && *name != DEFAULT)?;
        if let Some(known) = self.asked.get(name) {
            return known.clone();
        }
        let resource = Arc::new(Resource::builtin("", "v1", "Namespace", "namespaces", false));
        let reference = Reference { resource, namespace: None, name: name.to_owned() };
        let missing = server.get(&reference).await.err().filter(Error::is_not_found);
        self.asked.insert(name.to_owned(), missing.clone());
        missing
    }
}
