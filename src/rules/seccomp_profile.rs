//! # What it checks
//!
//! Every container has a seccomp profile, its own or the pod's, and every profile that is stated confines: its type is
//! `RuntimeDefault` or `Localhost`. Pods with `os.name: windows` have no seccomp and are left alone.
//!
//! # Why
//!
//! The runtime's profile denies dozens of system calls that programs do not need and that many ways out of a container
//! go through. Without a word in the manifest, and unless the kubelet was told otherwise, containers run unconfined.
//!
//! # What it changes
//!
//! Sets one `securityContext.seccompProfile.type: RuntimeDefault` on the pod, for all containers that state nothing; on
//! each of them where an exception spares one, or where the kind takes no security context on the pod. A profile that does not confine is changed where it stands. If one of the old seccomp annotations says otherwise it is
//! made to agree, because the API server refuses a contradiction.
//!
//! # What can break
//!
//! None of 31 measured programs broke: `likely`. Where the manifest asks for `Unconfined` the change is `breaking`, except
//! where every container states a profile of its own, so that the pod's reaches none: `safe`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   seccompProfile:
//!     type: RuntimeDefault
//! ```

use super::common::confinement::{check_stated, confine};
use super::common::place::{Place, places};
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "seccomp-profile",
    title: "seccomp does not confine a container",
    severity: Severity::Medium,
    matter: Matter::Confinement,
    mends: "sets seccomp to `RuntimeDefault`",
    risks: &[Risk::Safe, Risk::Likely, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Restricted, "seccompProfile_restricted"),
        Standard::Cis("5.6.2"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_31"),
        Standard::Kubescape("C-0055"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() {
        return;
    }
    let profile = pod.field("securityContext/seccompProfile");
    let reached = pod.inheriting("seccompProfile");
    if !profile.is_stated() && !reached.is_empty() {
        for Place { field, reached } in places(pod, "seccompProfile", reached, found) {
            let reason = match field.container {
                Some(_) => "it may make system calls it does not need",
                None => "its containers may make system calls they do not need",
            };
            let draft = found.at(&field.field("type")).reaching(&reached).because(reason);
            confine(draft, pod, "seccompProfile", &field, Risk::Likely.because("none of 31 measured programs broke"));
        }
    }
    check_stated(pod, "seccompProfile", found);
}
