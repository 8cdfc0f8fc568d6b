//! # What it checks
//!
//! No Windows container runs as a process of its node: `windowsOptions.hostProcess` is absent or `false`, for the pod and
//! for every container.
//!
//! # Why
//!
//! A HostProcess container is no container: it runs on the node, with its files, its network and, mostly, the rights of
//! the system.
//!
//! # What it changes
//!
//! Sets `hostProcess: false` in all places at once: the API server refuses a pod in which they differ.
//!
//! # What can break
//!
//! Node agents for Windows (network and storage plugins) are made this way: the change is `breaking`. For them record an
//! exception.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   windowsOptions:
//!     hostProcess: false
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard, Subject};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "windows-host-process",
    title: "a Windows container runs as a process of its node",
    severity: Severity::Critical,
    matter: Matter::Node,
    mends: "sets `hostProcess: false`",
    risks: &[Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "windowsHostProcess"),
        Standard::Cis("5.2.10"),
        Standard::Nsa("Pod security enforcement"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let fields = pod.security_fields("windowsOptions/hostProcess");
    let asked: Vec<_> = fields.iter().filter(|field| field.as_bool() == Some(true)).collect();
    let Some(first) = asked.first() else { return };
    // One finding about the whole pod, so that its changes are made together or not at all.
    let subject = Subject { pointer: first.pointer.as_str().into(), container: None };
    let mut draft = found.at(subject).because("it runs on the node itself, outside of any container");
    for field in asked {
        draft = draft.set(field, false, Risk::Breaking.because("the manifest asks for `hostProcess: true`"));
    }
}
