//! A change as an entry of a kustomization's `patches`.

use super::strategic::ORDER;
use super::{json_patch, strategic_patch, takes_strategic};
use crate::manifest::{Refusal, Stream};
use crate::workload::Identity;
use serde_json::{Map, Value, json};

/// The entry that makes `after` of `before`: a strategic merge patch for Kubernetes' own kinds, else a JSON patch.
///
/// The target names no namespace where `identity` has none: kustomize puts namespaces in after it patches.
///
/// # Errors
/// When the patch cannot be written as YAML.
pub fn kustomize_patch(before: &Value, after: &Value, identity: &Identity) -> Result<Value, Refusal> {
    let (group, version) = identity.api_version.rsplit_once('/').unwrap_or(("", &identity.api_version));
    let strategic = if takes_strategic(group) { strategic_patch(before, after) } else { None };
    let patch = match strategic.filter(|patch| !misleads(patch)) {
        Some(Value::Object(change)) => Value::Object(headed(change, identity)),
        _ => json_patch(before, after),
    };
    let mut target = Map::new();
    if !group.is_empty() {
        target.insert("group".to_owned(), group.into());
    }
    target.insert("version".to_owned(), version.into());
    target.insert("kind".to_owned(), identity.kind.clone().into());
    // The names of a target are patterns.
    target.insert("name".to_owned(), identity.name.replace('.', "\\.").into());
    if let Some(namespace) = &identity.namespace {
        target.insert("namespace".to_owned(), namespace.clone().into());
    }
    Ok(json!({"target": target, "patch": Stream::of_value(&patch)?.text()}))
}

/// A patch says what it is for.
fn headed(change: Map<String, Value>, identity: &Identity) -> Map<String, Value> {
    let mut patch = Map::new();
    patch.insert("apiVersion".to_owned(), identity.api_version.clone().into());
    patch.insert("kind".to_owned(), identity.kind.clone().into());
    patch.insert("metadata".to_owned(), json!({"name": identity.name}));
    for (name, value) in change {
        match (patch.get_mut(&name), value) {
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more),
            (_, value) => drop(patch.insert(name, value)),
        }
    }
    patch
}

/// Whether kustomize would make something else of a patch than a server: it puts new items first, whatever the patch says of
/// their order, and tells ports apart by their protocol, too.
fn misleads(patch: &Value) -> bool {
    let misled = |name: &str| name.starts_with(ORDER) || name == "ports";
    match patch {
        Value::Object(fields) => fields.iter().any(|(name, value)| misled(name) || misleads(value)),
        Value::Array(items) => items.iter().any(misleads),
        _ => false,
    }
}
