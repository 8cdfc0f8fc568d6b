//! # What it checks
//!
//! A container that serves says when it can: in a workload that runs for good (Deployment, StatefulSet, DaemonSet and their
//! like), every container whose port a Service of the input sends traffic to has a `readinessProbe`. Where no Service of the
//! input selects the pod, the containers that declare ports count. A liveness probe is not asked for: one that is wrong kills
//! a program that works.
//!
//! # Why
//!
//! Without a readiness probe a pod takes traffic as soon as its process exists, and a rollout goes on over pods that start but
//! do not work. With one, a change that breaks the program, hardening among them, stops at the first new pod.
//!
//! # What it changes
//!
//! Nothing: what shows that a program is ready is known to whoever wrote it, and a probe that is guessed keeps a pod that
//! works from all traffic.
//!
//! # What can break
//!
//! Nothing is changed.
//!
//! # Example
//!
//! ```yaml
//! readinessProbe:
//!   httpGet: { path: /healthz, port: 8080 }
//! ```

use super::findings::or_except;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Field, List, Pod};
use serde_json::Value;

/// The rule.
pub const RULE: Rule = Rule {
    id: "probes-present",
    title: "a container that serves does not say when it is ready",
    severity: Severity::Low,
    matter: Matter::Operation,
    mends: "",
    risks: &[],
    standards: &[Standard::Checkov("CKV_K8S_9"), Standard::Kubescape("C-0018")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// Where a port of a Service leads: the number or the name of a container's port.
fn target(port: &Value) -> &Value {
    let stated = |field: &str| port.get(field).filter(|value| !value.is_null());
    stated("targetPort").or_else(|| stated("port")).unwrap_or(&Value::Null)
}

fn is_at(port: &Field<'_>, target: &Value) -> bool {
    [port.field("containerPort"), port.field("name")].iter().any(|field| field.value == Some(target))
}

/// Kinds whose pods run to their end.
const ENDING: &[&str] = &["CronJob", "Job", "ScheduledJob"];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let kind = pod.around().and_then(|around| around.identity).map_or("", |identity| identity.kind.as_str());
    let ends = ENDING.contains(&kind) || pod.field("restartPolicy").as_str().is_some_and(|policy| policy != "Always");
    if ends {
        return;
    }
    let services = pod.services();
    let main: Vec<_> = pod.containers().iter().filter(|container| container.list() == List::Main).collect();
    let serves = |container: &Container<'_>| {
        let ports = container.field("ports").items();
        let mut targets = services.iter().flat_map(|service| service.neighbour.list("/spec/ports")).map(target);
        match (services.is_empty(), main.len()) {
            (true, _) => !ports.is_empty(),
            // A port need not be declared to be served.
            (false, 1) => true,
            (false, _) => targets.any(|target| ports.iter().any(|port| is_at(port, target))),
        }
    };
    for container in main.iter().filter(|container| serves(container)) {
        let probe = container.field("readinessProbe");
        if !probe.is_stated() {
            found
                .at(&probe)
                .because("it takes traffic before it can answer, and a rollout does not notice when it never can")
                .decide(or_except(RULE.id, "state a `readinessProbe` that asks what a client asks"));
        }
    }
}
