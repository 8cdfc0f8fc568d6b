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
//! Sets `securityContext.runAsNonRoot: true` and, for containers that state no user, the number of one: once on the pod
//! where all containers get the same, else on each. Where it comes from, the first that knows it:
//!
//! 1. the facts (of the profile, then those built in), with their variants for tags;
//! 2. the image itself, if it could be read: its numeric `USER`, its named one by `/etc/passwd`, else the user that its
//!    start script, its arguments, its configuration or its volumes name;
//! 3. nothing: 65532, the `nonroot` user of the distroless images, which owns nothing by accident (parameter `user`).
//!
//! With the user goes what it needs: `runAsGroup` where it is known; variables such as `SKIP_CHOWN`; `fsGroup` with
//! `OnRootMismatch` where a claim, a Secret with a narrow mode or two users sharing a volume need it; and for ports below
//! 1024 the safe sysctl `net.ipv4.ip_unprivileged_port_start`, for adding NET_BIND_SERVICE does nothing for a user other
//! than root.
//!
//! A `false`, of the pod or of a container, becomes `true` where it stands. Where `runAsUser: 0` is stated the container
//! could not start with it: there it says to settle `run-as-user` first. Programs that need root, such as a shipper of the
//! node's logs, are named with the reason.
//!
//! # What can break
//!
//! The kubelet does not start an image whose user is root or a name without a number: two of three. `safe` where a
//! `runAsUser` above 0 is stated, the facts or the image's own `USER` give the number; `likely` where it was inferred
//! from the image, or the manifest starts another program than the image's; `unproven` where nothing is known (half of 31
//! measured programs failed), where the pod mounts files of the node, adds capabilities or is privileged, and where it
//! writes to a volume that the kubelet gives no group: a share of the network, a claim behind which there is a path of the
//! node or a CSI driver that lets it. An explicit
//! `false` without a user asks for root: `breaking`.
//!
//! # Example
//!
//! ```yaml
//! securityContext:
//!   runAsNonRoot: true
//!   runAsUser: 101
//!   runAsGroup: 101
//! ```

use super::common::choice::{Choice, choose};
use super::common::companions::{group, low_port, low_ports_setting, opens_low_ports};
use super::common::place::{Place, on_each, places};
use super::common::sharing::agree;
use super::findings::or_except;
use super::{
    Assessment, Check, Draft, Findings, Form, Level, Matter, Parameter, Risk, Rule, Severity, Stage, Standard,
};
use crate::image::advice::{NONROOT, capabilities};
use crate::workload::{Container, Field, Pod};
use serde_json::json;
use std::cell::OnceCell;

/// The rule.
pub const RULE: Rule = Rule {
    id: "run-as-non-root",
    title: "a container may run as root",
    severity: Severity::Medium,
    matter: Matter::User,
    mends: "sets a user that fits, `runAsNonRoot`",
    risks: &[Risk::Safe, Risk::Likely, Risk::Unproven, Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Restricted, "runAsNonRoot"),
        Standard::Cis("5.2.7"),
        Standard::Nsa("Non-root containers and rootless container engines"),
        Standard::Checkov("CKV_K8S_23"),
        Standard::Kubescape("C-0013"),
    ],
    parameters: &[Parameter {
        name: "user",
        help: "the numeric user to run as where nothing names another.",
        default: "65532",
        // What the API server takes for a user, but for root.
        form: Form::Whole(1..=i32::MAX as i64),
    }],
    stage: Stage::User,
    check: Check::Pod(check),
};

const KEY: &str = "runAsNonRoot";

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if pod.kubernetes().at_least(35) && pod.has_user_namespace() {
        return;
    }
    let fallback = found.parameter("user").as_i64().filter(|user| *user > 0).unwrap_or(NONROOT.into());
    let mut choices: Vec<_> =
        pod.containers().iter().map(|container| (container, choose(pod, container, fallback))).collect();
    agree(pod, &mut choices);
    let chosen = Chosen { choices, userless: pod.inheriting("runAsUser").len(), group: OnceCell::new() };
    let stated = pod.field("securityContext/runAsNonRoot").as_bool();
    let inheriting = pod.inheriting(KEY);
    if stated == Some(false) || (stated.is_none() && !inheriting.is_empty()) {
        let places = if stated.is_none() && !are_alike(pod, &inheriting, &chosen) {
            on_each(KEY, &inheriting)
        } else {
            places(pod, KEY, inheriting, found)
        };
        for place in places {
            let reason = reason(stated, &place);
            mend(found.at(&place.field).reaching(&place.reached).because(reason), pod, stated, &place, &chosen);
        }
    }
    for place in on_each(KEY, &pod.containers().iter().collect::<Vec<_>>()) {
        if let Some(false) = place.field.as_bool() {
            let draft = found.at(&place.field).because("it says that it may run as root");
            mend(draft, pod, Some(false), &place, &chosen);
        }
    }
}

/// What is chosen for the containers of a pod, and what all of them are asked for.
struct Chosen<'p, 'a> {
    choices: Vec<(&'p Container<'a>, Choice)>,
    /// How many of them state no user.
    userless: usize,
    /// See [`group`].
    group: OnceCell<Option<(i64, String)>>,
}

fn choice_of<'c>(chosen: &'c Chosen<'_, '_>, container: &Container<'_>) -> Option<&'c Choice> {
    chosen.choices.iter().find(|(other, _)| other.pointer() == container.pointer()).map(|(_, choice)| choice)
}

/// Whether one field on the pod is right for these containers, which state nothing.
///
/// Where the users or what is known of them differ, the sure ones need not wait for the others. And once a run has mended
/// those, the others get their own field too, not one on the pod on top.
fn are_alike(pod: &Pod<'_>, inheriting: &[&Container<'_>], chosen: &Chosen<'_, '_>) -> bool {
    let sort = |container: &Container<'_>| match choice_of(chosen, container) {
        Some(Choice::Stated(user)) => (0, i64::from(*user > 0), None, None),
        Some(Choice::Run { uid, gid, assessment, .. }) => (1, *uid, *gid, Some(assessment.risk)),
        Some(Choice::Root(_)) | None => (2, 0, None, None),
    };
    let mut own = pod.containers().iter().filter(|it| it.field("securityContext/runAsNonRoot").as_bool() == Some(true));
    let first = inheriting.first().map(|container| sort(container));
    let all_run = matches!(first, Some((1, ..)));
    inheriting.iter().all(|container| Some(sort(container)) == first)
        && own.all(|container| all_run && pod.user_of(container).is_none() && Some(sort(container)) == first)
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

/// Set the field, as risky as it is for the containers that it reaches, and what goes with it. `stated` is what the
/// manifest says of them.
fn mend(mut draft: Draft<'_>, pod: &Pod<'_>, stated: Option<bool>, place: &Place<'_, '_>, chosen: &Chosen<'_, '_>) {
    let reached: Vec<_> = place.reached.iter().filter_map(|it| Some((*it, choice_of(chosen, it)?))).collect();
    for (container, choice) in &reached {
        let decision = match choice {
            Choice::Stated(0) => {
                "settle `run-as-user` first: with `runAsUser: 0` the container would not start".to_owned()
            }
            Choice::Root(why) => format!("{} has to stay root: {why}", container.name()),
            Choice::Run { .. } if low_port(pod, container).is_some() && !may_open(pod, container) => {
                let place =
                    if pod.takes_security_context() { "on the node's network" } else { "in this kind of object" };
                format!("a port below 1024 {place} takes root: move it above")
            }
            _ => continue,
        };
        draft.decide(or_except(RULE.id, &decision));
        return;
    }
    let runs: Vec<_> = reached.iter().filter(|(_, choice)| matches!(choice, Choice::Run { .. })).collect();
    let mut assessment = match runs.iter().filter_map(|(_, choice)| risk(choice)).max_by_key(|it| it.risk) {
        _ if reached.is_empty() => Risk::Safe.because("every container states its own, so the pod's reaches none"),
        None => Risk::Safe.because("a `runAsUser` above 0 is stated"),
        Some(assessment) => assessment.clone(),
    };
    if stated == Some(false) && !runs.is_empty() {
        assessment = Risk::Breaking.because("the manifest says `runAsNonRoot: false`");
    }
    draft = draft.set(&place.field, true, assessment.clone());
    if pod.is_windows() {
        // The API server refuses everything else there.
        return;
    }
    let mut users: Vec<_> = Vec::new();
    for (container, choice) in &runs {
        let Choice::Run { uid, gid, env, .. } = choice else { continue };
        // On the pod, where the field stands there and every container without a user is one of these.
        let on_pod = place.field.container.is_none() && chosen.userless == runs.len();
        let field = |key: &str| {
            if on_pod {
                pod.field(&format!("securityContext/{key}"))
            } else {
                container.field(&format!("securityContext/{key}"))
            }
        };
        if !users.contains(&field("runAsUser").pointer) {
            users.push(field("runAsUser").pointer);
            draft = draft.set(&field("runAsUser"), *uid, assessment.clone());
            if let Some(gid) = gid.filter(|_| !field("runAsGroup").is_stated()) {
                draft = draft.set(&field("runAsGroup"), gid, assessment.clone());
            }
        }
        for (name, value) in env {
            let known = container.field("env").items();
            if !known.iter().any(|item| item.field("name").as_str() == Some(name)) {
                let evidence = "without it the image does not start as another user than root";
                let risk = assessment.risk.because(evidence);
                draft = draft.set(&container.field("env/-"), json!({"name": name, "value": value}), risk);
            }
        }
        if let Some((port, says)) =
            low_port(pod, container).filter(|_| !opens_low_ports(pod) && pod.takes_security_context())
            && !has_capability(pod, container, *uid)
        {
            let why = format!("it opens port {port} ({says}), which would take root");
            let risk = assessment.risk.because(why);
            draft = draft.set(&pod.field("securityContext/sysctls/-"), low_ports_setting(), risk);
        }
    }
    let group = (!runs.is_empty()).then(|| chosen.group.get_or_init(|| group(pod, &chosen.choices)).clone());
    if let Some((gid, why)) = group.flatten() {
        let risk: Assessment = assessment.risk.because(why);
        draft = draft.set(&pod.field("securityContext/fsGroup"), gid, risk.clone());
        let policy: Field<'_> = pod.field("securityContext/fsGroupChangePolicy");
        if !policy.is_stated() {
            draft.set(&policy, "OnRootMismatch", risk);
        }
    }
}

fn risk(choice: &Choice) -> Option<&Assessment> {
    match choice {
        Choice::Run { assessment, .. } => Some(assessment),
        _ => None,
    }
}

/// Whether a user other than root can open low ports in the pod.
fn may_open(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let has_setting = opens_low_ports(pod) || pod.takes_security_context();
    (pod.field("hostNetwork").as_bool() != Some(true) && has_setting) || has_capability(pod, container, NONROOT.into())
}

/// Whether the program file holds the capability for low ports.
fn has_capability(pod: &Pod<'_>, container: &Container<'_>, uid: i64) -> bool {
    let start = super::common::image::start_of(container);
    let uid = u32::try_from(uid).unwrap_or(NONROOT);
    let advice = capabilities(&pod.image_of(container), &start, uid);
    advice.is_some_and(|advice| advice.add.iter().any(|capability| capability == "NET_BIND_SERVICE"))
}
