//! Workloads as the neighbours of each other: as much of them as concerns others.

use super::{Neighbour, Neighbours};
use crate::workload::{Identity, Minor, Pod, lookup};
use serde_json::{Map, Value, json};

/// The fields of the spec that are kept: how many pods there are, and how they are replaced.
const SPEC: &[&str] = &[
    "completions",
    "minReadySeconds",
    "parallelism",
    "replicas",
    "schedule",
    "selector",
    "strategy",
    "updateStrategy",
    "volumeClaimTemplates",
];
/// Those of a pod's.
const POD: &[&str] = &[
    "automountServiceAccountToken",
    "overhead",
    "priorityClassName",
    "resources",
    "serviceAccount",
    "serviceAccountName",
];
/// Those of a container's.
const CONTAINER: &[&str] = &["image", "name", "resources", "restartPolicy"];

/// What the annotations that concern this tool begin with.
const ANNOTATIONS: &str = "kubectl-harden.dev/";

/// What is kept of a workload: its annotations for this tool, parts of its `spec`, whether it is Keel's, and under `templates`
/// each pod template as far as it concerns others; what speaks for its use of the API under `apiSigns`.
pub(super) fn kept(value: &Value, templates: &[String]) -> Value {
    let template = |pointer: &String| {
        let template = lookup(value, pointer)?;
        let spec = template.get("spec").unwrap_or(&Value::Null);
        let mut pod = some(spec, POD);
        for list in ["initContainers", "containers"] {
            let items = spec.get(list).and_then(Value::as_array).into_iter().flatten();
            pod.insert(list.to_owned(), items.map(container).collect());
        }
        let labels = template.pointer("/metadata/labels").unwrap_or(&Value::Null);
        let signs = Pod::new(template, pointer.as_str(), Minor::NEWEST).api_signs();
        let mut kept = json!({"metadata": {"labels": labels}, "spec": pod});
        if !signs.is_empty() {
            kept["apiSigns"] = json!(signs);
        }
        Some(kept)
    };
    let templates: Vec<Value> = templates.iter().filter_map(template).collect();
    let spec = some(value.get("spec").unwrap_or(&Value::Null), SPEC);
    let mut kept = json!({"keel": is_keels(value), "spec": spec, "templates": templates});
    let annotations = value.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
    let own: Map<String, Value> = annotations
        .filter(|(key, _)| key.starts_with(ANNOTATIONS))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if !own.is_empty() {
        kept["metadata"] = json!({"annotations": own});
    }
    kept
}

/// What is kept of a container: where it has no image, and so is a patch, also the names of its variables.
fn container(item: &Value) -> Value {
    let mut kept = some(item, CONTAINER);
    if kept.contains_key("image") {
        return kept.into();
    }
    let variables = item.get("env").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<Value> = variables.filter_map(|variable| variable.get("name").cloned()).collect();
    if !names.is_empty() {
        kept.insert("env".to_owned(), names.into());
    }
    kept.into()
}

fn some(value: &Value, fields: &[&str]) -> Map<String, Value> {
    fields.iter().filter_map(|field| Some(((*field).to_owned(), value.get(field)?.clone()))).collect()
}

/// The annotation or label that gives a workload to Keel, which moves the tags of its images; `never` takes it away.
const KEEL: &str = "keel.sh/policy";

/// Whether Keel updates a workload.
pub(in crate::workload) fn is_keels(value: &Value) -> bool {
    let said = |part: &str| value.get("metadata")?.get(part)?.get(KEEL)?.as_str();
    ["annotations", "labels"].into_iter().filter_map(said).any(|policy| !matches!(policy, "" | "never"))
}

impl Neighbour {
    /// Whether it is a workload that Keel updates.
    pub(super) fn is_keels(&self) -> bool {
        self.at("/keel").and_then(Value::as_bool) == Some(true)
    }
}

impl Neighbours {
    /// The variables that patches of a workload set in one of its containers. A patch is an object of the same kind and name
    /// whose container has no image: a kustomization lays it over the workload.
    pub fn patched_variables<'n>(
        &'n self,
        workload: &'n Identity,
        container: &'n str,
    ) -> impl Iterator<Item = &'n str> {
        let places = self.workloads.by_name.get(&workload.name).into_iter().flatten();
        let named = places.filter_map(|at| self.workloads.all.get(*at));
        let of_template = |template: &'n Value| {
            let lists =
                ["initContainers", "containers"].into_iter().filter_map(|list| template["spec"][list].as_array());
            lists.flatten()
        };
        let templates = named.filter(|one| one.identity.kind == workload.kind).flat_map(|one| one.list("/templates"));
        let patches =
            templates.flat_map(of_template).filter(move |one| one["name"] == container && one["image"].is_null());
        patches.filter_map(|one| one["env"].as_array()).flatten().filter_map(Value::as_str)
    }

    /// The workloads of a namespace, the asking one among them, each as [`kept`].
    pub fn workloads<'n>(&'n self, namespace: Option<&'n str>) -> impl Iterator<Item = &'n Neighbour> {
        self.workloads.all.iter().filter(move |one| one.is_in(namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_workload_only_that_is_kept_which_concerns_others() {
        let value = json!({"spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"serviceAccountName": "web", "containers": [{"name": "web", "image": "nginx", "env": [{"name": "A", "value": "b"}]}]}}}});
        let kept = kept(&value, &["/spec/template".to_owned()]);
        assert_eq!(
            kept,
            json!({"keel": false, "spec": {"replicas": 2}, "templates": [{"metadata": {"labels": {"app": "web"}}, "spec": {
                "serviceAccountName": "web", "initContainers": [], "containers": [{"image": "nginx", "name": "web"}]}}]})
        );
    }
}
