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
use crate::workload::{Container, List, Pod};

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

/// Kinds whose pods run to their end.
const ENDING: &[&str] = &["CronJob", "Job", "ScheduledJob"];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let kind = pod.around().and_then(|around| around.identity).map_or("", |identity| identity.kind.as_str());
    let ends = ENDING.contains(&kind) || pod.field("restartPolicy").as_str().is_some_and(|policy| policy != "Always");
    if ends {
        return;
    }
    let targets: Vec<u16> = pod.services().into_iter().flat_map(|service| service.target_ports).collect();
    let serves = |container: &&Container<'_>| {
        let ports = container.field("ports").items();
        let number = |port: u16| ports.iter().any(|one| one.field("containerPort").as_i64() == Some(port.into()));
        if targets.is_empty() { !ports.is_empty() } else { targets.iter().any(|port| number(*port)) }
    };
    let main = pod.containers().iter().filter(|container| container.list() == List::Main);
    for container in main.filter(serves) {
        let probe = container.field("readinessProbe");
        if !probe.is_stated() {
            found
                .at(&probe)
                .because("it takes traffic before it can answer, and a rollout does not notice when it never can")
                .decide(or_except(RULE.id, "state a `readinessProbe` that asks what a client asks"));
        }
    }
}
