//! Tools that write image references themselves: what they look after is theirs.

use crate::image::Reference;
use crate::workload::{Container, Pod, Surroundings};
use serde_json::Value;

/// How the annotations of Argo CD Image Updater begin, wherever they stand.
const ARGO_CD: &str = "argocd-image-updater.argoproj.io/";
/// The annotation in which an Application of Argo CD lists the images that the Image Updater looks after.
const ARGO_CD_LIST: &str = "argocd-image-updater.argoproj.io/image-list";

/// What to do about a value that Flux writes.
pub(in crate::rules) const FLUX_ADVICE: &str =
    "Flux writes this image: set `digestReflectionPolicy: IfNotPresent` on its ImagePolicy, and Flux adds the digest";
const ARGO_CD_ADVICE: &str =
    "Argo CD Image Updater writes this image: its update strategy `digest` pins what a tag names";
const KEEL_ADVICE: &str = "Keel updates this workload by the tag: take it off Keel to pin its images";

/// What to do about an image that a tool updates; `None` where none does.
pub(in crate::rules) fn of(pod: &Pod<'_>, container: &Container<'_>, reference: &Reference) -> Option<&'static str> {
    if pod.is_set_by_flux(container.image()) {
        return Some(FLUX_ADVICE);
    }
    if pod.is_keels() {
        return Some(KEEL_ADVICE);
    }
    let annotations = pod.object().and_then(|object| object.get("metadata")?.get("annotations")?.as_object());
    if annotations.is_some_and(|annotations| annotations.keys().any(|key| key.starts_with(ARGO_CD))) {
        return Some(ARGO_CD_ADVICE);
    }
    argo_cd(pod.around()?, reference)
}

/// The same for an image that an Application of the run has on its list: `alias=name:constraint, name, ...`.
pub(in crate::rules) fn argo_cd(around: &Surroundings<'_>, reference: &Reference) -> Option<&'static str> {
    let lists = around.neighbours.of_kind("Application").iter().filter_map(|application| {
        application.value.get("metadata")?.get("annotations")?.get(ARGO_CD_LIST).and_then(Value::as_str)
    });
    let mut names = lists.flat_map(|list| list.split(',')).map(|entry| {
        let entry = entry.trim();
        Reference::cut(entry.split_once('=').map_or(entry, |(_, image)| image)).0
    });
    let is_it = |name| Reference::parse(name).is_ok_and(|listed| listed.repository() == reference.repository());
    names.any(is_it).then_some(ARGO_CD_ADVICE)
}
