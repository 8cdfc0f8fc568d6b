//! # What it checks
//!
//! Neither the pod nor a container states `runAsUser: 0`. The pod's counts even where every container states another.
//! Since Kubernetes 1.35 a pod with `hostUsers: false` may do as it likes: its root is nobody on the node.
//!
//! # Why
//!
//! Root in a container is root to the kernel. Most ways out of a container need it.
//!
//! # What it changes
//!
//! Sets a number where the 0 stands: a container takes the pod's user if the pod states one above 0; otherwise 65532. That
//! is the `nonroot` user of the distroless images, above the range that distributions and people give out, so that it
//! owns nothing by accident. A profile can choose another (parameter `user`).
//!
//! # What can break
//!
//! A program that was told to run as root: the change is `breaking`. It is `safe` where every container states its own
//! user, so that the pod's reaches none.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   runAsUser: 65532
//! ```

use super::common::place::{Place, on_pod, places};
use super::{Check, Findings, Form, Level, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "run-as-user",
    title: "a container is told to run as root",
    severity: Severity::Medium,
    matter: Matter::User,
    mends: "sets a user above 0",
    risks: &[Risk::Safe, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Restricted, "runAsUser"),
        Standard::Cis("5.2.7"),
        Standard::Nsa("Non-root containers and rootless container engines"),
        Standard::Checkov("CKV_K8S_23"),
        Standard::Kubescape("C-0013"),
    ],
    parameters: &[Parameter {
        name: "user",
        help: "the numeric user to run as where the manifest says 0 and the pod states no other.",
        default: "65532",
        // What the API server takes for a user, but for root.
        form: Form::Whole(1..=i32::MAX as i64),
    }],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// The `nonroot` user of the distroless images.
const NONROOT: i64 = 65532;

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.kubernetes().at_least(35) && pod.has_user_namespace() {
        return;
    }
    let chosen = found.parameter("user").as_i64().filter(|user| *user > 0).unwrap_or(NONROOT);
    let of_pod = pod.field("securityContext/runAsUser").as_i64().filter(|user| *user > 0);
    for field in pod.security_fields("runAsUser") {
        if field.as_i64() != Some(0) {
            continue;
        }
        let places = match field.container {
            // There is nothing to take away from a container of a pod that states it.
            None if pod.is_windows() => vec![on_pod(pod, "runAsUser", pod.inheriting("runAsUser"))],
            None => places(pod, "runAsUser", pod.inheriting("runAsUser"), found),
            Some(_) => vec![Place { field, reached: Vec::new() }],
        };
        for Place { field, reached } in places {
            let reaches_none = field.container.is_none() && reached.is_empty();
            let (reason, risk) = if reaches_none {
                (
                    "the Pod Security Standards refuse the pod's 0 although every container states another user",
                    Risk::Safe.because("every container states its own, so the pod's reaches none"),
                )
            } else {
                (
                    "root in a container is root to the kernel",
                    Risk::Breaking.because("the manifest asks for `runAsUser: 0`"),
                )
            };
            let draft = found.at(&field).reaching(&reached).because(reason);
            if pod.is_windows() {
                draft.remove(&field, risk);
            } else {
                draft.set(&field, of_pod.unwrap_or(chosen), risk);
            }
        }
    }
}
