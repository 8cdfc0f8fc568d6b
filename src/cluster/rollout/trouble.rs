//! What is wrong with new pods right now, and for how long that may be so before the rollout counts as failed.

use super::Source;
use super::done::{condition, text};
use super::state::State;
use crate::cluster::diagnosis::{Weight, first};
use serde_json::Value;
use std::time::Duration;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// The same as long as it is the same trouble.
    pub(super) key: String,
    /// How the rollout failed if it stays: a summary.
    pub(super) summary: &'static str,
    /// What it is, a few words.
    pub(super) word: String,
    /// How long it may stay.
    pub(super) grace: Duration,
    /// Whether it is about a pod that has failed for good, and is replaced.
    pub(super) is_corpse: bool,
}

/// What the API server or a webhook refuses it may take a moment later: quota is freed by pods that end, webhooks restart.
const REFUSED: u64 = 10;
/// What the kubelet cannot make of a container may lack an object that is about to be made.
const CONFIG: u64 = 10;
/// What the runtime cannot start it tries again at once.
const RUNTIME: u64 = 5;
/// A registry that says no says so again; one that does not answer may.
const NO_IMAGE: u64 = 10;
const NO_ANSWER: u64 = 30;
/// Pods of the old revision leave and make room.
const ROOM: u64 = 15;
/// Nodes are added to a cluster within minutes.
const NODE: u64 = 180;
/// The kubelet tries a mount again after seconds.
const MOUNT: u64 = 20;
/// The kubelet waits 10 s before the third start: who is still down after that is not coming up.
const CRASH: u64 = 10;
/// Who waits for something by ending gets to it within this.
const WAITS: u64 = 30;
/// So many restarts are no accident, unless pods that work do it as well.
const RESTARTS: u64 = 2;

const NOT_MADE: &str = "no new pod can be made";
const NOT_STARTED: &str = "the new pods do not start";
const NO_ROOM: &str = "the new pods find no node";
const NO_IMAGE_WORDS: &str = "the image of the new pods cannot be had";
const ENDS: &str = "the new pods end again and again";
const EVICTED: &str = "the new pods are evicted";
const NOT_WORKING: &str = "the new pods run and do not work";

/// Everything that is wrong.
pub(super) fn troubles(state: &State) -> Vec<Trouble> {
    let mut found = Vec::new();
    refusals(state, &mut found);
    for pod in &state.pods {
        let pod = &pod.value;
        if !is_leaving(pod) {
            of_pod(pod, state, &mut found);
            for (status, is_init) in statuses(pod) {
                of_container(pod, status, is_init, state, &mut found);
            }
        }
    }
    found
}

/// Whether a pod is on its way out: scaled down, drained, deleted.
pub(super) fn is_leaving(pod: &Value) -> bool {
    pod.pointer("/metadata/deletionTimestamp").is_some_and(Value::is_string)
}

/// Every container status of a pod, and whether its container is one that has to end: a sidecar is none.
pub(super) fn statuses(pod: &Value) -> Vec<(&Value, bool)> {
    let list = |pointer: &str| pod.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
    let sidecar = |status: &Value| {
        let named = |one: &&Value| one.get("name") == status.get("name");
        let container = list("/spec/initContainers").find(named);
        container.is_some_and(|container| text(container, "/restartPolicy") == "Always")
    };
    let init = list("/status/initContainerStatuses").map(|status| (status, !sidecar(status)));
    init.chain(list("/status/containerStatuses").map(|status| (status, false))).collect()
}

/// The pods that nobody may make.
fn refusals(state: &State, found: &mut Vec<Trouble>) {
    // Where ReplicaSets may not be read, the Deployment tells, a moment later.
    let maker = state.new_set.as_ref().map(|set| &set.value).or_else(|| state.unread.map(|_| &state.object));
    let refused = maker.and_then(|maker| condition(maker, "ReplicaFailure"));
    let of_set = refused.map(|refused| (text(refused, "/message"), Source::Condition));
    let event = state.events.iter().rfind(|event| text(event, "/reason") == "FailedCreate");
    let of_event = event.filter(|_| state.is_short()).map(|event| (text(event, "/message"), Source::Event));
    if let Some((message, source)) = of_set.or(of_event) {
        found.push(Trouble {
            key: "refused".to_owned(),
            summary: NOT_MADE,
            word: "FailedCreate".to_owned(),
            grace: if state.unread.is_some() { seconds(REFUSED) } else { grace(source, message, REFUSED) },
            is_corpse: false,
        });
    }
}

fn of_pod(pod: &Value, state: &State, found: &mut Vec<Trouble>) {
    let uid = text(pod, "/metadata/uid");
    let mut add = |class: &str, summary, word: &str, grace| {
        let is_corpse = matches!(class, "evicted" | "failed");
        found.push(Trouble { key: format!("{uid}/{class}"), summary, word: word.to_owned(), grace, is_corpse });
    };
    let (reason, message) = (text(pod, "/status/reason"), text(pod, "/status/message"));
    if text(pod, "/status/phase") == "Failed" && !reason.is_empty() && !state.past.is_corpse(uid) {
        match reason {
            "Evicted" => add("evicted", EVICTED, reason, grace(Source::Pod, message, ROOM)),
            _ => add("failed", NOT_STARTED, reason, grace(Source::Pod, message, RUNTIME)),
        }
    }
    let unschedulable = pod
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|one| text(one, "/type") == "PodScheduled" && text(one, "/reason") == "Unschedulable");
    if unschedulable && !state.is_leaving {
        // Who asks for more than before may ask for what no node has.
        add("room", NO_ROOM, "Unschedulable", seconds(if state.past.is_asked_for_more(pod) { ROOM } else { NODE }));
    }
    for event in state.events.iter().filter(|event| text(event, "/involvedObject/uid") == uid) {
        if let reason @ ("FailedMount" | "FailedCreatePodSandBox") = text(event, "/reason") {
            add("setup", NOT_STARTED, reason, grace(Source::Event, text(event, "/message"), MOUNT));
        }
    }
}

fn of_container(pod: &Value, status: &Value, is_init: bool, state: &State, found: &mut Vec<Trouble>) {
    let (uid, name) = (text(pod, "/metadata/uid"), text(status, "/name"));
    let mut add = |class: &str, summary, word: &str, grace| {
        let key = format!("{uid}/{name}/{class}");
        found.push(Trouble { key, summary, word: word.to_owned(), grace, is_corpse: false });
    };
    let (restarts, usual) = (state.past.restarts(pod, status), state.past.usual(name));
    let (reason, message) = (text(status, "/state/waiting/reason"), text(status, "/state/waiting/message"));
    match reason {
        "CreateContainerConfigError" => add("config", NOT_STARTED, reason, grace(Source::Waiting, message, CONFIG)),
        "CreateContainerError" | "RunContainerError" | "PreCreateHookError" | "PreStartHookError" => {
            add("runtime", NOT_STARTED, reason, grace(Source::Waiting, message, RUNTIME));
        }
        "PostStartHookError" => add("runtime", NOT_STARTED, reason, seconds(CRASH)),
        "InvalidImageName" | "ErrImageNeverPull" => add("image", NO_IMAGE_WORDS, reason, Duration::ZERO),
        "ErrImagePull" | "ImagePullBackOff" | "ImageInspectError" | "RegistryUnavailable" => {
            let answered = first(Source::Waiting, message).is_some_and(|found| found.id() != "image-unreachable");
            add("image", NO_IMAGE_WORDS, reason, seconds(if answered { NO_IMAGE } else { NO_ANSWER }));
        }
        "CrashLoopBackOff" => {
            add("crash", ENDS, reason, seconds(if usual > 0 && restarts <= usual { WAITS } else { CRASH }))
        }
        _ => {}
    }

    let said = |weight: Weight| state.hits.iter().any(|hit| hit.is_of(uid, name) && hit.weight <= weight);
    if let Some(end) = state.past.ended(pod, status, is_init) {
        let told = text(end, "/reason");
        let message = grace(Source::Terminated, text(end, "/message"), CRASH);
        if told == "OOMKilled" {
            add("memory", ENDS, told, Duration::ZERO);
        } else if matches!(told, "StartError" | "ContainerCannotRun") {
            add("runtime", NOT_STARTED, told, message.min(seconds(RUNTIME)));
        } else if restarts >= RESTARTS.max(usual + 1) || said(Weight::Cause) {
            add("crash", ENDS, told, Duration::ZERO);
        }
    } else if said(Weight::Fatal) {
        add("words", NOT_WORKING, "its log", Duration::ZERO);
    }
}

/// How a container ended last that should not have: one that has to end may do so with 0.
pub(super) fn ended<'s>(pod: &Value, status: &'s Value, is_init: bool) -> Option<&'s Value> {
    let runs_on = !is_init && !matches!(text(pod, "/spec/restartPolicy"), "Never" | "OnFailure");
    let places = ["/state/terminated", "/lastState/terminated"];
    let end = places.into_iter().find_map(|place| status.pointer(place).filter(|end| end.is_object()))?;
    (runs_on || end.get("exitCode").and_then(Value::as_i64) != Some(0)).then_some(end)
}

/// No time at all for what does not go away by itself.
fn grace(source: Source, message: &str, otherwise: u64) -> Duration {
    let hopeless = first(source, message).is_some_and(|found| found.weight() == Weight::Fatal);
    if hopeless { Duration::ZERO } else { seconds(otherwise) }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
