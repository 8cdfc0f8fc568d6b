//! Autoscalers: who scales a workload, and how many pods it has at least.

use super::{Neighbour, Neighbours};
use crate::workload::Identity;
use serde_json::Value;
use std::collections::HashMap;

/// The kinds of autoscalers, each with what says whom it scales.
const KINDS: [(&str, &str); 2] =
    [("HorizontalPodAutoscaler", "/spec/scaleTargetRef"), ("VerticalPodAutoscaler", "/spec/targetRef")];
/// Autoscalers by kind and name of whom they scale: their own kind, and their place among those.
type ByTarget = HashMap<(String, String), Vec<(&'static str, usize)>>;

impl Neighbours {
    /// The autoscalers of a kind that scale a workload.
    pub fn scaling<'n>(&'n self, kind: &str, workload: &'n Identity) -> Vec<&'n Neighbour> {
        let by_target = self.remember("autoscalers", None, || self.by_target());
        let places = by_target.get(&(workload.kind.clone(), workload.name.clone())).into_iter().flatten();
        let own = places.filter(|(of, _)| *of == kind).filter_map(|(kind, at)| self.of_kind(kind).get(*at));
        own.filter(|one| one.is_in(workload.namespace.as_deref())).collect()
    }

    fn by_target(&self) -> ByTarget {
        let mut by_target = ByTarget::new();
        for (kind, target) in KINDS {
            for (at, autoscaler) in self.of_kind(kind).iter().enumerate() {
                let part = |part: &str| autoscaler.text(&format!("{target}/{part}")).unwrap_or_default().to_owned();
                by_target.entry((part("kind"), part("name"))).or_default().push((kind, at));
            }
        }
        by_target
    }

    /// How many pods a workload has at least: what its autoscaler says, if one of the run scales it, else what `replicas`,
    /// its own field, says (1 where it is absent).
    pub fn fewest_pods(&self, workload: &Identity, replicas: Option<&Value>) -> u64 {
        let stated = match self.scaling("HorizontalPodAutoscaler", workload).first() {
            Some(scaler) => scaler.at("/spec/minReplicas"),
            None => replicas,
        };
        stated.and_then(Value::as_u64).unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use super::*;
    use serde_json::json;

    #[test]
    fn an_autoscaler_comes_before_the_workload_itself() {
        let scaler = |name: &str, fewest: Value| {
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": name}, "spec": {
                "minReplicas": fewest, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}}})
        };
        let all = neighbours(&[scaler("web", json!(3)), scaler("api", json!(null))]);
        let of = |name: &str, replicas: Value| {
            let identity = Identity::of("apps/v1".into(), "Deployment".into(), &json!({"metadata": {"name": name}}));
            all.fewest_pods(&identity, Some(&replicas))
        };
        assert_eq!(
            [of("web", json!(5)), of("api", json!(5)), of("cache", json!(5)), of("mail", json!(null))],
            [3, 1, 5, 1]
        );
    }
}
