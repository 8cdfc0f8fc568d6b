//! # What it checks
//!
//! Every container states `allowPrivilegeEscalation: false`. There is no pod-level field for it.
//!
//! # Why
//!
//! Without it a setuid program in the image, or a file capability, can give a process more rights than the one that
//! started it. The kernel's `no_new_privs` flag shuts that door.
//!
//! # What it changes
//!
//! Sets `securityContext.allowPrivilegeEscalation: false` on each container that does not state it.
//!
//! # What can break
//!
//! Programs that rely on setuid helpers: `sudo`, `su`, `ping` in old images. None of 31 measured programs did.
//! The API server refuses the field beside `privileged: true` or an added `SYS_ADMIN`.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     securityContext:
//!       allowPrivilegeEscalation: false
//! ```

use super::{Findings, Level, Risk, Rule, Severity, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "allow-privilege-escalation",
    title: "a process may gain more privileges than its parent",
    severity: Severity::Medium,
    standards: &[
        Standard::Pss(Level::Restricted, "allowPrivilegeEscalation"),
        Standard::Cis("5.2.6"),
        Standard::Checkov("CKV_K8S_20"),
        Standard::Kubescape("C-0016"),
    ],
    parameters: &[],
    check,
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        let field = container.field("securityContext/allowPrivilegeEscalation");
        if field.as_bool() != Some(false) {
            found.at(container).because("setuid programs could raise its privileges").set(
                &field,
                false,
                Risk::Likely.because("none of 31 measured programs broke"),
            );
        }
    }
}
