//! Workloads by their labels: who a selector may select, without looking at all of them.

use super::{Labels, World};
use std::collections::HashMap;

/// The workloads of a world by each of their labels.
#[derive(Debug)]
pub(in crate::network) struct Index<'w> {
    world: &'w World,
    by_label: HashMap<(&'w str, &'w str, &'w str), Vec<usize>>,
}

impl<'w> Index<'w> {
    /// That of a world.
    pub(in crate::network) fn of(world: &'w World) -> Self {
        let mut by_label: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, workload) in world.workloads.iter().enumerate() {
            for (key, value) in &workload.labels {
                by_label.entry((workload.namespace.as_str(), key.as_str(), value.as_str())).or_default().push(at);
            }
        }
        Self { world, by_label }
    }

    /// The workloads of a namespace that have all of these labels, by their places in the world, in order.
    pub(in crate::network) fn with(&self, namespace: &str, labels: &Labels) -> Vec<usize> {
        let lists = labels.iter().map(|(key, value)| {
            self.by_label.get(&(namespace, key.as_str(), value.as_str())).map_or(&[][..], Vec::as_slice)
        });
        // The label that the fewest have.
        let Some(fewest) = lists.min_by_key(|list| list.len()) else {
            return self.world.workloads_in(namespace).collect();
        };
        let has = |at: &usize| {
            let own = &self.world.workloads[*at].labels;
            labels.iter().all(|(key, value)| own.get(key) == Some(value))
        };
        fewest.iter().copied().filter(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::world::tests::world;
    use serde_json::json;

    #[test]
    fn those_with_all_labels_are_told() {
        let pod = |name: &str, namespace: &str, labels: serde_json::Value| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"containers": [{"name": "a", "image": "a"}]}})
        };
        let world = world(&[
            pod("a", "shop", json!({"app": "web", "tier": "front"})),
            pod("b", "shop", json!({"app": "web"})),
            pod("c", "other", json!({"app": "web", "tier": "front"})),
        ]);
        let index = Index::of(&world);
        let told = |labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            let found = index.with("shop", &labels);
            found.into_iter().map(|at| world.workloads[at].name.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(told(&[("app", "web")]), ["a", "b"]);
        assert_eq!(told(&[("app", "web"), ("tier", "front")]), ["a"]);
        assert_eq!(told(&[]), ["a", "b"]);
        assert!(told(&[("app", "none")]).is_empty());
    }
}
