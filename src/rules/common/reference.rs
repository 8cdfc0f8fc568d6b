//! The references of a pod's images, and which of their tags move.

use crate::image::{Reference, builtin};
use crate::rules::{Findings, Form, Parameter};
use crate::workload::{Container, List, Pod};
use serde_json::Value;

/// The parameter that says which tags move.
pub(in crate::rules) const MUTABLE: Parameter = Parameter {
    name: "mutable",
    help: "the tags that are given to one build after the other; `*` stands for any text.",
    default: r#"["latest", "main", "master", "edge", "nightly", "dev", "canary"]"#,
    form: Form::AsDefault,
};

/// The containers whose images can be told, init containers first, each with the image that it gets: a kustomization of the
/// run may give it another tag. Ephemeral ones are gone with their pod; a reference that is none (a template, a
/// placeholder, the id of an image) says nothing.
pub(in crate::rules) fn references<'p, 'a>(
    pod: &'p Pod<'a>,
) -> impl Iterator<Item = (&'p Container<'a>, Reference)> + use<'p, 'a> {
    let lasting = pod.containers().iter().filter(|container| container.list() != List::Ephemeral);
    lasting.filter_map(|container| Some((container, Reference::parse(&pod.made_image(container)).ok()?)))
}

/// The tag that counts, where no digest does and it is one of those that move.
pub(in crate::rules) fn moving_tag<'r>(reference: &'r Reference, found: &Findings) -> Option<&'r str> {
    let tag = reference.tag().filter(|_| reference.digest().is_none())?;
    let globs = found.parameter(MUTABLE.name).as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut globs = globs.filter(|glob| builtin::matches(glob, tag));
    globs.next().map(|_| tag)
}
