//! # What it checks
//!
//! Every container and init container takes its image from a registry of the parameter `allow`, a list of prefixes such as
//! `registry.example.com/` or `docker.io/library/`; an empty list allows all. The parameter `mirrors` maps prefixes to
//! where the same images are to be pulled from. Both are compared with the name in full (`nginx` is
//! `docker.io/library/nginx`), part by part; of several mirrors the longest prefix counts. Where neither is given the rule
//! has nothing to say.
//!
//! # Why
//!
//! A registry that nobody looks after may hand out anything, or be gone when a node needs it.
//!
//! # What it changes
//!
//! Writes the mirror's name in place of the image's own; tag and digest stay as they are, for a digest holds wherever the
//! image is. What is not allowed and has no mirror is for a person to decide, and so is an image that another tool looks
//! after: Flux (`$imagepolicy`), or a kustomization of the same input that names the image.
//!
//! # What can break
//!
//! The mirror must have the image, and the nodes the right to pull it: `likely`. Where the pod names no `imagePullSecrets`
//! the evidence says so; the rule makes none.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     image: registry.example.com/hub/library/nginx:1.27.3   # mirrors: { docker.io/: registry.example.com/hub/ }
//! ```

use super::common::reference::references;
use super::findings::or_except;
use super::{Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::image::{Mirrors, Reference, is_below};
use crate::workload::Pod;
use serde_json::Value;

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-registry",
    title: "an image comes from a registry that is not allowed",
    severity: Severity::Medium,
    matter: Matter::Image,
    mends: "writes the mirror's name",
    risks: &[Risk::Likely],
    standards: &[Standard::Cis("5.5.1"), Standard::Kubescape("C-0078")],
    parameters: &[
        Parameter {
            name: "allow",
            help: "the prefixes that images may have; none allows all.",
            default: "[]",
            form: Form::AsDefault,
        },
        Parameter {
            name: "mirrors",
            help: "prefixes of images, each with what to pull from in its place.",
            default: "{}",
            form: Form::AsDefault,
        },
    ],
    stage: Stage::Registry,
    check: Check::Pod(check),
};

/// What is wrong with the value of a parameter beyond its type.
pub(super) fn refuses(parameter: &str, value: &Value) -> Option<String> {
    if parameter == "mirrors" { Mirrors::read(value).err() } else { None }
}

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let allowed = found.parameter("allow").as_array().into_iter().flatten().filter_map(Value::as_str);
    let allowed: Vec<String> = allowed.map(str::to_owned).collect();
    let mirrors = Mirrors::read(found.parameter("mirrors")).unwrap_or_default();
    if allowed.is_empty() && mirrors.is_empty() {
        return;
    }
    for (container, reference) in references(pod) {
        let repository = reference.repository();
        if mirrors.holds(repository) {
            continue;
        }
        let mirror = mirrors.of(repository);
        let is_allowed = allowed.is_empty() || allowed.iter().any(|prefix| is_below(repository, prefix));
        if mirror.is_none() && is_allowed {
            continue;
        }
        let field = container.field("image");
        let draft = found.at(&field);
        let Some(mirror) = mirror else {
            draft.because(format!("{} is not one of the registries that are allowed", reference.registry())).decide(
                or_except(RULE.id, "push the image to a registry that is allowed, or allow this one in the profile"),
            );
            continue;
        };
        let draft = draft.because(format!("{repository} is to be pulled from {mirror}"));
        if pod.is_set_by_flux(container.image()) {
            draft.decide(or_except(RULE.id, "Flux writes this image: let its ImageRepository scan the mirror"));
            continue;
        }
        if pod.kustomized(container).is_some() {
            draft.decide(or_except(
                RULE.id,
                &format!("a kustomization names this image and would miss it under another name: set `newName: {mirror}` there"),
            ));
            continue;
        }
        let (_, rest) = Reference::cut(container.image());
        let risk = Risk::Likely.because(format!("the mirror must have the image{}", secrets(pod)));
        draft.set(&field, format!("{mirror}{rest}"), risk);
    }
}

/// What is to be said of the right to pull from a mirror.
fn secrets(pod: &Pod<'_>) -> &'static str {
    let account = pod.field("serviceAccountName").as_str().unwrap_or("default");
    let of_account = pod.around().is_some_and(|around| {
        let mut accounts = around.neighbours.named("ServiceAccount", around.namespace(), account);
        accounts.any(|one| !one.list("/imagePullSecrets").is_empty())
    });
    if of_account || !pod.field("imagePullSecrets").items().is_empty() {
        ", and the pod's imagePullSecrets must be those of the mirror"
    } else {
        "; the pod names no imagePullSecrets, so that the mirror must be open to the nodes"
    }
}
