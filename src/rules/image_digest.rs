//! # What it checks
//!
//! Every container and init container names its image by a digest, beside the tag. Which digest a tag names is told by, in
//! this order: a lock file (`--image-lock`), layouts and archives (`--image-source`; what `docker save` writes holds no
//! such digest), the registry (`--inspect-images`), which is asked twice and has to answer the same. With a lock file or
//! `--inspect-images` an image that none of them knows is a finding; without, the rule keeps silent on it, unless its
//! parameter `required` is true.
//!
//! # Why
//!
//! Whoever can push to the registry can move a tag to another image, and every node that pulls it runs that one.
//!
//! # What it changes
//!
//! Puts `@sha256:...` behind the image as the author wrote it. The tag stays for people and for tools that look for
//! updates (Renovate, Dependabot, digestabot); where there was none it writes `latest`, which is what was meant. The digest
//! is that of the index where there is one, so that nodes of every platform find their image.
//!
//! Images that a kustomization of the same input looks after get their digest there, under `images`, beside `newTag`: from
//! then on the tag is that of the kustomization. Left alone is what another tool updates: a line that Flux marks with
//! `$imagepolicy`, an image that Argo CD Image Updater has on its list, a workload of Keel.
//!
//! # What can break
//!
//! Nothing on the day: `safe` where the registry said so in this run. From a lock file or a layout it is `likely`, for the
//! registry may have thrown that image away, may never have had it, or the digest is that of one platform alone. From then
//! on no restart brings a newer build: let one of the tools above look after it, or make a new lock file now and then.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     image: nginx:1.27.3@sha256:0a399eb16751829e1af26fea27b20c3ec28d7ab1fb72182879dcae1cca21206a
//! ```

use super::common::reference::references;
use super::common::updater;
use super::findings::or_except;
use super::{Assessment, Check, Findings, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::image::{Pin, PinSource, Reference};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-digest",
    title: "an image is not pinned to a digest",
    severity: Severity::Low,
    standards: &[Standard::Checkov("CKV_K8S_43")],
    parameters: &[Parameter {
        name: "required",
        help: "whether an image is a finding too where nothing can tell its digest.",
        default: "false",
        range: None,
    }],
    stage: Stage::Image,
    check: Check::Pod(check),
};

/// Why a tag alone is not enough.
const WHY: &str = "whoever can push to the registry can move the tag to another image";

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let required = must_be_pinned(found, pod.around().is_some_and(|around| around.images.should_pin_all()));
    for (container, reference) in references(pod) {
        if reference.digest().is_some() {
            continue;
        }
        let pin = pod.image_of(container).pin;
        let field = container.field("image");
        if pin.is_none() && !required {
            continue;
        }
        let draft = found.at(&field).because(WHY);
        if let Some(advice) = updater::of(pod, container, &reference) {
            draft.decide(or_except(RULE.id, advice));
        } else if let Some(pin) = pin {
            let (name, tag) = Reference::cut(container.image());
            let tag = if tag.is_empty() { ":latest" } else { tag };
            draft.set(&field, format!("{name}{tag}@{}", pin.digest), assessment(&pin));
        } else {
            draft.decide(or_except(RULE.id, UNKNOWN));
        }
    }
}

/// What to do where no digest is known.
const UNKNOWN: &str =
    "find out the digest with `--inspect-images`, or put it into the lock file that `--image-lock` names";

/// Whether an image of which no digest is known is a finding.
fn must_be_pinned(found: &Findings, all: bool) -> bool {
    all || found.parameter("required").as_bool() == Some(true)
}

fn assessment(pin: &Pin) -> Assessment {
    let platforms = match pin.platforms.as_slice() {
        [] => "for one platform".to_owned(),
        some => format!("for {}", some.join(", ")),
    };
    let Pin { origin, resolved_at, .. } = pin;
    match pin.source {
        PinSource::Registry => Risk::Safe.because(format!("{origin} names this digest for the tag now, {platforms}")),
        PinSource::Source => {
            Risk::Likely.because(format!("{origin} has this digest, {platforms}; the registry must have it too"))
        }
        PinSource::Lock if resolved_at.is_empty() => Risk::Likely.because(format!("{origin} says so, {platforms}")),
        PinSource::Lock => Risk::Likely.because(format!("{origin} says so, as of {resolved_at}, {platforms}")),
    }
}
