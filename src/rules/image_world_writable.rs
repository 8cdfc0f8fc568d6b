//! # What it checks
//!
//! Where the image was read (`--image-source`, `--inspect-images`): no file of it may be written by everybody. Containers
//! with `readOnlyRootFilesystem: true` are left alone: nobody can write the file there. Directories do not count.
//!
//! # Why
//!
//! Whoever breaks into any program of the container can change what another one runs or reads.
//!
//! # What it changes
//!
//! Nothing: a manifest cannot mend an image. The rule `read-only-root` makes such files harmless.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```dockerfile
//! COPY --chmod=0644 settings.json /app/
//! ```

use super::common::sightings::tell;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::image::Sight;
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-world-writable",
    title: "the image has files that everybody may write",
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
    let reason = "any program of the container can write";
    let decision = "set `readOnlyRootFilesystem: true`, or take the right away in the image (`chmod o-w`)";
    tell(RULE.id, &[Sight::WorldWritable], reason, decision, pod, found, |container| {
        container.field("securityContext/readOnlyRootFilesystem").as_bool() == Some(true)
    });
}
