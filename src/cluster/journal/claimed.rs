//! Who else asks for a value that a run wrote: server-side apply has them own it together, and `kubectl apply` writes down
//! the file that it applied.

use super::{Changed, Path, Step};
use crate::cluster::FIELD_MANAGER;
use serde_json::{Map, Value};

/// Where `kubectl apply` keeps the file that it applied.
const FILE: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

/// The others that ask for what the run wrote there, as the object is: names of managers, and `kubectl apply`.
pub(super) fn claimants(changed: &Changed, object: &Value, run: &str) -> Vec<String> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let others = entries.filter(|entry| {
        let is_other = entry.get("manager").is_some_and(|manager| manager != FIELD_MANAGER);
        is_other && entry.get("subresource").is_none()
    });
    let claims = |entry: &&Value| {
        entry.get("fieldsV1").and_then(Value::as_object).is_some_and(|fields| is_in(fields, changed.path.steps()))
    };
    let names = others.filter(claims).filter_map(|entry| entry.get("manager")?.as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    if is_in_file(changed, object, run) {
        names.push("kubectl apply".to_owned());
    }
    names.dedup();
    names
}

/// Whether a set of fields has a place, or something below it.
fn is_in(fields: &Map<String, Value>, steps: &[Step]) -> bool {
    let Some((first, rest)) = steps.split_first() else { return true };
    let inner = match first {
        Step::Key(key) => fields.get(&format!("f:{key}")),
        Step::Item(keys) => {
            let is = |name: &str| {
                let own = name.strip_prefix("k:").and_then(|own| serde_json::from_str::<Map<String, Value>>(own).ok());
                own.as_ref() == Some(keys)
            };
            fields.iter().find(|(name, _)| is(name)).map(|(_, inner)| inner)
        }
    };
    inner.and_then(Value::as_object).is_some_and(|inner| is_in(inner, rest))
}

/// Whether the file has this value, or this item of a list.
fn is_in_file(changed: &Changed, object: &Value, run: &str) -> bool {
    let file = object.pointer(FILE).and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let is_item = |path: &Path| matches!(path.steps().last(), Some(Step::Item(_)));
    let there = file.as_ref().and_then(|file| changed.path.find(file));
    there.is_some_and(|wanted| is_item(&changed.path) || changed.wrote(wanted, run))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::journal::Fixture;
    use serde_json::json;

    fn object(annotations: Value, fields: Value) -> Value {
        let fields = json!([
            {"manager": FIELD_MANAGER, "operation": "Update", "fieldsV1": {"f:spec": {"f:user": {}, "f:env": {}}}},
            {"manager": "scaler", "subresource": "scale", "fieldsV1": {"f:spec": {"f:user": {}}}},
            {"manager": "helm", "operation": "Apply", "fieldsV1": fields}]);
        json!({"metadata": {"annotations": annotations, "managedFields": fields},
            "spec": {"user": 101, "env": [{"name": "A", "value": "1"}]}})
    }

    fn asked(object: &Value) -> Vec<(String, Vec<String>)> {
        let before = json!({"spec": {"env": []}});
        let entry = Fixture { before, after: json!({"spec": object["spec"]}) }.entry();
        let of = |changed: &Changed| (changed.path.to_string(), claimants(changed, object, &entry.run));
        entry.changes.iter().map(of).filter(|(_, names)| !names.is_empty()).collect()
    }

    fn by(path: &str, name: &str) -> Vec<(String, Vec<String>)> {
        vec![(path.to_owned(), vec![name.to_owned()])]
    }

    #[test]
    fn those_that_own_it_as_well() {
        assert_eq!(asked(&object(json!({}), json!({"f:spec": {"f:other": {}}}))), []);
        assert_eq!(asked(&object(json!({}), json!({"f:spec": {"f:user": {}}}))), by("spec.user", "helm"));
        let item = json!({"f:spec": {"f:env": {"k:{\"name\":\"A\"}": {".": {}, "f:name": {}}}}});
        assert_eq!(asked(&object(json!({}), item)), by("spec.env[A]", "helm"));
    }

    #[test]
    fn the_file_of_kubectl_apply() {
        let file = |spec: Value| {
            let text = json!({"spec": spec}).to_string();
            object(json!({"kubectl.kubernetes.io/last-applied-configuration": text}), json!({}))
        };
        assert_eq!(asked(&file(json!({"user": 101}))), by("spec.user", "kubectl apply"));
        assert_eq!(asked(&file(json!({"user": 102}))), [], "it asks for another value");
        assert_eq!(asked(&file(json!({"env": [{"name": "A"}]}))), by("spec.env[A]", "kubectl apply"));
    }
}
