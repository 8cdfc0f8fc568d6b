//! Tools that write image references themselves: what they look after is theirs.

use crate::image::Reference;
use crate::workload::{Container, Pod};
use serde_json::Value;

/// The annotation in which an Application of Argo CD lists the images that the Image Updater looks after.
const ARGO_CD_LIST: &str = "argocd-image-updater.argoproj.io/image-list";
/// The annotation or label that gives a workload to Keel.
const KEEL: &str = "keel.sh/policy";

const FLUX_ADVICE: &str =
    "Flux writes this image: set `digestReflectionPolicy: IfNotPresent` on its ImagePolicy, and Flux adds the digest";
const ARGO_CD_ADVICE: &str =
    "Argo CD Image Updater writes this image: its update strategy `digest` pins what a tag names";
const KEEL_ADVICE: &str = "Keel updates this workload by the tag: take it off Keel to pin its images";

/// What to do about an image that a tool updates; `None` where none does.
pub(in crate::rules) fn of(pod: &Pod<'_>, container: &Container<'_>, reference: &Reference) -> Option<&'static str> {
    if pod.is_set_by_flux(container.image()) {
        return Some(FLUX_ADVICE);
    }
    if is_keels(pod) {
        return Some(KEEL_ADVICE);
    }
    is_argo_cds(pod, reference).then_some(ARGO_CD_ADVICE)
}

/// Whether the object says so itself; Keel reads labels and annotations of the workload, and `never` turns it off.
fn is_keels(pod: &Pod<'_>) -> bool {
    let said = |part: &str| pod.object()?.get("metadata")?.get(part)?.get(KEEL)?.as_str();
    ["annotations", "labels"].into_iter().filter_map(said).any(|policy| !matches!(policy, "" | "never"))
}

/// Whether an Application of the run has the image on its list: `alias=name:constraint, name, ...`.
fn is_argo_cds(pod: &Pod<'_>, reference: &Reference) -> bool {
    let Some(around) = pod.around() else { return false };
    let lists = around.neighbours.of_kind("Application").filter_map(|application| {
        application.value.get("metadata")?.get("annotations")?.get(ARGO_CD_LIST).and_then(Value::as_str)
    });
    let mut names = lists.flat_map(|list| list.split(',')).map(|entry| {
        let entry = entry.trim();
        Reference::cut(entry.split_once('=').map_or(entry, |(_, image)| image)).0
    });
    names.any(|name| Reference::parse(name).is_ok_and(|listed| listed.repository() == reference.repository()))
}
