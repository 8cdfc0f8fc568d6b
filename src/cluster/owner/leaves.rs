//! What changes between two values of an object, as far apart as managers own it.

use super::claims::{Claims, Manager};
use crate::workload::escape;
use serde_json::{Map, Value};

/// The fields by which the items of Kubernetes' lists are told apart where no manager says it.
const KEYS: [&[&str]; 5] =
    [&["name"], &["mountPath"], &["devicePath"], &["containerPort", "protocol"], &["topologyKey", "whenUnsatisfiable"]];

/// One value that changes: a scalar, what is owned as a whole, or what is taken away.
#[derive(Debug)]
pub(super) struct Leaf<'v> {
    /// Its JSON pointer: in the old value, or in the new one for what is added.
    pub(super) pointer: String,
    /// What stands there; `None` where nothing does.
    pub(super) before: Option<&'v Value>,
    /// What will; `None` for what is taken away.
    pub(super) after: Option<&'v Value>,
    /// Who owns it.
    pub(super) owners: Vec<Manager<'v>>,
}

/// The values that differ, in the order of the new value; what is taken away follows its neighbours.
pub(super) fn leaves<'v>(before: &'v Value, after: &'v Value) -> Vec<Leaf<'v>> {
    let mut out = Vec::new();
    // Whatever is no part of what people ask for is the server's own.
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return out };
    let claims = Claims::of(before);
    let mut at = |key: &str, old: Option<&'v Value>, new: Option<&'v Value>, claims: Claims<'v>| match key {
        "status" => {}
        "metadata" => {
            let own = |value: Option<&'v Value>, field: &str| value.and_then(|value| value.get(field));
            for field in ["labels", "annotations"] {
                let claims = claims.below(old, field);
                let place = Place {
                    old: own(old, field),
                    new: own(new, field),
                    claims: &claims,
                    pointer: format!("/metadata/{field}"),
                };
                walk(place, &mut out);
            }
        }
        key => walk(Place { old, new, claims: &claims, pointer: format!("/{}", escape(key)) }, &mut out),
    };
    for (key, new) in new {
        at(key, old.get(key), Some(new), claims.below(Some(before), key));
    }
    for (key, old) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        at(key, Some(old), None, claims.below(Some(before), key));
    }
    out
}

/// JSON pointers of the values that differ, as [`leaves`] tells them apart.
pub fn differences(before: &Value, after: &Value) -> Vec<String> {
    leaves(before, after).into_iter().map(|leaf| leaf.pointer).collect()
}

/// Two values at one place, with the claims on it.
struct Place<'v, 'c> {
    old: Option<&'v Value>,
    new: Option<&'v Value>,
    claims: &'c Claims<'v>,
    pointer: String,
}

fn walk<'v>(place: Place<'v, '_>, out: &mut Vec<Leaf<'v>>) {
    let Place { old, new, claims, .. } = place;
    if old == new {
        return;
    }
    let parted = !old.is_some_and(|old| claims.own_whole(old));
    match (old, new) {
        (None | Some(Value::Object(_)), Some(Value::Object(inner))) if parted && !inner.is_empty() => {
            mapping(&place, inner, out);
        }
        (None | Some(Value::Array(_)), Some(Value::Array(items))) if parted => match keys(claims, old, items) {
            keys if keys.is_empty() => out.push(place.leaf()),
            keys => list(&place, items, &keys, out),
        },
        _ => out.push(place.leaf()),
    }
}

fn mapping<'v>(place: &Place<'v, '_>, new: &'v Map<String, Value>, out: &mut Vec<Leaf<'v>>) {
    let old = place.old.and_then(Value::as_object);
    for (key, new) in new {
        place.go(key, old.and_then(|old| old.get(key)), Some(new), out);
    }
    for (key, old) in old.into_iter().flatten().filter(|(key, _)| !new.contains_key(*key)) {
        place.go(key, Some(old), None, out);
    }
}

/// Items that have the same keys are one item, wherever they stand.
fn list<'v>(place: &Place<'v, '_>, new: &'v [Value], keys: &[String], out: &mut Vec<Leaf<'v>>) {
    let same = |one: &Value, other: &Value| keys.iter().all(|key| one.get(key) == other.get(key));
    let old = place.old.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for (index, item) in new.iter().enumerate() {
        match old.iter().position(|old| same(old, item)) {
            Some(at) => place.go(&at.to_string(), Some(&old[at]), Some(item), out),
            // Its index may be that of another item by now, with owners of its own.
            None => walk(
                Place {
                    old: None,
                    new: Some(item),
                    claims: &Claims::default(),
                    pointer: format!("{}/{index}", place.pointer),
                },
                out,
            ),
        }
    }
    for (index, item) in old.iter().enumerate().filter(|(_, old)| !new.iter().any(|new| same(old, new))) {
        place.go(&index.to_string(), Some(item), None, out);
    }
}

impl<'v> Place<'v, '_> {
    /// Go on one level below.
    fn go(&self, token: &str, old: Option<&'v Value>, new: Option<&'v Value>, out: &mut Vec<Leaf<'v>>) {
        let claims = self.claims.below(self.old, token);
        walk(Place { old, new, claims: &claims, pointer: format!("{}/{}", self.pointer, escape(token)) }, out);
    }

    fn leaf(&self) -> Leaf<'v> {
        let owners = self.old.map(|_| self.claims.managers().cloned().collect()).unwrap_or_default();
        Leaf { pointer: self.pointer.clone(), before: self.old, after: self.new, owners }
    }
}

/// The fields that tell the items of a list apart; empty for a list that changes as a whole.
fn keys(claims: &Claims<'_>, old: Option<&Value>, new: &[Value]) -> Vec<String> {
    let stated = claims.keys();
    if !stated.is_empty() {
        return stated;
    }
    let items = || new.iter().chain(old.and_then(Value::as_array).into_iter().flatten());
    let tell_apart = |keys: &&&[&str]| items().all(|item| keys.iter().all(|key| item.get(key).is_some()));
    let known = KEYS.iter().filter(|_| !new.is_empty()).find(tell_apart);
    known.map(|keys| keys.iter().map(|key| (*key).to_owned()).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(before: Value, after: Value) -> Vec<(String, Vec<String>)> {
        let said = |leaf: &Leaf<'_>| {
            (leaf.pointer.clone(), leaf.owners.iter().map(|owner| owner.name.to_owned()).collect::<Vec<_>>())
        };
        leaves(&before, &after).iter().map(said).collect()
    }

    fn object(spec: Value, managers: &[(&str, Value)]) -> Value {
        let entry = |(name, fields): &(&str, Value)| json!({"manager": name, "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": fields}});
        let managers: Vec<Value> = managers.iter().map(entry).collect();
        json!({"metadata": {"managedFields": managers, "resourceVersion": "1"}, "spec": spec})
    }

    #[test]
    fn what_is_added_belongs_to_nobody_and_what_is_owned_as_a_whole_changes_as_a_whole() {
        let fields = json!({"f:containers": {"k:{\"name\":\"b\"}": {".": {}, "f:name": {},
            "f:securityContext": {"f:capabilities": {"f:drop": {}}, "f:privileged": {}}}}});
        let container = |context: Value| json!({"name": "b", "securityContext": context});
        let before = object(
            json!({"containers": [{"name": "a"}, container(json!({"capabilities": {"drop": ["NET_RAW"]}, "privileged": true}))]}),
            &[("helm", fields.clone()), ("pod-hardener", json!({"f:containers": {}}))],
        );
        let mut after = before.clone();
        let context = json!({"capabilities": {"drop": ["ALL"]}, "privileged": true, "runAsUser": 7});
        after["spec"]["containers"] = json!([container(context), {"name": "c", "ports": [{"containerPort": 1}]}]);
        after["metadata"]["resourceVersion"] = json!("2");
        after["metadata"]["annotations"] = json!({"a/b": "c"});
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            changed(before, after),
            [
                ("/metadata/annotations/a~1b".to_owned(), own(&[])),
                ("/spec/containers/1/securityContext/capabilities/drop".to_owned(), own(&["helm"])),
                ("/spec/containers/1/securityContext/runAsUser".to_owned(), own(&[])),
                ("/spec/containers/1/name".to_owned(), own(&[])),
                ("/spec/containers/1/ports".to_owned(), own(&[])),
                ("/spec/containers/0".to_owned(), own(&[])),
            ]
        );
    }

    #[test]
    fn an_empty_mapping_that_somebody_owns_takes_additions() {
        let before = object(json!({"securityContext": {}}), &[("kubectl-create", json!({"f:securityContext": {}}))]);
        let mut after = before.clone();
        after["spec"]["securityContext"] = json!({"runAsNonRoot": true});
        assert_eq!(changed(before, after), [("/spec/securityContext/runAsNonRoot".to_owned(), Vec::new())]);
        let before = object(json!({"nodeSelector": {"a": "b"}}), &[("helm", json!({"f:nodeSelector": {}}))]);
        let mut after = before.clone();
        after["spec"]["nodeSelector"]["c"] = json!("d");
        assert_eq!(changed(before, after), [("/spec/nodeSelector".to_owned(), vec!["helm".to_owned()])]);
    }
}
