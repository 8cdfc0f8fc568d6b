//! # What it checks
//!
//! Every container states `allowPrivilegeEscalation: false`. There is no pod-level field for it. Pods with
//! `os.name: windows` have no such field and are left alone.
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
//! The API server refuses the field beside `privileged: true` or an added `CAP_SYS_ADMIN`, in just that spelling. There the
//! rule changes nothing and says which of the two has to be settled first; once it is, this is mended too.
//!
//! # What can break
//!
//! Programs that rely on setuid helpers: `sudo`, `su`, `ping` in old images. None of 31 measured programs did, so the
//! change is `likely`. An explicit `true` is the author's wish: taking it away is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     securityContext:
//!       allowPrivilegeEscalation: false
//! ```

use super::findings::or_except;
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "allow-privilege-escalation",
    title: "a process may gain more privileges than its parent",
    severity: Severity::Medium,
    matter: Matter::User,
    mends: "sets `allowPrivilegeEscalation: false`",
    risks: &[Risk::Likely, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Restricted, "allowPrivilegeEscalation"),
        Standard::Cis("5.2.6"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_20"),
        Standard::Kubescape("C-0016"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    for container in pod.containers() {
        let field = container.field("securityContext/allowPrivilegeEscalation");
        if field.as_bool() == Some(false) {
            continue;
        }
        let draft = found.at(container).because("a setuid program or a file capability could raise its privileges");
        if let Some((asked, rule)) = obstacle(container) {
            let decision = format!(
                "settle `{rule}` first: the API server refuses `allowPrivilegeEscalation: false` beside {asked}"
            );
            draft.decide(or_except(RULE.id, &decision));
        } else if field.as_bool() == Some(true) {
            draft.set(&field, false, Risk::Breaking.because("the manifest asks for `allowPrivilegeEscalation: true`"));
        } else {
            draft.set(&field, false, Risk::Likely.because("none of 31 measured programs broke"));
        }
    }
}

/// What the API server does not allow beside the field, and the rule that takes it away.
fn obstacle(container: &Container<'_>) -> Option<(&'static str, &'static str)> {
    let added = container.field("securityContext/capabilities/add").items();
    if container.is_privileged() {
        Some(("`privileged: true`", "privileged"))
    } else if added.iter().any(|item| item.as_str() == Some("CAP_SYS_ADMIN")) {
        // Its validation compares this string alone: SYS_ADMIN, which means the same, passes.
        Some(("the added capability CAP_SYS_ADMIN", "capabilities"))
    } else {
        None
    }
}
