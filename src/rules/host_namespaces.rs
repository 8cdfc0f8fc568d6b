//! # What it checks
//!
//! The pod does not share the node's network, process or IPC namespace: `hostNetwork`, `hostPID` and `hostIPC` are absent
//! or `false`.
//!
//! # Why
//!
//! In the node's network a pod reaches everything that listens on localhost and sees past every NetworkPolicy. With the
//! node's processes it can read their environment and signal them; with its IPC, their shared memory.
//!
//! # What it changes
//!
//! Sets the field to `false`.
//!
//! A Windows HostProcess pod cannot be without `hostNetwork`: there it says to settle `windows-host-process` first.
//!
//! # What can break
//!
//! Node agents (network plugins, monitoring, log shippers) need what they ask for: the change is `breaking`. For them
//! record an exception.
//!
//! # Example
//!
//! ```yaml
//! spec:
//!   hostNetwork: false
//! ```

use super::findings::or_except;
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-namespaces",
    title: "the pod shares a namespace of its node",
    severity: Severity::High,
    matter: Matter::Node,
    mends: "sets `hostNetwork: false` and the like",
    risks: &[Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "hostNamespaces"),
        Standard::Cis("5.2.3"),
        Standard::Cis("5.2.4"),
        Standard::Cis("5.2.5"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_17"),
        Standard::Checkov("CKV_K8S_18"),
        Standard::Checkov("CKV_K8S_19"),
        Standard::Kubescape("C-0038"),
        Standard::Kubescape("C-0041"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// The fields and what each opens.
const SHARED: &[(&str, &str)] = &[
    ("hostNetwork", "the pod reaches the node's local services and no NetworkPolicy holds it"),
    ("hostPID", "the pod sees the node's processes and what is in their environment"),
    ("hostIPC", "the pod sees the shared memory of the node's processes"),
];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for (key, why) in SHARED {
        let field = pod.field(key);
        if field.as_bool() != Some(true) {
            continue;
        }
        let draft = found.at(&field).because(*why);
        if *key == "hostNetwork" && is_host_process(pod) {
            draft.decide(or_except(
                RULE.id,
                "settle `windows-host-process` first: a HostProcess pod is refused without `hostNetwork: true`",
            ));
        } else {
            draft.set(&field, false, Risk::Breaking.because(format!("the manifest asks for `{key}: true`")));
        }
    }
}

/// Whether the pod or one of its containers is a Windows HostProcess.
fn is_host_process(pod: &Pod<'_>) -> bool {
    pod.security_fields("windowsOptions/hostProcess").iter().any(|field| field.as_bool() == Some(true))
}
