//! # What it checks
//!
//! Where the image was read (`--image-source`, `--inspect-images`): it has no setuid and no setgid programs. Containers
//! with `allowPrivilegeEscalation: false` are left alone: there such programs have no more rights than who starts them.
//!
//! # Why
//!
//! A setuid program gives an attacker who runs as an ordinary user the rights of its owner, mostly root's.
//!
//! # What it changes
//!
//! Nothing: a manifest cannot mend an image. The rule `allow-privilege-escalation` makes them harmless.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```dockerfile
//! RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
//! ```

use super::common::sightings::tell;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::image::Sight;
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-setuid",
    title: "the image has setuid programs that can raise privileges",
    severity: Severity::Low,
    matter: Matter::Image,
    mends: "",
    risks: &[],
    standards: &[Standard::Nsa("Building secure container images")],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let reason = "who breaks into the program can take on the rights of their owner through";
    let decision = "set `allowPrivilegeEscalation: false`, or take the bits away in the image (`chmod a-s`)";
    tell(RULE.id, &[Sight::Setuid, Sight::Setgid], reason, decision, pod, found, |container| {
        container.field("securityContext/allowPrivilegeEscalation").as_bool() == Some(false)
    });
}
