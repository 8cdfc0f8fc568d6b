//! # What it checks
//!
//! A Deployment or StatefulSet of two or more pods (an autoscaler of the input counts) says how they spread:
//! `topologySpreadConstraints`, or a `podAntiAffinity`.
//!
//! The rule is in no built-in profile, for it is seldom a gain: where a pod says nothing, the scheduler by itself prefers to
//! spread the pods of a workload over nodes and zones. Turn it on where the scheduler's defaults were turned off, or where
//! the wish must be written down.
//!
//! # Why
//!
//! Pods that end up on one node fall with it.
//!
//! # What it changes
//!
//! Adds constraints over nodes and zones for the pods that the workload selects, with
//! `whenUnsatisfiable: ScheduleAnyway`: a preference. Both are stated, because any constraint of the pod's own turns the
//! scheduler's defaults off.
//!
//! # What can break
//!
//! A preference keeps no pod from being scheduled: the change is `safe`.
//!
//! # Example
//!
//! ```yaml
//! topologySpreadConstraints:
//!   - maxSkew: 1
//!     topologyKey: kubernetes.io/hostname
//!     whenUnsatisfiable: ScheduleAnyway
//!     labelSelector:
//!       matchLabels: { app: web }
//! ```

use super::{Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Whole;
use serde_json::{Value, json};

/// The rule.
pub const RULE: Rule = Rule {
    id: "topology",
    title: "nothing says how the pods of a workload spread over nodes",
    severity: Severity::Low,
    matter: Matter::Operation,
    mends: "adds `topologySpreadConstraints`",
    risks: &[Risk::Safe],
    standards: &[
        Standard::Other("kube-linter", "no-anti-affinity"),
        Standard::Other("Polaris", "topologySpreadConstraint"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Object {
        wants: |api_version, kind| api_version.starts_with("apps/") && ["Deployment", "StatefulSet"].contains(&kind),
        check,
    },
};

/// Nodes and zones, as the scheduler's own defaults do.
const SPREAD: [&str; 2] = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];

fn check(object: &Whole<'_>, found: &mut Findings) {
    let pod = object.field("spec/template/spec");
    let constraints = pod.field("topologySpreadConstraints");
    let spreads = !constraints.items().is_empty() || pod.field("affinity/podAntiAffinity").is_stated();
    let fewest = object.around.neighbours.fewest_pods(object.identity, object.field("spec/replicas").value);
    let Some(selector) = object.field("spec/selector").value.filter(|_| pod.is_stated() && !spreads && fewest > 1)
    else {
        return;
    };
    let constraint = |key: &str| json!({"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector});
    let value: Vec<Value> = SPREAD.into_iter().map(constraint).collect();
    found.at(&constraints).because("its pods may end up on one node and fall with it").set(
        &constraints,
        value,
        Risk::Safe.because("a preference keeps no pod from being scheduled"),
    );
}
