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
use super::common::{kustomized, pinning, updater};
use super::findings::or_except;
use super::{Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::image::Reference;
use crate::workload::{KUSTOMIZE, Pod, Whole};

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-digest",
    title: "an image is not pinned to a digest",
    severity: Severity::Low,
    matter: Matter::Image,
    mends: "adds the digest to the tag",
    risks: &[Risk::Safe, Risk::Likely],
    standards: &[Standard::Checkov("CKV_K8S_43")],
    parameters: &[Parameter {
        name: "required",
        help: "whether an image is a finding too where nothing can tell its digest.",
        default: "false",
        form: Form::AsDefault,
    }],
    stage: Stage::Image,
    check: Check::Both { pod: check_pod, wants, check: check_kustomization },
};

/// Why a tag alone is not enough.
const WHY: &str = "whoever can push to the registry can move the tag to another image";

/// What to do where no digest is known.
const UNKNOWN: &str =
    "find out the digest with `--inspect-images`, or put it into the lock file that `--image-lock` names";

fn wants(api_version: &str, kind: &str) -> bool {
    let group = api_version.split('/').next().unwrap_or_default();
    group == KUSTOMIZE && ["Kustomization", "Component"].contains(&kind)
}

fn check_pod(pod: &Pod<'_>, found: &mut Findings) {
    let required = pinning::is_required(found, pod.around());
    for (container, reference) in references(pod) {
        let pin = pod.image_of(container).pin;
        if reference.digest().is_some() || pin.is_none() && !required {
            continue;
        }
        // What a kustomization looks after, or will, is pinned there.
        if pod.kustomized(container).is_some() || is_kustomizations(pod, container.image()) {
            continue;
        }
        let field = container.field("image");
        let draft = found.at(&field).because(WHY);
        if let Some(advice) = updater::of(pod, container, &reference) {
            draft.decide(or_except(RULE.id, advice));
        } else if let Some(pin) = pin {
            let (name, tag) = Reference::cut(container.image());
            let tag = if tag.is_empty() { ":latest" } else { tag };
            draft.set(&field, format!("{name}{tag}@{}", pin.digest), pinning::assessment(&pin));
        } else {
            draft.decide(or_except(RULE.id, UNKNOWN));
        }
    }
}

/// Whether the kustomization that lists the manifest gets an entry of its own for this image.
fn is_kustomizations(pod: &Pod<'_>, image: &str) -> bool {
    let own = || {
        let around = pod.around()?;
        let kustomization = around.neighbours.kustomization_of(around.object?.manifest)?;
        Some(kustomization.images().contains_key(Reference::cut(image).0))
    };
    own() == Some(true)
}

fn check_kustomization(object: &Whole<'_>, found: &mut Findings) {
    let required = pinning::is_required(found, Some(object.around));
    for unpinned in kustomized::unpinned(object) {
        if unpinned.pin.is_none() && !required {
            continue;
        }
        let draft = found.at(&unpinned.field).because(format!("{}: {WHY}", unpinned.image.familiar()));
        match (unpinned.updater, &unpinned.pin) {
            (Some(advice), _) => drop(draft.decide(or_except(RULE.id, advice))),
            (None, None) => drop(draft.decide(or_except(RULE.id, UNKNOWN))),
            (None, Some(pin)) => {
                let mut draft = draft;
                for (field, value) in unpinned.fields(&pin.digest) {
                    draft = draft.set(&field, value, pinning::assessment(pin));
                }
            }
        }
    }
}
