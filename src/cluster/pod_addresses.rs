//! Which addresses pods have: what stands in their status, which nothing else here reads.

use super::{Error, ListOptions, Live, Resource, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was read.
#[derive(Debug, Default)]
pub struct Found {
    /// The Pods: of `metadata` what tells whose they are, of `spec` only `hostNetwork`, and the addresses of `status`.
    pub pods: Vec<Value>,
    /// What a person should know, a sentence each.
    pub told: Vec<String>,
}

/// Ask for the Pods of all namespaces; where that is forbidden, for those of `about`.
///
/// # Errors
/// Where the list fails for another reason.
pub async fn read(server: &Server, about: Option<&BTreeSet<String>>, chunk: u32) -> Result<Found, Error> {
    let mut found = Found::default();
    let refusal = match list(server, None, chunk, &mut found.pods).await {
        Ok(()) => return Ok(found),
        Err(error) if error.is_forbidden() => error,
        Err(error) => return Err(error),
    };
    let Some(about) = about else { return Err(refusal) };
    for namespace in about {
        list(server, Some(namespace), chunk, &mut found.pods).await?;
    }
    let place = about.iter().cloned().collect::<Vec<_>>().join(", ");
    found
        .told
        .push(format!("may not list pods outside of namespace {place}: who has which address there is not known"));
    Ok(found)
}

async fn list(server: &Server, namespace: Option<&str>, chunk: u32, pods: &mut Vec<Value>) -> Result<(), Error> {
    let resource = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    let options = ListOptions { chunk, ..ListOptions::default() };
    server.list(&resource, namespace, &options, |live| pods.push(lean(&live))).await
}

fn lean(live: &Live) -> Value {
    let kept = |place: &str, keys: &[&str]| {
        let of = live.value.get(place);
        let fields = keys.iter().filter_map(|key| Some(((*key).to_owned(), of?.get(*key)?.clone())));
        Value::from(fields.collect::<serde_json::Map<_, _>>())
    };
    json!({
        "metadata": kept("metadata", &["namespace", "name", "labels", "ownerReferences"]),
        "spec": kept("spec", &["hostNetwork"]),
        "status": kept("status", &["phase", "podIP", "podIPs", "hostIP"]),
    })
}
