//! # What it checks
//!
//! A seccomp profile that is stated confines: `seccompProfile.type`, of the pod or of a container, is `RuntimeDefault` or
//! `Localhost`. Stating nothing is fine at the baseline level (see `seccomp-profile` for the restricted one).
//!
//! # Why
//!
//! The runtime's profile denies dozens of system calls that programs do not need and that many ways out of a container
//! go through. `Unconfined` opens them.
//!
//! # What it changes
//!
//! Sets the type to `RuntimeDefault`. If one of the old seccomp annotations says otherwise it is made to agree, because
//! the API server refuses a contradiction. On a pod with `os.name: windows`, where the API server refuses the field, it
//! takes the field away.
//!
//! # What can break
//!
//! None of 31 measured programs broke under the runtime's profile, but whoever wrote `Unconfined` mostly had a reason: the
//! change is `breaking`. It is `safe` where every container states a profile of its own, so that the pod's reaches none.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   seccompProfile:
//!     type: RuntimeDefault
//! ```

use super::common::confinement::check_stated;
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "seccomp-profile-baseline",
    title: "seccomp is told not to confine a container",
    severity: Severity::Medium,
    matter: Matter::Confinement,
    mends: "sets seccomp to `RuntimeDefault`",
    risks: &[Risk::Safe, Risk::Breaking],
    standards: &[Standard::Pss(Level::Baseline, "seccompProfile_baseline"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    check_stated(pod, "seccompProfile", found);
}
