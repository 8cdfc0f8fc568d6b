//! Objects without what says nothing about traffic: of thousands of them that is much.

use serde_json::{Map, Value};

/// The annotation with the whole object once more.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What of a pod's `status` says something about traffic.
const OF_STATUS: [&str; 4] = ["phase", "podIP", "podIPs", "hostIP"];
/// What of a pod's `spec` says nothing about traffic.
const OF_POD: [&str; 6] =
    ["affinity", "imagePullSecrets", "nodeSelector", "securityContext", "tolerations", "topologySpreadConstraints"];
/// What of a container says nothing about traffic.
const OF_CONTAINER: [&str; 5] =
    ["imagePullPolicy", "resources", "securityContext", "terminationMessagePath", "terminationMessagePolicy"];

/// Leave out of an object what the server notes about it, and the bulk of what says nothing about traffic.
pub fn lean(kind: &str, value: &mut Value) {
    let Some(fields) = value.as_object_mut() else { return };
    // Which addresses a pod has, only its status says.
    match fields.get_mut("status").and_then(Value::as_object_mut).filter(|_| kind == "Pod") {
        Some(status) => status.retain(|field, _| OF_STATUS.contains(&field.as_str())),
        None => drop(fields.shift_remove("status")),
    }
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.shift_remove(APPLIED);
        }
    }
    // Of the schema of a custom resource nobody asks.
    if kind == "CustomResourceDefinition"
        && let Some(spec) = fields.get_mut("spec").and_then(Value::as_object_mut)
    {
        spec.retain(|field, _| field == "conversion");
    }
}

/// The same for the template of a pod.
pub(in crate::network) fn lean_template(template: &mut Value) {
    let Some(spec) = template.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let drop = |map: &mut Map<String, Value>, keys: &[&str]| keys.iter().for_each(|key| drop(map.shift_remove(*key)));
    drop(spec, &OF_POD);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        containers.filter_map(Value::as_object_mut).for_each(|container| drop(container, &OF_CONTAINER));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lean_of(kind: &str, mut value: Value) -> Value {
        lean(kind, &mut value);
        value
    }

    #[test]
    fn what_the_server_notes_goes_and_what_people_wrote_stays() {
        let live = json!({"metadata": {"name": "web", "uid": "u", "managedFields": [{}], "labels": {"a": "b"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "x"}},
            "spec": {"conversion": {"strategy": "Webhook"}, "versions": []}, "status": {"x": 1}});
        let metadata = json!({"name": "web", "uid": "u", "labels": {"a": "b"}, "annotations": {"team": "x"}});
        let whole = lean_of("Service", live.clone());
        assert_eq!(whole, json!({"metadata": metadata, "spec": live["spec"]}));
        let pod = lean_of("Pod", json!({"status": {"podIP": "10.0.0.1", "conditions": []}}));
        assert_eq!(pod, json!({"status": {"podIP": "10.0.0.1"}}));
        let cut = lean_of("CustomResourceDefinition", live);
        assert_eq!(cut, json!({"metadata": metadata, "spec": {"conversion": {"strategy": "Webhook"}}}));
    }

    #[test]
    fn a_template_keeps_what_says_something_about_traffic() {
        let container =
            json!({"name": "a", "image": "a", "env": [], "ports": [], "livenessProbe": {}, "volumeMounts": []});
        let mut full = container.clone();
        for key in OF_CONTAINER {
            full[key] = json!({});
        }
        let mut template = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"hostNetwork": true, "volumes": [],
            "affinity": {}, "tolerations": [], "initContainers": [full.clone()], "containers": [full]}});
        lean_template(&mut template);
        let wanted = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"hostNetwork": true, "volumes": [],
            "initContainers": [container.clone()], "containers": [container]}});
        assert_eq!(template, wanted);
    }
}
