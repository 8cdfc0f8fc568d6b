//! # What it checks
//!
//! Where the image was read (`--image-source`, `--inspect-images`): no layer holds a private key or a file of credentials.
//! Keys are told by their names (`id_rsa`, `*.pem`, `*.key`) and their first line; credentials are `.npmrc`, `.netrc`,
//! `.pypirc`, `.docker/config.json`, `.aws/credentials`, `.git-credentials`, `.env` and the like when they hold a secret.
//! What packages bring as samples, tests and documentation does not count. The paths are told, never the content.
//!
//! # Why
//!
//! Whoever can pull the image has the secret. A layer that deletes the file does not take it out of the layer below.
//!
//! # What it changes
//!
//! Nothing: a manifest cannot mend an image.
//!
//! # What can break
//!
//! Nothing.
//!
//! # Example
//!
//! ```dockerfile
//! RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
//! ```

use super::common::sightings::tell;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::image::Sight;
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-secrets",
    title: "a layer of the image holds a private key or credentials",
    severity: Severity::High,
    matter: Matter::Image,
    mends: "",
    risks: &[],
    standards: &[Standard::Nsa("Building secure container images")],
    parameters: &[],
    stage: Stage::Files,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let decision = "rebuild the image without it (a build secret, or a Secret of the cluster at run time) and replace the \
                    secret: who could pull the image has it";
    for (sight, reason) in [
        (Sight::PrivateKey, "whoever can pull the image has the private key"),
        (Sight::Credentials, "whoever can pull the image has the credentials in"),
    ] {
        tell(RULE.id, &[sight], reason, decision, pod, found, |_| false);
    }
}
