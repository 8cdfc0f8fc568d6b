//! # What it checks
//!
//! SELinux options, of the pod or of a container, leave the process a container: `type` is absent, `container_t`,
//! `container_init_t`, `container_kvm_t` or, since Kubernetes 1.31, `container_engine_t`; `user` and `role` are absent.
//! `level` is free.
//!
//! # Why
//!
//! On nodes with SELinux the type decides what a process may touch. `spc_t` ("super privileged container") may touch
//! everything.
//!
//! # What it changes
//!
//! Sets `type: container_t`, which runtimes take by themselves, and an empty `user` or `role`, which means absent. On a pod
//! with `os.name: windows`, where the API server refuses the options, it takes the field away.
//!
//! # What can break
//!
//! Whoever set the option wanted access to files with other labels: the change is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   seLinuxOptions:
//!     type: container_t
//!     level: s0:c123,c456
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Minor, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "se-linux-options",
    title: "SELinux options reach beyond a container's",
    severity: Severity::High,
    matter: Matter::Confinement,
    mends: "sets `type: container_t`",
    risks: &[Risk::Breaking],
    standards: &[Standard::Pss(Level::Baseline, "seLinuxOptions"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for options in pod.security_fields("seLinuxOptions") {
        // A container's options replace the pod's whole, so these are mended where they stand, or spared for all.
        let reached = if options.container.is_none() { pod.inheriting("seLinuxOptions") } else { Vec::new() };
        for (key, mended) in [("type", "container_t"), ("user", ""), ("role", "")] {
            let field = options.field(key);
            let Some(value) = field.as_str().filter(|value| !is_allowed(key, value, pod.kubernetes())) else {
                continue;
            };
            let draft = found
                .at(&field)
                .reaching(&reached)
                .because(format!("SELinux {key} {value} may let it touch what containers must not"));
            let risk = Risk::Breaking.because(format!("the manifest asks for SELinux {key} {value}"));
            if pod.is_windows() {
                draft.remove(&field, risk);
            } else {
                draft.set(&field, mended, risk);
            }
        }
    }
}

/// Table of the baseline level, `policy/check_seLinuxOptions.go` in `kubernetes/pod-security-admission`.
fn is_allowed(key: &str, value: &str, kubernetes: Minor) -> bool {
    match (key, value) {
        (_, "") | ("type", "container_t" | "container_init_t" | "container_kvm_t") => true,
        ("type", "container_engine_t") => kubernetes.at_least(31),
        _ => false,
    }
}
