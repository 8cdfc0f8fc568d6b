//! HorizontalPodAutoscalers: how many pods a workload has at least.

use super::{Neighbour, Neighbours};
use crate::workload::Identity;
use serde_json::Value;

impl Neighbours {
    /// How many pods a workload has at least: what its autoscaler says, if one of the run scales it, else what `replicas`,
    /// its own field, says (1 where it is absent).
    pub fn fewest_pods(&self, workload: &Identity, replicas: Option<&Value>) -> u64 {
        let scales = |scaler: &&Neighbour| {
            let target = |field: &str| scaler.text(&format!("/spec/scaleTargetRef/{field}"));
            target("kind") == Some(workload.kind.as_str()) && target("name") == Some(workload.name.as_str())
        };
        let scaler = self.beside("HorizontalPodAutoscaler", workload.namespace.as_deref()).find(scales);
        let stated = match scaler {
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
