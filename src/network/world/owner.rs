//! Who owns a pod: the pods of one controller are one peer, and a ReplicaSet's are those of its Deployment.

use super::Object;
use serde_json::Value;

/// How far owners of owners are followed; Pod, Job, CronJob are three.
const DEEPEST: usize = 8;

/// An owner: an object of the run, or one that is only named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) kind: String,
    pub(super) name: String,
    /// Its place among the objects.
    pub(super) object: Option<usize>,
}

/// The topmost controller above an object; `None` where it is its own. `find` gives the place of an object by its
/// namespace, group, kind and name.
pub(super) fn topmost(
    object: &Object,
    objects: &[Object],
    find: impl Fn(Option<&str>, &str, &str, &str) -> Option<usize>,
) -> Option<Owner> {
    let mut top: Option<Owner> = None;
    let mut here = object;
    for _ in 0..DEEPEST {
        let Some((group, kind, name)) = controller(&here.value) else { break };
        // A static Pod belongs to its node and runs nowhere else: it is its own owner.
        if kind == "Node" {
            break;
        }
        let place = find(object.namespace.as_deref(), group, kind, name);
        top = Some(Owner { kind: kind.to_owned(), name: name.to_owned(), object: place });
        let Some(next) = place.and_then(|place| objects.get(place)) else { break };
        here = next;
    }
    match top {
        Some(owner) if owner.object.is_none() && owner.kind == "ReplicaSet" => {
            Some(deployment(&owner, object, find).unwrap_or(owner))
        }
        other => other,
    }
}

/// The Deployment of a ReplicaSet that is not part of the run: the set is named after it and the hash in its pods' labels.
fn deployment(
    set: &Owner,
    pod: &Object,
    find: impl Fn(Option<&str>, &str, &str, &str) -> Option<usize>,
) -> Option<Owner> {
    let hash = pod.text("/metadata/labels/pod-template-hash")?;
    let name = set.name.strip_suffix(hash)?.strip_suffix('-')?;
    let object = find(pod.namespace.as_deref(), "apps", "Deployment", name)?;
    Some(Owner { kind: "Deployment".to_owned(), name: name.to_owned(), object: Some(object) })
}

/// The group, kind and name of an object's controller.
fn controller(value: &Value) -> Option<(&str, &str, &str)> {
    let owners = value.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let text = |key: &str| owner.get(key)?.as_str();
    let group = text("apiVersion")?.split_once('/').map_or("", |(group, _)| group);
    Some((group, text("kind")?, text("name")?))
}
