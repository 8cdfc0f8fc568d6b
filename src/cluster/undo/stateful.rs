//! Pods of a StatefulSet that stick: its controller waits for a broken pod to become ready before it goes on, also when
//! the change that broke it is gone.

use super::history::{self, is_owned_by};
use super::told;
use crate::cluster::journal::Entry;
use crate::cluster::{Error, ListOptions, Live, Resource, Server};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long to wait for the controller to see the change.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// Delete the pods that the entry's revision left behind and that are not ready; the controller makes them anew. What could
/// not be done, a sentence each: the object itself is taken back by then.
pub(super) async fn free(server: &Server, live: &Live, entry: &Entry) -> Vec<String> {
    if live.reference.resource.kind != "StatefulSet" {
        return Vec::new();
    }
    match sticking(server, live, entry).await {
        Ok(pods) => {
            futures::future::join_all(pods.iter().map(|pod| delete(server, pod))).await.into_iter().flatten().collect()
        }
        Err(error) => vec![told::pods_unseen(&live.reference.name, &error)],
    }
}

/// Delete a pod: why it is still there, if it is.
async fn delete(server: &Server, pod: &Live) -> Option<String> {
    match server.delete(&pod.reference, pod.uid()).await {
        Err(error) if error.is_not_found() || error.is_stale() => None,
        other => other.err().map(|error| told::sticks(&pod.reference, &error)),
    }
}

/// The pods that the entry's revision left behind and that are not ready.
async fn sticking(server: &Server, live: &Live, entry: &Entry) -> Result<Vec<Live>, Error> {
    let ours: Vec<String> = history::revisions(server, live)
        .await?
        .into_iter()
        .filter_map(|revision| is_ours(entry, &revision.template).then_some(revision.name))
        .collect();
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let current = seen(server, live).await?;
    let mut pods = pods(server, live).await?;
    pods.retain(|pod| {
        let revision = pod.value.pointer("/metadata/labels/controller-revision-hash").and_then(Value::as_str);
        let left = revision.is_some_and(|revision| revision != current && ours.iter().any(|own| own == revision));
        left && !is_ready(&pod.value)
    });
    Ok(pods)
}

/// Whether a pod template has what the entry put into it.
fn is_ours(entry: &Entry, template: &Value) -> bool {
    let mut any = false;
    let holds = entry.changes.iter().all(|changed| {
        let Some(path) = changed.path.below(&["spec", "template"]) else { return true };
        any = true;
        match path.find(template) {
            Some(value) => changed.is_new_place() || changed.wrote(value, &entry.run),
            None => changed.after.is_none(),
        }
    });
    holds && any
}

/// Wait until the controller has seen the object as it is: the revision that it goes for then. Without an answer in time
/// the one it last told.
async fn seen(server: &Server, live: &Live) -> Result<String, Error> {
    let mut waited = Duration::ZERO;
    loop {
        let now = server.get(&live.reference).await?;
        let seen = now.value.pointer("/status/observedGeneration").and_then(Value::as_u64).unwrap_or_default();
        if seen >= live.generation() || waited >= PATIENCE {
            let revision = now.value.pointer("/status/updateRevision").and_then(Value::as_str);
            return Ok(revision.unwrap_or_default().to_owned());
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
}

async fn pods(server: &Server, live: &Live) -> Result<Vec<Live>, Error> {
    let resource = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    let mut found = Vec::new();
    let each = |pod: Live| found.extend(is_owned_by(&pod.value, live.uid()).then_some(pod));
    server.list(&resource, live.reference.namespace.as_deref(), &ListOptions::default(), each).await?;
    Ok(found)
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let mut ready = conditions.filter(|condition| condition.get("type").is_some_and(|kind| kind == "Ready"));
    ready.any(|condition| condition.get("status").is_some_and(|status| status == "True"))
}
