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
//! Sets one `securityContext.runAsNonRoot: true` on the pod, for all containers that state nothing. A `false`, of the pod
//! or of a container, becomes `true` where it stands.
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

use super::findings::or_except;
use super::{Draft, Findings, Level, Risk, Rule, Severity, Standard};
use crate::workload::{Container, Field, Pod};

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
    check,
};

const PATH: &str = "securityContext/runAsNonRoot";

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.kubernetes().at_least(35) && pod.has_user_namespace() {
        return;
    }
    let (own, inheriting): (Vec<_>, Vec<_>) = pod.containers().iter().partition(|it| it.field(PATH).is_stated());
    let field = pod.field(PATH);
    let stated = field.as_bool();
    if stated == Some(false) || (stated.is_none() && !inheriting.is_empty()) {
        let names: Vec<_> = inheriting.iter().map(|container| container.name()).collect();
        let reason = match (stated, names.is_empty()) {
            (Some(_), true) => {
                "the Pod Security Standards refuse the pod's `false` although every container states its own".into()
            }
            (Some(_), false) => format!("the pod lets its containers run as root: {}", names.join(", ")),
            (None, _) => format!("nothing keeps these containers from running as root: {}", names.join(", ")),
        };
        mend(found.at(&field).because(reason), pod, &field, &inheriting);
    }
    for container in own {
        let field = container.field(PATH);
        if field.as_bool() == Some(false) {
            mend(found.at(&field).because("it says that it may run as root"), pod, &field, &[container]);
        }
    }
}

/// Set the field, as risky as it is for the containers that it reaches.
fn mend(draft: Draft<'_>, pod: &Pod<'_>, field: &Field<'_>, reached: &[&Container<'_>]) {
    let users: Vec<_> = reached.iter().map(|container| pod.user_of(container)).collect();
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
    } else if field.as_bool() == Some(false) {
        Risk::Breaking.because("the manifest says `runAsNonRoot: false`")
    } else {
        Risk::Unproven
            .because("two images of three start as root or under a name; state the image's user as `runAsUser`")
    };
    draft.set(field, true, risk);
}
