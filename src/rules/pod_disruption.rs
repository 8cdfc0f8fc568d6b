//! # What it checks
//!
//! Nodes can be drained. No PodDisruptionBudget forbids every eviction: `maxUnavailable: 0`, `minAvailable: 100%`, or a
//! `minAvailable` that is all the pods that the workloads of the input have (the least that an autoscaler says counts).
//!
//! With the parameter `missing`, a Deployment or StatefulSet of two or more pods must also have a budget in the input that
//! selects them. It is off by default, for the budget may stand in another file.
//!
//! # Why
//!
//! A node is drained whenever it is patched. With a budget that can never be met the drain hangs, so that nodes stay unpatched,
//! or are taken down by force. Without a budget all pods of a service may be evicted at once; that is found as `low`.
//!
//! # What it changes
//!
//! Nothing: how many pods a service needs is for a person to say. `maxUnavailable: 1` fits most, and unlike `minAvailable` it
//! cannot come to block when the number of pods changes.
//!
//! # What can break
//!
//! Nothing is changed.
//!
//! # Example
//!
//! ```yaml
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata:
//!   name: web
//! spec:
//!   maxUnavailable: 1
//!   selector:
//!     matchLabels: { app: web }
//! ```

use super::findings::or_except;
use super::{Check, Findings, Form, Matter, Parameter, Rule, Severity, Stage, Standard};
use crate::workload::{Field, Whole};
use serde_json::Value;

/// The rule.
pub const RULE: Rule = Rule {
    id: "pod-disruption",
    title: "a node cannot be drained, or stops a service when it is",
    severity: Severity::Medium,
    matter: Matter::Operation,
    mends: "",
    risks: &[],
    standards: &[
        Standard::Other("kube-linter", "pdb-max-unavailable"),
        Standard::Other("kube-linter", "pdb-min-available"),
        Standard::Other("Polaris", "missingPodDisruptionBudget"),
    ],
    parameters: &[Parameter {
        name: "missing",
        help: "whether a workload of two or more pods must have a budget.",
        default: "false",
        form: Form::AsDefault,
    }],
    stage: Stage::Pod,
    check: Check::Object { wants, check },
};

fn wants(api_version: &str, kind: &str) -> bool {
    match kind {
        "Deployment" | "StatefulSet" => api_version.starts_with("apps/"),
        "PodDisruptionBudget" => api_version.starts_with("policy/"),
        _ => false,
    }
}

fn check(object: &Whole<'_>, found: &mut Findings) {
    if object.identity.kind == "PodDisruptionBudget" {
        check_budget(object, found);
        return;
    }
    if found.parameter("missing").as_bool() != Some(true) {
        return;
    }
    let neighbours = object.around.neighbours;
    let replicas = object.field("spec/replicas");
    let fewest = neighbours.fewest_pods(object.identity, replicas.value);
    let labels = object.field("spec/template/metadata/labels");
    let Some(labels) = labels.value.filter(|_| fewest > 1) else { return };
    let unread = neighbours.lacks("PodDisruptionBudget");
    if !unread && !neighbours.has_budget(object.around.namespace(), labels) {
        found
            .at(&replicas)
            .because(format!("a drain may evict its {fewest} pods at once: no PodDisruptionBudget here selects them"))
            .weighing(Severity::Low)
            .decide(or_except(RULE.id, "add a PodDisruptionBudget, such as one with `maxUnavailable: 1`"));
    }
}

fn check_budget(budget: &Whole<'_>, found: &mut Findings) {
    let at_most = budget.field("spec/maxUnavailable");
    let at_least = budget.field("spec/minAvailable");
    let selector = budget.field("spec/selector");
    let workloads =
        selector.value.map(|selector| budget.around.neighbours.selected(budget.around.namespace(), selector));
    let pods: u64 = workloads.iter().flatten().map(|(_, pods)| pods).sum();
    let blocks = |field: &Field<'_>, value: u64, text: &str| match field.value {
        Some(Value::Number(number)) => number.as_u64() == Some(value),
        Some(Value::String(stated)) => stated == text,
        _ => false,
    };
    let (field, reason) = if blocks(&at_most, 0, "0%") {
        (at_most, "it lets no pod be evicted, so that nodes cannot be drained".to_owned())
    } else if blocks(&at_least, u64::MAX, "100%") {
        (at_least, "it wants every pod to stay, so that nodes cannot be drained".to_owned())
    } else if pods > 0 && at_least.as_i64().is_some_and(|least| u64::try_from(least).is_ok_and(|least| least >= pods)) {
        let all = if pods == 1 { "the only pod".to_owned() } else { format!("all {pods} pods") };
        (at_least, format!("it wants {all} that it selects to stay, so that nodes cannot be drained"))
    } else {
        return;
    };
    found
        .at(&field)
        .because(reason)
        .decide(or_except(RULE.id, "let one pod go, such as by `maxUnavailable: 1`, and run two or more"));
}
