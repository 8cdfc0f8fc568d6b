//! Which kinds say something about workloads, and what is kept of each.

use crate::workload::api_signs::sign_in;
use serde_json::{Map, Value, json};

/// What is kept of objects of a kind: these fields, beside the metadata that all have.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("", "ConfigMap", &[]),
    ("", "LimitRange", &["spec"]),
    ("", "PersistentVolume", &["spec", "status"]),
    ("", "PersistentVolumeClaim", &["spec"]),
    ("", "ResourceQuota", &["spec"]),
    ("", "Secret", &["type"]),
    ("", "Service", &["spec"]),
    ("", "ServiceAccount", &["automountServiceAccountToken", "imagePullSecrets"]),
    ("argoproj.io", "Application", &[]),
    ("autoscaling", "HorizontalPodAutoscaler", &["spec"]),
    ("autoscaling.k8s.io", "VerticalPodAutoscaler", &["spec"]),
    ("kustomize.config.k8s.io", "Component", KUSTOMIZATION),
    ("kustomize.config.k8s.io", "Kustomization", KUSTOMIZATION),
    ("policy", "PodDisruptionBudget", &["spec"]),
    ("rbac.authorization.k8s.io", "ClusterRole", &["rules", "aggregationRule"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["subjects", "roleRef"]),
    ("rbac.authorization.k8s.io", "Role", &["rules"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["subjects", "roleRef"]),
    ("storage.k8s.io", "CSIDriver", &["spec"]),
];

/// Of a kustomization: which images it names, and how things come into it.
const KUSTOMIZATION: &[&str] =
    &["bases", "components", "generators", "helmCharts", "images", "resources", "transformers"];

/// The parts of the metadata that are kept.
const METADATA: &[&str] = &["labels", "annotations"];
/// The annotation in which `kubectl apply` keeps the whole object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The fields that are kept of objects of this group and kind; `None` where it says nothing about workloads.
pub(super) fn fields(group: &str, kind: &str) -> Option<&'static [&'static str]> {
    KINDS.iter().find(|(known, name, _)| *known == group && *name == kind).map(|(_, _, fields)| *fields)
}

/// What is kept of an object. Of a Secret or ConfigMap that is the names of its keys, under `keys`; of a ConfigMap also what
/// speaks for the use of the API, under `apiSign`.
pub(super) fn of(group: &str, kind: &str, value: &Value) -> Option<Value> {
    let mut kept = Map::new();
    for field in fields(group, kind)? {
        if let Some(value) = value.get(field) {
            kept.insert((*field).to_owned(), value.clone());
        }
    }
    let metadata = |field: &&str| Some(((*field).to_owned(), value.get("metadata")?.get(field)?.clone()));
    let mut metadata: Map<String, Value> = METADATA.iter().filter_map(metadata).collect();
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.shift_remove(LAST_APPLIED);
    }
    kept.insert("metadata".to_owned(), metadata.into());
    if group.is_empty() && matches!(kind, "ConfigMap" | "Secret") {
        let keys = ["data", "stringData"].iter().filter_map(|field| value.get(field)?.as_object());
        let keys: Vec<&String> = keys.flat_map(Map::keys).collect();
        kept.insert("keys".to_owned(), json!(keys));
    }
    if let ("", "ConfigMap", Some(sign)) = (group, kind, sign_in(value)) {
        kept.insert("apiSign".to_owned(), json!(sign));
    }
    Some(kept.into())
}
