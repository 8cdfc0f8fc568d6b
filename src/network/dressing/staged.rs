//! Calico's StagedKubernetesNetworkPolicy (`projectcalico.org/v3`): the same spec, which Calico watches and tells of in its flow
//! logs, and does not enforce.

use super::dressed;
use crate::network::synthesis::Synthesis;
use serde_json::Value;

/// What was made, as staged policies.
pub fn staged(made: &Synthesis) -> Vec<Value> {
    let stage = |policy: &Value| {
        let spec = policy.get("spec").cloned().unwrap_or_default();
        dressed(policy, "projectcalico.org/v3", "StagedKubernetesNetworkPolicy", spec)
    };
    made.policies.iter().map(stage).collect()
}
