//! # What it checks
//!
//! Containers add only capabilities that container runtimes grant anyway: AUDIT_WRITE, CHOWN, DAC_OVERRIDE, FOWNER,
//! FSETID, KILL, MKNOD, NET_BIND_SERVICE, SETFCAP, SETGID, SETPCAP, SETUID and SYS_CHROOT, in exactly this spelling.
//!
//! # Why
//!
//! Many of the others are a way out: SYS_ADMIN can mount the node's disks, SYS_PTRACE reads other processes, NET_ADMIN
//! rewrites the node's routes, SYS_MODULE loads code into the kernel. `NET_RAW` lets a pod forge its neighbours' packets.
//!
//! # What it changes
//!
//! Takes the others out of `capabilities.add`. An allowed one in another spelling (`CAP_CHOWN`, `chown`) is respelled.
//!
//! # What can break
//!
//! Whatever the capability was added for: the change is `breaking`. Respelling is `safe`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   capabilities:
//!     add: [NET_BIND_SERVICE]
//! ```

use super::common::capability::{Added, check_added};
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "capabilities-baseline",
    title: "a container adds capabilities beyond the usual ones",
    severity: Severity::High,
    matter: Matter::User,
    mends: "takes the added capabilities away",
    risks: &[Risk::Safe, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "capabilities_baseline"),
        Standard::Cis("5.2.9"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_25"),
        Standard::Checkov("CKV_K8S_39"),
        Standard::Kubescape("C-0046"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// Table of the baseline level, `policy/check_capabilities_baseline.go` in `kubernetes/pod-security-admission`.
const ALLOWED: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let added = Added {
        allowed: ALLOWED,
        why: "the container may do to the node what others may not",
        needed: None,
        ours: None,
    };
    for container in pod.containers() {
        check_added(pod, container, &added, RULE.id, found);
    }
}
