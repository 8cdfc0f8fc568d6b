//! # What it checks
//!
//! Where the image was read (`--image-source`, `--inspect-images`): its `USER` is not root, or the manifest says a
//! `runAsUser` above 0. A pod with `hostUsers: false` is left alone: its root is nobody on the node.
//!
//! # Why
//!
//! Every pod that forgets `runAsUser` runs the image as root.
//!
//! # What it changes
//!
//! Nothing: a manifest cannot mend an image. The rule `run-as-non-root` sets a user where one is known to fit.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```dockerfile
//! USER 10001:10001
//! ```

use super::findings::or_except;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-root-user",
    title: "the image runs as root, and the manifest names no other user",
    severity: Severity::Medium,
    matter: Matter::Image,
    mends: "",
    risks: &[],
    standards: &[Standard::Nsa("Non-root containers and rootless container engines")],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.is_windows() || pod.has_user_namespace() {
        return;
    }
    for container in pod.containers() {
        let Some(contents) = pod.image_of(container).contents else { continue };
        if pod.user_of(container).is_some_and(|user| user > 0) {
            continue;
        }
        let user = contents.config.user.split(':').next().unwrap_or_default();
        let reason = match user {
            "" => "the image names no USER, so it runs as root",
            "0" | "root" => "the image's USER is root",
            _ => continue,
        };
        let decision = "build the image with a numeric USER above 0 that owns what the program writes";
        found.at(&container.field("image")).because(reason).decide(or_except(RULE.id, decision));
    }
}
