//! What server-side apply is told: the changed fields, and what is needed to find the list items they stand in.
//!
//! Items of these lists are found by keys, as the types of the API say (`x-kubernetes-list-map-keys`); every other list is
//! one value. An intent cannot take anything away that it did not bring, so a change that removes has none.

use crate::cluster::Live;
use serde_json::{Map, Value};

/// The keys by which the items of a list are told apart, by the field that holds the list. For the kinds of Kubernetes
/// itself: in custom resources the same names mostly hold lists without keys.
const KEYS: [(&str, &[&str]); 12] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("volumes", &["name"]),
    ("env", &["name"]),
    ("imagePullSecrets", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    // A protocol that is not stated is TCP; live objects state it.
    ("ports", &["containerPort", "protocol"]),
    ("resourceClaims", &["name"]),
];

/// The groups whose types are known.
const GROUPS: [&str; 4] = ["", "apps", "batch", "policy"];

/// What our manager wants of an object. `None` where the change cannot be said so.
pub(super) fn of(live: &Live, after: &Value) -> Option<Value> {
    let resource = &live.reference.resource;
    if !GROUPS.contains(&resource.group.as_str()) {
        return None;
    }
    let Value::Object(mut intent) = changed("", &live.value, after)?? else { return None };
    let metadata = intent.entry("metadata").or_insert_with(|| Map::new().into()).as_object_mut()?;
    for field in ["name", "namespace", "uid", "resourceVersion"] {
        if let Some(value) = live.value.pointer(&format!("/metadata/{field}")) {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    intent.insert("apiVersion".to_owned(), resource.api_version().into());
    intent.insert("kind".to_owned(), resource.kind.clone().into());
    Some(intent.into())
}

/// The part of `after` that is not in `before`: `Some(None)` where there is none, `None` where something is taken away.
/// `name` is the field that holds them.
fn changed(name: &str, before: &Value, after: &Value) -> Option<Option<Value>> {
    if before == after {
        return Some(None);
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            if before.keys().any(|key| !after.contains_key(key)) {
                return None;
            }
            let mut out = Map::new();
            for (key, value) in after {
                let part = match before.get(key) {
                    Some(old) => changed(key, old, value)?,
                    None => Some(value.clone()),
                };
                out.extend(part.map(|part| (key.clone(), part)));
            }
            Some((!out.is_empty()).then(|| out.into()))
        }
        (Value::Array(before), Value::Array(after)) => match keys_of(name) {
            Some(keys) => items(keys, before, after),
            None => Some(Some(after.clone().into())),
        },
        _ => Some(Some(after.clone())),
    }
}

fn keys_of(name: &str) -> Option<&'static [&'static str]> {
    KEYS.iter().find(|(list, _)| *list == name).map(|(_, keys)| *keys)
}

/// The changed items of a list with keys. An order that changes cannot be said.
fn items(keys: &[&str], before: &[Value], after: &[Value]) -> Option<Option<Value>> {
    let same = |one: &Value, other: &Value| keys.iter().all(|key| one.get(key) == other.get(key));
    if before.iter().any(|old| !after.iter().any(|new| same(old, new))) {
        return None;
    }
    let mut out = Vec::new();
    let mut last = 0;
    for item in after {
        let Some(at) = before.iter().position(|old| same(old, item)) else {
            out.push(item.clone());
            continue;
        };
        if at < last {
            return None;
        }
        last = at;
        if let Some(Value::Object(mut part)) = changed("", &before[at], item)? {
            part.extend(keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone()))));
            out.push(part.into());
        }
    }
    Some((!out.is_empty()).then(|| out.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn pod_template(spec: Value) -> Live {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let metadata =
            json!({"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}});
        Live::new(&resource, json!({"metadata": metadata, "spec": {"replicas": 3, "template": {"spec": spec}}}))
    }

    fn intent(before: Value, after: Value) -> Option<Value> {
        let (live, after) = (pod_template(before), pod_template(after).value);
        Some(of(&live, &after)?["spec"]["template"]["spec"].clone())
    }

    #[test]
    fn only_what_changes_and_the_way_to_it() {
        let before = json!({"containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "y", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]});
        let mut after = before.clone();
        after["containers"][1]["securityContext"] = json!({"capabilities": {"drop": ["ALL"]}});
        after["volumes"] = json!([{"name": "tmp", "emptyDir": {}}]);
        let wanted = json!({
            "containers": [{"name": "b", "securityContext": {"capabilities": {"drop": ["ALL"]}}}],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        });
        assert_eq!(intent(before.clone(), after.clone()), Some(wanted));
        let live = pod_template(before);
        let whole = of(&live, &pod_template(after).value).unwrap();
        let wanted = json!({"name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "7"});
        assert_eq!((&whole["metadata"], &whole["kind"]), (&wanted, &json!("Deployment")));
        assert_eq!(whole["spec"].get("replicas"), None);
    }

    #[test]
    fn a_list_without_keys_is_one_value() {
        let drop =
            |list: Value| json!({"containers": [{"name": "a", "securityContext": {"capabilities": {"drop": list}}}]});
        assert_eq!(intent(drop(json!(["NET_RAW"])), drop(json!(["ALL"]))), Some(drop(json!(["ALL"]))));
    }

    #[test]
    fn what_goes_away_or_moves_cannot_be_said() {
        let one = json!({"name": "a"});
        let two = json!({"name": "b"});
        assert_eq!(intent(json!({"hostNetwork": true}), json!({})), None);
        assert_eq!(intent(json!({"containers": [one, two]}), json!({"containers": [one]})), None);
        assert_eq!(intent(json!({"containers": [one, two]}), json!({"containers": [two, one]})), None);
    }

    #[test]
    fn nothing_is_known_of_the_lists_of_custom_resources() {
        let resource = Arc::new(Resource::builtin("argoproj.io", "v1alpha1", "Rollout", "rollouts", true));
        let live = Live::new(&resource, json!({"metadata": {"name": "web"}}));
        assert_eq!(of(&live, &json!({"metadata": {"name": "web"}, "spec": {}})), None);
    }
}
