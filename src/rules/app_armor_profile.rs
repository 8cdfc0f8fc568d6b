//! # What it checks
//!
//! An AppArmor profile that is stated confines: `appArmorProfile.type`, of the pod or of a container, is `RuntimeDefault`
//! or `Localhost`; an annotation `container.apparmor.security.beta.kubernetes.io/<container>` is `runtime/default` or
//! begins with `localhost/`. Stating nothing is fine: the runtime then takes its own profile.
//!
//! # Why
//!
//! On nodes with AppArmor the runtime's profile denies writing to `/proc` and `/sys`, mounting, and tracing other
//! processes. `Unconfined` lifts that for a container that some bug may hand to an attacker.
//!
//! # What it changes
//!
//! Sets the type to `RuntimeDefault`, or the annotation to `runtime/default`. On a pod with `os.name: windows`, where the
//! API server refuses the field, it takes the field away.
//!
//! # What can break
//!
//! Whoever wrote `Unconfined` mostly had a reason: the change is `breaking`. It is `safe` where every container states a
//! profile of its own, so that the pod's reaches none.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   appArmorProfile:
//!     type: RuntimeDefault
//! ```

use super::common::confinement::{check_annotations, check_stated};
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "app-armor-profile",
    title: "AppArmor is told not to confine a container",
    severity: Severity::Medium,
    matter: Matter::Confinement,
    mends: "sets AppArmor to `RuntimeDefault`",
    risks: &[Risk::Safe, Risk::Breaking],
    standards: &[Standard::Pss(Level::Baseline, "appArmorProfile"), Standard::Nsa("Pod security enforcement")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    check_annotations(pod, "container.apparmor.security.beta.kubernetes.io/", found);
    check_stated(pod, "appArmorProfile", found);
}
