//! # What it checks
//!
//! Every container says `runAsNonRoot: true`, itself or through the pod, and none says `false`, nor does the pod. A
//! `runAsUser` is not enough for the standard. Since Kubernetes 1.35 a pod with `hostUsers: false` may do as it likes:
//! its root is nobody on the node.
//!
//! # Why
//!
//! Root in a container is root to the kernel. Most ways out of a container need it.
//!
//! # What it changes
//!
//! Sets one `securityContext.runAsNonRoot: true` on the pod, for all containers that state nothing. Where a `runAsUser`
//! above 0 is stated for some of them and not for others, each gets its own, so that the sure ones need not wait; likewise
//! where an exception spares one, or where the kind takes no security context on the pod. A `false`, of the pod or of a
//! container, becomes `true` where it stands.
//!
//! Where `runAsUser: 0` is stated the container could not start with it: there it says to settle `run-as-user` first.
//!
//! # What can break
//!
//! The kubelet does not start an image whose user is root or a name. `safe` where a numeric `runAsUser` above 0 is stated
//! for all containers concerned; else `unproven`: two images of three start as root or under a name. An explicit `false`
//! without such a user asks for root: `breaking`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   runAsNonRoot: true
//! ```

use super::common::place::{Place, on_each, places};
use super::findings::or_except;
use super::{Draft, Findings, Level, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "run-as-non-root",
    title: "a container may run as root",
    severity: Severity::Medium,
    standards: &[
        Standard::Pss(Level::Restricted, "runAsNonRoot"),
        Standard::Cis("5.2.7"),
        Standard::Nsa("Non-root containers and rootless container engines"),
        Standard::Checkov("CKV_K8S_23"),
        Standard::Kubescape("C-0013"),
    ],
    parameters: &[],
    stage: Stage::User,
    check,
};

const KEY: &str = "runAsNonRoot";

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.kubernetes().at_least(35) && pod.has_user_namespace() {
        return;
    }
    let stated = pod.field("securityContext/runAsNonRoot").as_bool();
    let inheriting = pod.inheriting(KEY);
    if stated == Some(false) || (stated.is_none() && !inheriting.is_empty()) {
        let places = if stated.is_none() && !are_alike(pod, &inheriting) {
            on_each(KEY, &inheriting)
        } else {
            places(pod, KEY, inheriting, found)
        };
        for place in places {
            let reason = reason(stated, &place);
            mend(found.at(&place.field).reaching(&place.reached).because(reason), pod, stated, &place);
        }
    }
    for place in on_each(KEY, &pod.containers().iter().collect::<Vec<_>>()) {
        if let Some(false) = place.field.as_bool() {
            mend(found.at(&place.field).because("it says that it may run as root"), pod, Some(false), &place);
        }
    }
}

/// Whether one field on the pod is right for these containers, which state nothing.
///
/// Where some have a user above 0 and others do not, the sure ones need not wait for the others. And once a run has mended
/// those, the others get their own field too, not one on the pod on top.
fn are_alike(pod: &Pod<'_>, inheriting: &[&Container<'_>]) -> bool {
    let user = |container: &Container<'_>| pod.user_of(container).map(|user| user > 0);
    let mut own = pod.containers().iter().filter(|it| it.field("securityContext/runAsNonRoot").as_bool() == Some(true));
    let first = inheriting.first().and_then(|container| user(container));
    inheriting.iter().all(|container| user(container) == first)
        && own.all(|container| first.is_none() && user(container).is_none())
}

fn reason(stated: Option<bool>, place: &Place<'_, '_>) -> String {
    let names: Vec<_> = place.reached.iter().map(|container| container.name()).collect();
    match (stated, place.field.container, names.is_empty()) {
        (Some(_), _, true) => {
            "the Pod Security Standards refuse the pod's `false` although every container states its own".into()
        }
        (Some(_), None, false) => format!("the pod lets its containers run as root: {}", names.join(", ")),
        (Some(_), Some(_), _) => "the pod lets it run as root".into(),
        (None, None, _) => format!("nothing keeps these containers from running as root: {}", names.join(", ")),
        (None, Some(_), _) => "nothing keeps it from running as root".into(),
    }
}

/// Set the field, as risky as it is for the containers that it reaches. `stated` is what the manifest says of them.
fn mend(draft: Draft<'_>, pod: &Pod<'_>, stated: Option<bool>, place: &Place<'_, '_>) {
    let users: Vec<_> = place.reached.iter().map(|container| pod.user_of(container)).collect();
    if users.contains(&Some(0)) {
        draft.decide(or_except(
            RULE.id,
            "settle `run-as-user` first: with `runAsUser: 0` the container would not start",
        ));
        return;
    }
    let risk = if users.is_empty() {
        Risk::Safe.because("every container states its own, so the pod's reaches none")
    } else if users.iter().all(Option::is_some) {
        Risk::Safe.because("a `runAsUser` above 0 is stated")
    } else if stated == Some(false) {
        Risk::Breaking.because("the manifest says `runAsNonRoot: false`")
    } else {
        Risk::Unproven
            .because("two images of three start as root or under a name; state the image's user as `runAsUser`")
    };
    draft.set(&place.field, true, risk);
}
