//! Who owns which value of a live object: `metadata.managedFields`.
//!
//! Each entry is a manager and the set of fields it owns, a tree of `FieldsV1` (structured-merge-diff): `f:NAME` is a field,
//! `k:{...}` the item of a list with these keys, `v:VALUE` an item of a set, `i:N` one by its index, `.` the place itself. A
//! place without places below it is owned as a whole: a scalar, an atomic list or mapping, or a mapping that was empty.

use crate::cluster::FIELD_MANAGER;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How a manager came to own a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Operation {
    /// Server-side apply: the manager states all it wants, and conflicts with whoever changes it.
    Apply,
    /// Any other write: whatever differed afterwards, the server's defaults among it.
    Update,
}

/// One entry of `managedFields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manager<'v> {
    /// Its name, such as `helm`.
    pub name: &'v str,
    /// How it writes.
    pub operation: Operation,
    /// The version in which its fields are named.
    pub api_version: &'v str,
    /// The subresource that it writes, such as `scale`; empty for the object itself.
    pub subresource: &'v str,
}

impl Manager<'_> {
    /// Whether it is this program.
    pub fn is_ours(&self) -> bool {
        self.name == FIELD_MANAGER
    }
}

/// One manager's claim on a place: the fields below it.
#[derive(Debug, Clone)]
pub(super) struct Claim<'v> {
    pub(super) manager: Manager<'v>,
    pub(super) fields: &'v Map<String, Value>,
}

/// The claims on one place of an object.
#[derive(Debug, Clone, Default)]
pub struct Claims<'v>(Vec<Claim<'v>>);

impl<'v> Claims<'v> {
    /// The claims on a live object as a whole.
    pub fn of(live: &'v Value) -> Self {
        let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
        Self(entries.filter_map(claim).collect())
    }

    /// The claims on the value at a JSON pointer of the object.
    pub fn at(live: &'v Value, pointer: &str) -> Self {
        let mut here = Self::of(live);
        let mut value = Some(live);
        for token in pointer.split('/').skip(1) {
            if value.is_some_and(|value| here.own_whole(value)) {
                return here;
            }
            let token = token.replace("~1", "/").replace("~0", "~");
            here = here.below(value, &token);
            value = value.and_then(|value| child(value, &token));
        }
        here
    }

    /// Who owns the place, or something below it.
    pub fn managers(&self) -> impl Iterator<Item = &Manager<'v>> {
        self.0.iter().map(|claim| &claim.manager)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Claim<'v>> {
        self.0.iter()
    }

    /// Whether nobody owns the place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this value, which stands at the place, is owned as a whole: nobody owns a part of it. An empty mapping is
    /// not: what others put into it is theirs.
    pub(super) fn own_whole(&self, value: &Value) -> bool {
        let scalar = !value.is_object() && !value.is_array();
        let empty = value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty);
        !self.0.is_empty() && !empty && (scalar || self.0.iter().all(|claim| claim.fields.is_empty()))
    }

    /// The claims on what stands below the place under a key, or at an index; `value` stands at the place.
    pub(super) fn below(&self, value: Option<&Value>, token: &str) -> Self {
        let item = value.and_then(Value::as_array).map(|items| (items, token.parse::<usize>().ok()));
        let named = |name: &str| match &item {
            None => name.strip_prefix("f:") == Some(token),
            Some((items, Some(index))) => items.get(*index).is_some_and(|item| is_item(name, item, *index)),
            Some((_, None)) => false,
        };
        let below = |claim: &Claim<'v>| {
            let (_, fields) = claim.fields.iter().find(|(name, _)| named(name))?;
            Some(Claim { manager: claim.manager.clone(), fields: fields.as_object()? })
        };
        Self(self.0.iter().filter_map(below).collect())
    }

    /// The fields that tell the items of the list at this place apart; empty where nobody says.
    pub(super) fn keys(&self) -> Vec<String> {
        let mut names = self.0.iter().flat_map(|claim| claim.fields.keys()).filter_map(|name| name.strip_prefix("k:"));
        let first = names.next().and_then(|keys| serde_json::from_str::<Map<String, Value>>(keys).ok());
        first.map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
    }
}

fn claim(entry: &Value) -> Option<Claim<'_>> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
    let operation = Operation::deserialize(entry.get("operation")?).ok()?;
    let manager =
        Manager { name: text("manager"), operation, api_version: text("apiVersion"), subresource: text("subresource") };
    Some(Claim { manager, fields: entry.get("fieldsV1")?.as_object()? })
}

/// Whether the name of a place in a list is that of this item.
fn is_item(name: &str, item: &Value, index: usize) -> bool {
    let Some((sort, rest)) = name.split_once(':') else { return false };
    match (sort, serde_json::from_str::<Value>(rest)) {
        ("k", Ok(Value::Object(keys))) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
        ("v", Ok(value)) => *item == value,
        ("i", Ok(value)) => value == index,
        _ => false,
    }
}

/// What stands below a value under a key or at an index.
pub(super) fn child<'v>(value: &'v Value, token: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Objects as a real API server gave them, less their status.
    fn seen(name: &str) -> Value {
        let text = match name {
            "apply" => include_str!("../../../testdata/owner/kubectl-apply.json"),
            "server-side" => include_str!("../../../testdata/owner/server-side-apply.json"),
            "helm" => include_str!("../../../testdata/owner/helm-then-patched.json"),
            _ => include_str!("../../../testdata/owner/created-then-applied.json"),
        };
        serde_json::from_str(text).unwrap()
    }

    fn owners(name: &str, pointer: &str) -> Vec<String> {
        let live = seen(name);
        let claims = Claims::at(&live, pointer);
        claims
            .managers()
            .map(|manager| format!("{} {:?}{}", manager.name, manager.operation, manager.subresource))
            .collect()
    }

    #[test]
    fn who_owns_what_of_real_objects() {
        let web = "/spec/template/spec/containers/0";
        for (name, pointer, who) in [
            ("apply", "/spec/template/spec/containers/1/image", vec!["kubectl-set Update"]),
            ("apply", "/spec/template/spec/containers/0/image", vec!["kubectl-client-side-apply Update"]),
            ("apply", "/spec/template/spec/containers/0/env/0/value", vec!["kubectl-client-side-apply Update"]),
            ("apply", "/spec/template/spec/containers/0/ports/0/protocol", vec!["kubectl-client-side-apply Update"]),
            // A default of the server is its creator's, and nobody's under server-side apply.
            ("apply", "/spec/template/spec/dnsPolicy", vec!["kubectl-client-side-apply Update"]),
            ("server-side", "/spec/template/spec/dnsPolicy", vec![]),
            ("server-side", "/spec/template/spec/containers/0/ports/0/protocol", vec![]),
            ("server-side", "/spec/template/spec/containers/0/ports/0/containerPort", vec!["kubectl Apply"]),
            // Atomic: each part belongs to whoever owns the whole.
            (
                "server-side",
                "/spec/template/spec/containers/0/securityContext/capabilities/drop/0",
                vec!["kubectl Apply"],
            ),
            ("server-side", "/spec/selector/matchLabels/app", vec!["kubectl Apply"]),
            ("server-side", "/spec/template/spec/containers/0/securityContext/runAsUser", vec![]),
            ("server-side", "/spec/template/spec/containers/7/image", vec![]),
            (
                "server-side",
                "/metadata/annotations/deployment.kubernetes.io~1revision",
                vec!["kube-controller-manager Updatestatus"],
            ),
            // Patched by us in the place of the chart's value, which the chart then took over.
            ("helm", "/spec/template/spec/containers/0/securityContext/runAsNonRoot", vec!["pod-hardener Update"]),
            ("helm", "/spec/template/spec/securityContext/runAsUser", vec!["pod-hardener Update"]),
            (
                "helm",
                "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation",
                vec!["helm Apply", "pod-hardener Update"],
            ),
            // Its creator owns the mapping that was empty, and not what was put into it.
            ("created", "/spec/template/spec/securityContext/runAsUser", vec!["pod-hardener Apply"]),
            ("created", "/spec/template/spec/securityContext/runAsGroup", vec![]),
            ("created", "/spec/template/spec/containers/0/securityContext/runAsNonRoot", vec!["pod-hardener Apply"]),
        ] {
            assert_eq!(owners(name, pointer), who, "{name} {pointer}");
        }
        assert_eq!(owners("helm", web), ["helm Apply", "pod-hardener Update"]);
    }
}
