//! What the cluster itself remembers: ReplicaSets of a Deployment, ControllerRevisions of a StatefulSet or DaemonSet.

use crate::cluster::journal::Entry;
use crate::cluster::{Error, ListOptions, Live, Reference, Resource, Server};
use serde_json::Value;
use std::sync::Arc;

/// An earlier state of a workload.
pub(super) struct Revision {
    /// The name of its object.
    pub(super) name: String,
    /// Its pod template.
    pub(super) template: Value,
}

/// The revisions of a workload that are still there; none where the user may not read them.
pub(super) async fn revisions(server: &Server, live: &Live) -> Result<Vec<Revision>, Error> {
    let (resource, template) = match live.reference.resource.kind.as_str() {
        "Deployment" => (Resource::builtin("apps", "v1", "ReplicaSet", "replicasets", true), "/spec/template"),
        "StatefulSet" | "DaemonSet" => (controller_revisions(), "/data/spec/template"),
        _ => return Ok(Vec::new()),
    };
    let mut found = Vec::new();
    let each = |revision: Live| {
        let template = revision.value.pointer(template).filter(|_| is_owned_by(&revision.value, live.uid()));
        found.extend(template.cloned().map(|template| Revision { name: revision.reference.name, template }));
    };
    let namespace = live.reference.namespace.as_deref();
    match server.list(&Arc::new(resource), namespace, &ListOptions::default(), each).await {
        Err(error) if error.is_forbidden() => Ok(Vec::new()),
        other => other.map(|()| found),
    }
}

/// The pod templates of the revisions.
pub(super) async fn templates(server: &Server, live: &Live) -> Result<Vec<Value>, Error> {
    Ok(revisions(server, live).await?.into_iter().map(|revision| revision.template).collect())
}

/// Whether an object has an owner with this uid.
pub(super) fn is_owned_by(object: &Value, uid: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().any(|owner| owner.get("uid").is_some_and(|own| own == uid))
}

/// The command of kubectl that takes the whole template back to what it was before the run: the second net. `None` where
/// there is no such revision to go to.
pub async fn rollout_undo(server: &Server, entry: &Entry) -> Option<String> {
    let Reference { resource, namespace, name } = &entry.reference;
    let revision = entry.revision.as_ref()?;
    let number = match resource.kind.as_str() {
        "Deployment" => revision.parse().ok()?,
        "StatefulSet" => {
            let resource = Arc::new(controller_revisions());
            let reference = Reference { resource, namespace: namespace.clone(), name: revision.clone() };
            server.get(&reference).await.ok()?.value.get("revision")?.as_u64()?
        }
        _ => return None,
    };
    let namespace = namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    Some(format!("kubectl rollout undo {}/{name}{namespace} --to-revision={number}", resource.kind.to_lowercase()))
}

fn controller_revisions() -> Resource {
    Resource::builtin("apps", "v1", "ControllerRevision", "controllerrevisions", true)
}
