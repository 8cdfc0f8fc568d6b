//! # What it checks
//!
//! Containers see `/proc` as the runtime masks it: `securityContext.procMount` is absent or `Default`. Unlike `proc-mount` of the
//! baseline level it makes no exception for a pod with `hostUsers: false`.
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

use super::proc_mount::check_masked;
use super::{Check, Level, Matter, Risk, Rule, Severity, Stage, Standard};

/// The rule.
pub const RULE: Rule = Rule {
    id: "proc-mount-restricted",
    title: "a container sees /proc unmasked, user namespace or not",
    severity: Severity::High,
    matter: Matter::Confinement,
    mends: "sets `procMount: Default`",
    risks: &[Risk::Breaking],
    standards: &[Standard::Pss(Level::Restricted, "procMount_restricted"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    // Until 1.35 the restricted level used the baseline's form, which made no exception then: one form fits all.
    stage: Stage::Pod,
    check: Check::Pod(check_masked),
};
