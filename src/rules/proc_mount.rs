//! # What it checks
//!
//! Containers see `/proc` as the runtime masks it: `securityContext.procMount` is absent or `Default`. Since Kubernetes 1.35 any
//! value is fine in a pod with `hostUsers: false`, whose root is nobody on the node.
//!
//! # Why
//!
//! The masked paths of `/proc` (`/proc/kcore`, `/proc/sysrq-trigger`, `/proc/sys` for writing) are the kernel of the node.
//! `Unmasked` hands them to the container.
//!
//! # What it changes
//!
//! Sets `procMount: Default`. On a pod with `os.name: windows`, where the API server refuses the field, it takes the field
//! away.
//!
//! # What can break
//!
//! Containers that run containers (image builders, nested runtimes) ask for it: the change is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   procMount: Default
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "proc-mount",
    title: "a container sees /proc unmasked",
    severity: Severity::High,
    matter: Matter::Confinement,
    mends: "sets `procMount: Default`",
    risks: &[Risk::Breaking],
    standards: &[Standard::Pss(Level::Baseline, "procMount"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if !(pod.kubernetes().at_least(35) && pod.has_user_namespace()) {
        check_masked(pod, found);
    }
}

/// Find every container that asks for another `/proc` than the masked one.
pub(super) fn check_masked(pod: &Pod<'_>, found: &mut Findings) {
    for container in pod.containers() {
        let field = container.field("securityContext/procMount");
        if !field.is_stated() || field.as_str() == Some("Default") {
            continue;
        }
        let asked = field.as_str().unwrap_or_default();
        let draft = found.at(&field).because("it sees the parts of /proc that belong to the node's kernel");
        let risk = Risk::Breaking.because(format!("the manifest asks for `procMount: {asked}`"));
        if pod.is_windows() {
            draft.remove(&field, risk);
        } else {
            draft.set(&field, "Default", risk);
        }
    }
}
