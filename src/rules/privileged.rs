//! # What it checks
//!
//! No container runs with `privileged: true`.
//!
//! # Why
//!
//! A privileged container has every capability, every device of the node, and no AppArmor, seccomp or SELinux in its way.
//! It is root on the node by another name.
//!
//! # What it changes
//!
//! Sets `securityContext.privileged: false`. On a pod with `os.name: windows`, where the API server refuses the field, it
//! takes the field away. A volume mount with `mountPropagation: Bidirectional`, which the API server allows only beside
//! `privileged: true`, becomes `HostToContainer`: the container still sees what its node mounts, but not the reverse.
//!
//! # What can break
//!
//! Programs that manage the node: network and storage plugins, image builders, device agents. The change is `breaking`.
//! Some need no more than one capability or device; the others get an exception.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   privileged: false
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "privileged",
    title: "a container is root on its node",
    severity: Severity::Critical,
    matter: Matter::Node,
    mends: "sets `privileged: false`",
    risks: &[Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "privileged"),
        Standard::Cis("5.2.2"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_16"),
        Standard::Kubescape("C-0057"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for container in pod.containers().iter().filter(|container| container.is_privileged()) {
        let field = container.field("securityContext/privileged");
        let mut draft =
            found.at(&field).because("it has every capability and device of the node, and nothing confines it");
        let risk = Risk::Breaking.because("the manifest asks for `privileged: true`");
        for mount in container.field("volumeMounts").items() {
            let propagation = mount.field("mountPropagation");
            if propagation.as_str() == Some("Bidirectional") {
                let why = "the API server lets only privileged containers mount into their node (`Bidirectional`)";
                draft = draft.set(&propagation, "HostToContainer", Risk::Breaking.because(why));
            }
        }
        if pod.is_windows() {
            draft.remove(&field, risk);
        } else {
            draft.set(&field, false, risk);
        }
    }
}
