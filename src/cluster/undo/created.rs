//! What a run made: it goes, if it is as it was made and nobody needs it.

use super::Plan;
use crate::cluster::journal::{Changed, Entry};
use crate::cluster::{Error, FIELD_MANAGER, ListOptions, Live, Resource, Server};
use serde_json::Value;
use std::sync::Arc;

/// What is to become of an object that the run made, or may have made.
pub(super) async fn plan(server: &Server, entry: &Entry, live: Live) -> Result<Plan, Error> {
    let others = other_managers(&live.value);
    let stays = |why: Option<String>, live: Live| {
        let left = why.map(|why| format!("{} stays: {why}", live.reference)).into_iter().collect();
        Plan { after: Some(live.value.clone()), live, left }
    };
    // The run ended before it knew; an object of that name that is not ours is none of it.
    if entry.uid.is_empty() && !managers(&live.value).any(|manager| manager == FIELD_MANAGER) {
        return Ok(stays(None, live));
    }
    if !is_as_made(entry, &live.value) || !others.is_empty() {
        let by = if others.is_empty() { String::new() } else { format!(" by {}", others.join(", ")) };
        return Ok(stays(Some(format!("it was changed{by} after run {} had made it", entry.run)), live));
    }
    if let Some(pod) = user_of(server, &live).await? {
        return Ok(stays(Some(format!("pod {pod} uses it")), live));
    }
    Ok(Plan { after: None, live, left: Vec::new() })
}

fn is_as_made(entry: &Entry, now: &Value) -> bool {
    let as_made = |value: &Value, changed: &Changed| changed.is_new_place() || changed.wrote(value, &entry.run);
    entry.changes.iter().all(|changed| changed.path.find(now).is_some_and(|value| as_made(value, changed)))
}

/// Who wrote an object; its status does not count.
fn managers(object: &Value) -> impl Iterator<Item = &str> {
    let fields = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    fields.filter(|entry| entry.get("subresource").is_none()).filter_map(|entry| entry.get("manager")?.as_str())
}

/// Whether nobody else has written an object.
pub(super) fn is_ours_alone(object: &Value) -> bool {
    managers(object).next().is_some() && other_managers(object).is_empty()
}

fn other_managers(object: &Value) -> Vec<String> {
    managers(object).filter(|manager| *manager != FIELD_MANAGER).map(str::to_owned).collect()
}

/// A pod that runs under a ServiceAccount: without it, it would lose its rights.
async fn user_of(server: &Server, live: &Live) -> Result<Option<String>, Error> {
    if live.reference.resource.kind != "ServiceAccount" {
        return Ok(None);
    }
    let pods = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    let fields = format!("spec.serviceAccountName={}", live.reference.name);
    let mut user = None;
    let each = |pod: Live| {
        let ends = pod.value.pointer("/metadata/deletionTimestamp").is_some();
        let phase = pod.value.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
        if !ends && !["Succeeded", "Failed"].contains(&phase) {
            user.get_or_insert(pod.reference.name);
        }
    };
    let options = ListOptions { fields, ..ListOptions::default() };
    match server.list(&pods, live.reference.namespace.as_deref(), &options, each).await {
        Err(error) if error.is_forbidden() => Ok(None),
        other => other.map(|()| user),
    }
}
