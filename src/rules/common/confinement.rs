//! What seccomp and AppArmor share: an object `{type, localhostProfile}` in the security context of the pod and of each
//! container, and annotations from before that object existed.

use super::place::{Place, places};
use crate::rules::{Assessment, Draft, Findings, Risk, Subject};
use crate::workload::{Field, Pod};

/// The seccomp annotation of a pod.
const SECCOMP_OF_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
/// What the seccomp annotation of a container begins with; its name follows.
const SECCOMP_OF_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";

/// Whether a stated profile confines: the standards allow the runtime's own and a local one.
pub(in crate::rules) fn is_confined(profile: &Field<'_>) -> bool {
    matches!(profile.field("type").as_str(), Some("RuntimeDefault" | "Localhost"))
}

/// Find every profile that is stated and does not confine; `key` is `seccompProfile` or `appArmorProfile`.
pub(in crate::rules) fn check_stated(pod: &Pod<'_>, key: &str, found: &mut Findings) {
    for profile in pod.security_fields(key) {
        if !profile.is_stated() || is_confined(&profile) {
            continue;
        }
        let inheriting = if profile.container.is_none() { pod.inheriting(key) } else { Vec::new() };
        let stated = profile.field("type").as_str();
        let reason = match stated {
            Some(kind) => {
                format!("`{key}` asks for {kind}, which lifts a barrier between the container and the kernel")
            }
            None => format!("`{key}` has no type, which the API server and the Pod Security Standards refuse"),
        };
        let risk = match stated {
            None => Risk::Safe.because("the API server refuses a profile without a type, so nothing can rely on it"),
            Some(_) if profile.container.is_none() && inheriting.is_empty() => {
                Risk::Safe.because("every container states its own, so the pod's reaches none")
            }
            Some(kind) => Risk::Breaking.because(format!("the manifest asks for `{key}` {kind}")),
        };
        if pod.is_windows() || profile.container.is_some() {
            let mut draft = found.at(&profile.field("type")).because(reason);
            if profile.container.is_none() {
                draft = draft.reaching(&inheriting);
            }
            if pod.is_windows() {
                // The API server refuses the whole object there, and the standards refuse an empty one.
                draft.remove(&profile, risk);
            } else {
                confine(draft, pod, key, &profile, risk);
            }
            continue;
        }
        for Place { field, reached } in places(pod, key, inheriting, found) {
            let draft = found.at(&field.field("type")).reaching(&reached).because(reason.clone());
            confine(draft, pod, key, &field, risk.clone());
        }
    }
}

/// Mend a finding by giving a profile a type that confines.
pub(in crate::rules) fn confine<'f>(
    draft: Draft<'f>,
    pod: &Pod<'_>,
    key: &str,
    profile: &Field<'_>,
    risk: Assessment,
) -> Draft<'f> {
    // The API server wants `localhostProfile` with the type Localhost, and with no other.
    let local = profile.field("localhostProfile").as_str();
    let draft = draft.set(&profile.field("type"), if local.is_some() { "Localhost" } else { "RuntimeDefault" }, risk);
    if key == "seccompProfile" { agree(draft, pod, profile, local) } else { draft }
}

/// The API server refuses a seccomp annotation that contradicts the field beside it: make it agree.
fn agree<'f>(draft: Draft<'f>, pod: &Pod<'_>, profile: &Field<'_>, local: Option<&str>) -> Draft<'f> {
    let key = profile.container.map_or(SECCOMP_OF_POD.to_owned(), |name| format!("{SECCOMP_OF_CONTAINER}{name}"));
    let annotation = pod.annotation(&key);
    let agreed = local.map_or("runtime/default".to_owned(), |path| format!("localhost/{path}"));
    let agrees = |value: &str| value == agreed || (local.is_none() && value == "docker/default");
    if annotation.as_str().is_none_or(agrees) {
        return draft;
    }
    let risk = if pod.kubernetes().at_least(27) {
        Risk::Safe.because("Kubernetes has ignored the annotation since 1.27")
    } else {
        Risk::Breaking.because("the annotation asks for another profile")
    };
    draft.set(&annotation, agreed, risk)
}

/// Find every annotation whose key is `prefix` and a container's name and whose value does not confine.
pub(in crate::rules) fn check_annotations(pod: &Pod<'_>, prefix: &str, found: &mut Findings) {
    for (key, field) in pod.annotations().entries() {
        let Some(container) = key.strip_prefix(prefix) else { continue };
        let Some(value) = field.as_str() else { continue };
        if matches!(value, "" | "runtime/default") || value.starts_with("localhost/") {
            continue;
        }
        let subject = Subject { pointer: field.pointer.as_str().into(), container: Some(container.into()) };
        found
            .at(subject)
            .because(format!(
                "the annotation asks for {value}, which lifts a barrier between the container and the kernel"
            ))
            .set(&field, "runtime/default", Risk::Breaking.because(format!("the annotation asks for {value}")));
    }
}
