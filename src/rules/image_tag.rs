//! # What it checks
//!
//! Every container and init container names a build of its image: by a tag that does not move, or by a digest. No tag at
//! all means `latest`. Which tags move is a parameter (`mutable`). A reference that cannot be read (a template that
//! another tool fills in, a placeholder, the id of an image) is left alone, and one to which a kustomization of the same
//! input gives a tag is taken with that tag.
//!
//! # Why
//!
//! What runs depends on when a node pulled the image: two pods of one workload may run two builds, nobody can tell which
//! one was tested, and there is nothing to go back to.
//!
//! # What it changes
//!
//! Nothing by itself, for it cannot know which version is meant. Where the digest behind the tag is known (`--image-lock`,
//! `--image-source`, `--inspect-images`), `image-digest` pins it, and that mends this finding too.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     image: nginx:1.27.3
//! ```

use super::common::reference::{MUTABLE, moving_tag, references};
use super::findings::or_except;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-tag",
    title: "an image is named by a tag that moves",
    severity: Severity::Medium,
    matter: Matter::Image,
    mends: "",
    risks: &[],
    standards: &[Standard::Checkov("CKV_K8S_14")],
    parameters: &[MUTABLE],
    stage: Stage::Image,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for (container, reference) in references(pod) {
        let Some(tag) = moving_tag(&reference, found) else { continue };
        let reason = match reference.stated_tag() {
            None => format!(
                "{} has no tag, which means `latest`: each node runs the build it happened to pull",
                reference.familiar()
            ),
            Some(_) => format!("the tag `{tag}` moves: each node runs the build it happened to pull"),
        };
        found.at(&container.field("image")).because(reason).decide(or_except(
            RULE.id,
            "write the version that was tested as the tag, or pin the build that the tag names now with \
             `--inspect-images` or `--image-lock`",
        ));
    }
}
