//! A live object as a manifest that a person would keep.

use serde_json::{Map, Value};

/// What the server alone says of an object. An owner counts, too: it is named by its `uid`, and the garbage collector takes
/// away what names one that is not there.
const OF_SERVER: [&str; 7] =
    ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "ownerReferences"];

/// Annotations that tools keep their books in.
const BOOKS: [&str; 2] = ["kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision"];

/// The object without what only the server, or a tool's bookkeeping, says: `status`, seven fields of `metadata`, two
/// annotations, and the `creationTimestamp: null` of templates. All else stays, however empty it is: `emptyDir: {}` and
/// `podSelector: {}` mean something. `apiVersion`, `kind` and `metadata` come first.
pub fn neat(value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let mut kept = Map::new();
    for name in ["apiVersion", "kind", "metadata"] {
        if let Some(field) = fields.get(name) {
            kept.insert(name.to_owned(), field.clone());
        }
    }
    if let Some(metadata) = kept.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|name, _| !OF_SERVER.contains(&name.as_str()));
        without(metadata, "annotations", |name, _| BOOKS.contains(&name));
    }
    for (name, field) in fields.iter().filter(|(name, _)| *name != "status") {
        if !kept.contains_key(name) {
            let mut field = field.clone();
            templates(&mut field);
            kept.insert(name.clone(), field);
        }
    }
    Value::Object(kept)
}

/// The `metadata` of templates: many clients and servers write a `creationTimestamp` of `null` there.
fn templates(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            without(fields, "metadata", |name, value| name == "creationTimestamp" && value.is_null());
            fields.values_mut().for_each(templates);
        }
        Value::Array(items) => items.iter_mut().for_each(templates),
        _ => {}
    }
}

/// Take entries out of a field; the field goes with its last one, but one that was empty before stays.
fn without(fields: &mut Map<String, Value>, field: &str, mut out: impl FnMut(&str, &Value) -> bool) {
    let Some(entries) = fields.get_mut(field).and_then(Value::as_object_mut) else { return };
    let before = entries.len();
    entries.retain(|name, value| !out(name, value));
    if entries.is_empty() && before > 0 {
        fields.shift_remove(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_the_servers_goes() {
        let live = json!({
            "metadata": {
                "name": "web", "uid": "u", "resourceVersion": "1", "generation": 2, "creationTimestamp": "2026-01-01T00:00:00Z",
                "managedFields": [], "selfLink": "/x", "ownerReferences": [{"uid": "o"}], "labels": {},
                "annotations": {"deployment.kubernetes.io/revision": "3",
                    "kubectl.kubernetes.io/last-applied-configuration": "{}"},
            },
            "spec": {
                "selector": {}, "template": {
                    "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "resources": {}}], "volumes": [{"name": "t", "emptyDir": {}}]},
                },
                "jobTemplate": {"metadata": {"creationTimestamp": null}}, "other": {"metadata": {}},
            },
            "status": {"replicas": 1}, "kind": "Deployment", "apiVersion": "apps/v1",
        });
        let expected = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "labels": {}},
            "spec": {
                "selector": {}, "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "resources": {}}], "volumes": [{"name": "t", "emptyDir": {}}]},
                },
                "jobTemplate": {}, "other": {"metadata": {}},
            },
        });
        assert_eq!(neat(&live).to_string(), expected.to_string());
        assert_eq!(neat(&expected).to_string(), expected.to_string(), "what is neat stays as it is");
    }

    #[test]
    fn an_annotation_of_somebody_stays() {
        let live = json!({"metadata": {"annotations": {"team": "a", "deployment.kubernetes.io/revision": "3"}}});
        assert_eq!(neat(&live)["metadata"]["annotations"], json!({"team": "a"}));
    }
}
