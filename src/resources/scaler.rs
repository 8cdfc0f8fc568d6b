//! Who else decides what a workload asks for: the autoscalers of the same input.

use super::Resource;
use crate::workload::{Identity, Neighbour, Neighbours};
use serde_json::Value;

/// What a VerticalPodAutoscaler keeps in its hands of one container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owned {
    /// The request.
    pub request: bool,
    /// The limit.
    pub limit: bool,
}

/// The autoscalers of a workload.
#[derive(Debug)]
pub struct Autoscalers<'n> {
    horizontal: Vec<&'n Neighbour>,
    vertical: Vec<&'n Neighbour>,
}

impl<'n> Autoscalers<'n> {
    /// Those among the neighbours that have it as their target.
    pub fn of(neighbours: &'n Neighbours, workload: &'n Identity) -> Self {
        Self {
            horizontal: neighbours.scaling("HorizontalPodAutoscaler", workload),
            vertical: neighbours.scaling("VerticalPodAutoscaler", workload),
        }
    }

    /// The name of the HorizontalPodAutoscaler that measures a resource of a container in percent of its request.
    pub fn in_percent(&self, container: &str, resource: Resource) -> Option<&'n str> {
        let autoscaler = self.horizontal.iter().find(|one| {
            let is_old = one.at("/spec/targetCPUUtilizationPercentage").is_some();
            let metrics = one.list("/spec/metrics");
            // Without any metric it goes by the processors.
            (resource == Resource::Cpu && (is_old || metrics.is_empty()))
                || metrics.iter().any(|metric| is_percent(metric, container, resource))
        })?;
        Some(&autoscaler.identity.name)
    }

    /// The most pods that a HorizontalPodAutoscaler makes of it.
    pub fn most_replicas(&self) -> Option<u64> {
        self.horizontal.iter().find_map(|one| one.at("/spec/maxReplicas")?.as_u64())
    }

    /// What a VerticalPodAutoscaler that acts keeps in its hands of a resource of a container.
    pub fn owned(&self, container: &str, resource: Resource) -> Owned {
        let mut all = Owned::default();
        for autoscaler in &self.vertical {
            if autoscaler.text("/spec/updatePolicy/updateMode") == Some("Off") {
                continue;
            }
            let policies = autoscaler.list("/spec/resourcePolicy/containerPolicies");
            let of = |name: &str| policies.iter().find(|policy| policy["containerName"] == name);
            let policy = of(container).or_else(|| of("*")).unwrap_or(&Value::Null);
            let is_controlled = match policy["controlledResources"].as_array() {
                Some(names) => names.iter().any(|name| name == resource.name()),
                None => resource != Resource::EphemeralStorage,
            };
            if is_controlled && policy["mode"] != "Off" {
                all.request = true;
                all.limit |= policy["controlledValues"] != "RequestsOnly";
            }
        }
        all
    }
}

fn is_percent(metric: &Value, container: &str, resource: Resource) -> bool {
    let source = match metric["type"].as_str() {
        Some("Resource") => &metric["resource"],
        Some("ContainerResource") => &metric["containerResource"],
        _ => return false,
    };
    let is_other = source["container"].as_str().is_some_and(|name| name != container);
    let in_percent = source["target"]["type"] == "Utilization" || source["targetAverageUtilization"].is_number();
    source["name"] == resource.name() && in_percent && !is_other
}
