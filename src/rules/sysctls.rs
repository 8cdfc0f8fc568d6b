//! # What it checks
//!
//! The pod sets only sysctls that stay within it: `kernel.shm_rmid_forced`, `net.ipv4.ip_local_port_range`,
//! `net.ipv4.tcp_syncookies`, `net.ipv4.ping_group_range` and `net.ipv4.ip_unprivileged_port_start`; later versions of
//! Kubernetes add further ones of `net.ipv4` (1.27, 1.29, 1.32 and 1.37).
//!
//! # Why
//!
//! The others change the kernel for every pod of the node, or can be used to exhaust it.
//!
//! # What it changes
//!
//! Takes the others out of `securityContext.sysctls`. The kubelet refuses most of them anyway unless it was told to allow
//! them.
//!
//! # What can break
//!
//! A program that was tuned with them, which may then be slow or not start: the change is `breaking`. Where the sysctl is
//! needed, set it on the node.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   sysctls:
//!     - name: net.ipv4.ip_unprivileged_port_start
//!       value: "0"
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Field, Minor, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "sysctls",
    title: "the pod sets sysctls that reach beyond it",
    severity: Severity::Medium,
    matter: Matter::Confinement,
    mends: "takes out those that reach further",
    risks: &[Risk::Breaking],
    standards: &[Standard::Pss(Level::Baseline, "sysctls"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// Table of the baseline level, `policy/check_sysctls.go` in `kubernetes/pod-security-admission`: each sysctl with the
/// minor version of Kubernetes that first allows it (0: always).
const ALLOWED: &[(&str, u8)] = &[
    ("kernel.shm_rmid_forced", 0),
    ("net.ipv4.ip_local_port_range", 0),
    ("net.ipv4.ip_unprivileged_port_start", 0),
    ("net.ipv4.ping_group_range", 0),
    ("net.ipv4.tcp_syncookies", 0),
    ("net.ipv4.ip_local_reserved_ports", 27),
    ("net.ipv4.tcp_fin_timeout", 29),
    ("net.ipv4.tcp_keepalive_intvl", 29),
    ("net.ipv4.tcp_keepalive_probes", 29),
    ("net.ipv4.tcp_keepalive_time", 29),
    ("net.ipv4.tcp_rmem", 32),
    ("net.ipv4.tcp_wmem", 32),
    ("net.ipv4.tcp_notsent_lowat", 37),
    ("net.ipv4.tcp_slow_start_after_idle", 37),
];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let field = pod.field("securityContext/sysctls");
    let (kept, forbidden): (Vec<_>, Vec<_>) =
        field.items().into_iter().partition(|item| is_allowed(name_of(item), pod.kubernetes()));
    if forbidden.is_empty() {
        return;
    }
    let names: Vec<_> = forbidden.iter().map(name_of).collect();
    let names = names.join(", ");
    let draft = found.at(&field).because(format!("it changes the kernel beyond the pod: {names}"));
    let risk = Risk::Breaking.because(format!("the manifest asks for {names}"));
    if pod.is_windows() {
        draft.remove(&field, risk);
    } else {
        let kept = kept.iter().filter_map(|item| item.value.cloned());
        draft.set(&field, kept.collect::<Vec<_>>(), risk);
    }
}

fn name_of<'a>(item: &Field<'a>) -> &'a str {
    item.field("name").as_str().unwrap_or_default()
}

fn is_allowed(name: &str, kubernetes: Minor) -> bool {
    ALLOWED.iter().any(|(allowed, since)| *allowed == name && kubernetes.at_least(*since))
}
