//! A change as a strategic merge patch: only what differs, list items found by their merge key.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// A list that is merged item by item.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merged {
    path: String,
    key: String,
    #[serde(default)]
    ordered: bool,
}

static MERGED: LazyLock<Vec<Merged>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("merge-keys.yaml")).unwrap_or_default());

/// The directive that says in which order the items of a list stand.
pub(super) const ORDER: &str = "$setElementOrder/";

/// API groups whose kinds are Kubernetes' own: a server takes this kind of patch for those alone.
const GROUPS: [&str; 18] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Whether a server takes a strategic merge patch for a kind of this group.
pub fn takes_strategic(group: &str) -> bool {
    GROUPS.contains(&group)
}

/// The patch that makes `after` of `before`; `{}` where nothing differs.
///
/// A server puts new items first. Where order means something `$setElementOrder` puts them where they belong; kustomize
/// knows no such thing.
///
/// `None` where such a patch cannot say it: items that their key does not tell apart, and lists of plain values that a server
/// merges (`finalizers`).
pub fn strategic_patch(before: &Value, after: &Value) -> Option<Value> {
    mapping(before.as_object()?, after.as_object()?, "").map(Value::Object)
}

fn mapping(before: &Map<String, Value>, after: &Map<String, Value>, path: &str) -> Option<Map<String, Value>> {
    let mut patch = Map::new();
    for (name, new) in after {
        let path = format!("{path}/{name}");
        let old = before.get(name).unwrap_or(&Value::Null);
        if old == new {
            continue;
        }
        if name.starts_with('$') || path == "/metadata/finalizers" {
            return None;
        }
        let change = match (old, new) {
            (Value::Object(old), Value::Object(new)) => Value::Object(mapping(old, new, &path)?),
            (Value::Array(old), Value::Array(new)) => match merged(&path) {
                Some(Merged { key, ordered, .. }) => {
                    if *ordered && moves(old, new, key) {
                        let order = new.iter().map(|item| json!({key: item[key.as_str()]})).collect();
                        patch.insert(format!("{ORDER}{name}"), Value::Array(order));
                    }
                    let items = items(old, new, key, &path)?;
                    // A list that only takes another order says nothing more.
                    if items.is_empty() {
                        continue;
                    }
                    Value::Array(items)
                }
                None => Value::Array(new.clone()),
            },
            _ => new.clone(),
        };
        patch.insert(name.clone(), change);
    }
    for (name, _) in before.iter().filter(|(name, old)| !old.is_null() && !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    Some(patch)
}

/// The items that differ, each with its key; those that go with the mark that takes them away.
fn items(before: &[Value], after: &[Value], key: &str, path: &str) -> Option<Vec<Value>> {
    let (old_keys, new_keys) = (keys(before, key)?, keys(after, key)?);
    let mut patch = Vec::new();
    for (id, new) in new_keys.iter().zip(after) {
        let Some(old) = old_keys.iter().position(|old| old == id).map(|index| &before[index]) else {
            patch.push(new.clone());
            continue;
        };
        let changed = mapping(old.as_object()?, new.as_object()?, path)?;
        if !changed.is_empty() {
            let mut item = Map::from_iter([(key.to_owned(), (*id).clone())]);
            item.extend(changed);
            patch.push(Value::Object(item));
        }
    }
    for id in old_keys.iter().filter(|id| !new_keys.contains(id)) {
        patch.push(json!({key: id, "$patch": "delete"}));
    }
    Some(patch)
}

/// Whether an item is new, or stands before another one than it did.
fn moves(before: &[Value], after: &[Value], key: &str) -> bool {
    let still = before.iter().map(|item| &item[key]).filter(|id| after.iter().any(|item| item[key] == **id));
    !still.eq(after.iter().map(|item| &item[key]))
}

/// What tells the items apart; `None` where it does not.
fn keys<'v>(items: &'v [Value], key: &str) -> Option<Vec<&'v Value>> {
    let keys: Vec<&Value> = items.iter().map(|item| item.get(key)).collect::<Option<_>>()?;
    let unique = keys.iter().enumerate().all(|(index, id)| !keys[..index].contains(id));
    unique.then_some(keys)
}

fn merged(path: &str) -> Option<&'static Merged> {
    let fits = |merged: &&Merged| match merged.path.starts_with('/') {
        true => path == merged.path,
        false => path.strip_suffix(merged.path.as_str()).is_some_and(|rest| rest.ends_with('/')),
    };
    MERGED.iter().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(container: Value, volumes: Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": [container, {"name": "side"}], "volumes": volumes}}}})
    }

    #[test]
    fn only_what_differs_is_said() {
        let before = pod(
            json!({"name": "web", "image": "x", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "securityContext": {"privileged": true, "capabilities": {"add": ["A", "B"]}}}),
            json!([{"name": "host", "hostPath": {"path": "/x"}}]),
        );
        let after = pod(
            json!({"name": "web", "image": "x", "env": [{"name": "B", "value": "3"}],
                "securityContext": {"capabilities": {"add": ["A"], "drop": ["ALL"]}}}),
            json!([{"name": "host", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]),
        );
        assert_eq!(
            strategic_patch(&before, &after).unwrap(),
            json!({"spec": {"template": {"spec": {
                "containers": [{"name": "web",
                    "env": [{"name": "B", "value": "3"}, {"name": "A", "$patch": "delete"}],
                    "securityContext": {"privileged": null, "capabilities": {"add": ["A"], "drop": ["ALL"]}}}],
                "volumes": [{"name": "host", "emptyDir": {}, "hostPath": null}, {"name": "tmp", "emptyDir": {}}],
            }}}})
        );
        assert_eq!(strategic_patch(&after, &after).unwrap(), json!({}));
    }

    #[test]
    fn what_it_cannot_say_it_does_not_say() {
        let ports = |ports: Value| pod(json!({"name": "web", "ports": ports}), json!([]));
        let two = json!([{"containerPort": 53, "protocol": "TCP"}, {"containerPort": 53, "protocol": "UDP"}]);
        assert_eq!(strategic_patch(&ports(two), &ports(json!([{"containerPort": 53}]))), None);
        assert_eq!(strategic_patch(&ports(json!([{}])), &ports(json!([{"containerPort": 1}]))), None);
        let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
        assert_eq!(strategic_patch(&finalizers(json!(["a"])), &finalizers(json!([]))), None);
    }

    #[test]
    fn order_is_said_where_it_means_something() {
        let env = |names: &[&str]| {
            let env: Vec<Value> = names.iter().map(|name| json!({"name": name, "value": "v"})).collect();
            json!({"containers": [{"name": "web", "env": env}]})
        };
        assert_eq!(
            strategic_patch(&env(&["A", "B"]), &env(&["A", "C", "B"])).unwrap(),
            json!({"containers": [{"name": "web", "$setElementOrder/env": [{"name": "A"}, {"name": "C"}, {"name": "B"}],
                "env": [{"name": "C", "value": "v"}]}]})
        );
        assert_eq!(
            strategic_patch(&env(&["A", "B"]), &env(&["B"])).unwrap(),
            json!({"containers": [{"name": "web", "env": [{"name": "A", "$patch": "delete"}]}]})
        );
        assert_eq!(
            strategic_patch(&env(&["A", "B"]), &env(&["B", "A"])).unwrap(),
            json!({"containers": [{"name": "web", "$setElementOrder/env": [{"name": "B"}, {"name": "A"}]}]})
        );
    }

    #[test]
    fn a_path_tells_lists_of_the_same_name_apart() {
        let merge_key = |path| merged(path).map(|merged| merged.key.as_str());
        assert_eq!(merge_key("/spec/template/spec/imagePullSecrets"), Some("name"));
        assert_eq!(merge_key("/imagePullSecrets"), None, "a ServiceAccount's are replaced");
        assert_eq!(merge_key("/spec/ports"), Some("port"));
        assert_eq!(merge_key("/spec/ingress/ports"), None);
        assert_eq!(merge_key("/spec/template/spec/containers/ports"), Some("containerPort"));
        assert_eq!(merge_key("/spec/mycontainers"), None);
        assert!(takes_strategic("apps") && !takes_strategic("apps.kruise.io"));
    }
}
