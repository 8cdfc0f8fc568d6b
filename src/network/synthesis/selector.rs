//! A selector of each workload that selects its pods alone and goes on doing so after the next release.

use crate::network::lint::is_volatile;
use crate::network::world::{Index, Workload, World, labels_at};
use crate::workload::selects;
use serde_json::{Map, Value, json};

/// The label that a pod without labels is to get.
pub const OWN_LABEL: &str = "kubectl-harden.dev/workload";
/// Labels that say who a pod is, before all others.
pub(in crate::network) const FIRST: [&str; 8] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app",
    "k8s-app",
    "name",
    "component",
    "job-name",
];

/// What selects the pods of a workload.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Selected {
    /// The selector as it stands in a policy.
    pub(super) selector: Value,
    /// Whether the template has to get [`OWN_LABEL`] first.
    pub(super) needs_label: bool,
    /// Other workloads that it selects, too, by their places in the world.
    pub(super) shared: Vec<usize>,
}

/// The selector of each workload of a world, in its order.
pub(super) fn all(world: &World) -> Vec<Selected> {
    let labels: Vec<Value> = world.workloads.iter().map(|workload| json!(workload.labels)).collect();
    let index = Index::of(world);
    (0..world.workloads.len()).map(|at| of(world, &index, &labels, at)).collect()
}

/// `labels` are those of each workload.
fn of(world: &World, index: &Index<'_>, labels: &[Value], at: usize) -> Selected {
    let workload = &world.workloads[at];
    let stated = world.selector(workload).and_then(as_selector).filter(|one| selects(one, &labels[at]));
    let mut left: Vec<&str> = stable(workload);
    let mut selector = stated.unwrap_or_else(|| json!({"matchLabels": {}}));
    let empty = |selector: &Value| crate::workload::is_empty_selector(selector);
    if empty(&selector) && left.is_empty() {
        let selector = json!({"matchLabels": {OWN_LABEL: label_value(&workload.name)}});
        return Selected { selector, needs_label: true, shared: Vec::new() };
    }
    let stated = labels_at(&selector, "/matchLabels");
    let mut shared = index.with(&workload.namespace, &stated);
    shared.retain(|other| *other != at && selects(&selector, &labels[*other]));
    while !left.is_empty() && (!shared.is_empty() || empty(&selector)) {
        // The label that tells the pod from most of the others; of equals the first.
        let keeps = |key: &str| shared.iter().filter(|other| same(workload, &world.workloads[**other], key)).count();
        let best = (0..left.len()).min_by_key(|index| keeps(left[*index])).unwrap_or_default();
        let key = left.remove(best);
        if keeps(key) == shared.len() && !empty(&selector) {
            break;
        }
        if !selector["matchLabels"].is_object() {
            selector["matchLabels"] = json!({});
        }
        selector["matchLabels"][key] = json!(workload.labels[key]);
        shared.retain(|other| selects(&selector, &labels[*other]));
    }
    Selected { selector, needs_label: false, shared }
}

/// A name as the value of a label, which is shorter than a name may be.
pub(super) fn label_value(name: &str) -> String {
    let cut: String = name.chars().take(63).collect();
    cut.trim_end_matches(['-', '.', '_']).to_owned()
}

/// The labels of a template that stay what they are, the telling ones first.
fn stable(workload: &Workload) -> Vec<&str> {
    let mut keys: Vec<&str> = workload.labels.keys().map(String::as_str).filter(|key| !is_volatile(key)).collect();
    keys.sort_by_key(|key| (FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()), *key));
    keys
}

/// A controller's selector as a policy has it: that of a ReplicationController is nothing but labels.
fn as_selector(selector: &Value) -> Option<Value> {
    let map: &Map<String, Value> = selector.as_object()?;
    let labels: Map<String, Value> =
        map.iter().filter(|(_, value)| value.is_string()).map(|(key, value)| (key.clone(), value.clone())).collect();
    if !labels.is_empty() {
        return Some(json!({"matchLabels": labels}));
    }
    let mut kept = Map::new();
    for key in ["matchLabels", "matchExpressions"] {
        kept.extend(map.get(key).filter(|value| !value.is_null()).map(|value| (key.to_owned(), value.clone())));
    }
    Some(kept.into())
}

fn same(one: &Workload, other: &Workload, key: &str) -> bool {
    one.labels.get(key) == other.labels.get(key)
}
