//! # What it checks
//!
//! A container whose image is named by a tag that moves (parameter `mutable`; no tag means `latest`) asks the registry at
//! every start: `imagePullPolicy: Always`. For `latest` the API server writes that by itself where nothing is stated; for
//! every other tag it writes `IfNotPresent`. With a digest any policy gives the same image, so nothing is asked, and a
//! tag that stays is taken at its word. With the parameter `always: true` every container has to say `Always`, as the
//! admission plugin `AlwaysPullImages` and checkov want it.
//!
//! # Why
//!
//! With any other policy a node goes on with the build it pulled once, old flaws included, while the next node runs
//! another one under the same name. `Always` also asks the registry for the right to the image: without it a pod may run
//! a private image that somebody else's pod has brought to the node.
//!
//! # What it changes
//!
//! Sets `imagePullPolicy: Always`. Layers that the node has are not pulled again. Pinning (`image-digest`) comes first and
//! is better: then the policy stays as it is.
//!
//! # What can break
//!
//! A pod cannot start while the registry cannot be reached, and an image that was only loaded onto the node (`kind load`,
//! `minikube image load`) is not found: `unproven`; `likely` where the registry answered for this image in this run.
//! `Never` asks for such an image in so many words: `breaking`.
//!
//! # Example
//!
//! ```yaml
//! containers:
//!   - name: web
//!     image: registry.example.com/shop/web:main
//!     imagePullPolicy: Always
//! ```

use super::common::reference::{MUTABLE, moving_tag, references};
use super::{Assessment, Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "image-pull-policy",
    title: "a node runs the build of a moving tag that it has, not the one that the tag names",
    severity: Severity::Low,
    matter: Matter::Image,
    mends: "sets `imagePullPolicy: Always`",
    risks: &[Risk::Likely, Risk::Unproven, Risk::Breaking],
    standards: &[Standard::Checkov("CKV_K8S_15"), Standard::Kubescape("C-0075")],
    parameters: &[
        MUTABLE,
        Parameter {
            name: "always",
            help: "whether images with other tags, or with a digest, have to be asked for as well.",
            default: "false",
            form: Form::AsDefault,
        },
    ],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let always = found.parameter("always").as_bool() == Some(true);
    for (container, reference) in references(pod) {
        let field = container.field("imagePullPolicy");
        // What the API server writes where nothing is stated.
        let default = if reference.tag() == Some("latest") { "Always" } else { "IfNotPresent" };
        let policy = field.as_str().unwrap_or(default);
        let moving = moving_tag(&reference, found).map(str::to_owned);
        if policy == "Always" || moving.is_none() && !always {
            continue;
        }
        let reason = match moving {
            Some(tag) => format!(
                "under `{policy}` a node keeps the build of `{tag}` that it has, while others pull the next one"
            ),
            None => format!("under `{policy}` a pod may run a private image that another pod has brought to the node"),
        };
        found.at(&field).because(reason).set(&field, "Always", assessment(pod, container, field.as_str()));
    }
}

fn assessment(pod: &Pod<'_>, container: &Container<'_>, stated: Option<&str>) -> Assessment {
    if stated == Some("Never") {
        return Risk::Breaking.because("the manifest says `Never`, as for an image that is on the nodes alone");
    }
    match pod.image_of(container).pin {
        Some(pin) if pin.is_of_registry() => {
            Risk::Likely.because(format!("{} has the image; a pod cannot start while it is away", pin.origin))
        }
        _ => Risk::Unproven.because(
            "an image that was only loaded onto the nodes would not be found; `--inspect-images` would tell whether the \
             registry has it",
        ),
    }
}
