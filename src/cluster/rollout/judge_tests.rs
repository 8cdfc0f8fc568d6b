//! States as a cluster shows them, one after the other.

use super::*;
use crate::cluster::diagnosis::Weight;
use crate::cluster::rollout::past::Past;
use crate::cluster::rollout::state::Hit;
use crate::cluster::{Live, Resource};
use serde_json::json;
use std::sync::Arc;

pub(super) const PATIENCE: Patience =
    Patience { timeout: Duration::from_secs(300), anew: true, settle: Duration::from_secs(10) };

pub(super) fn live(kind: &str, value: Value) -> Live {
    Live::new(&Arc::new(Resource::builtin("", "v1", kind, "things", true)), value)
}

/// A Deployment of one replica with this status of its one new pod's one container.
pub(super) fn web(container: Value) -> State {
    let ready = container["ready"] == true;
    let count = u64::from(ready);
    let object = json!({"kind": "Deployment", "metadata": {"uid": "d", "generation": 2}, "spec": {"replicas": 1},
        "status": {"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "availableReplicas": count}});
    let mut container = container;
    container["name"] = json!("web");
    let pod = json!({"metadata": {"uid": "p", "name": "web-1"}, "spec": {"restartPolicy": "Always"},
        "status": {"phase": "Pending", "containerStatuses": [container],
            "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}});
    State { object, pods: vec![live("Pod", pod)], ..State::default() }
}

pub(super) fn waiting(reason: &str, message: &str) -> State {
    web(json!({"restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}))
}

/// The second at which a state that stays as it is counts as failed; `None` where it does not before the timeout.
pub(super) fn fails_at(state: &State) -> Option<u64> {
    let mut memory = Memory::default();
    (0..PATIENCE.timeout.as_secs())
        .find(|second| matches!(judge(state, &mut memory, Duration::from_secs(*second), PATIENCE), Step::Failed(_)))
}

#[test]
fn what_does_not_go_away_fails_at_once_and_the_rest_after_its_grace() {
    let root = "container has runAsNonRoot and image will run as root (pod: \"web-1_a(p)\", container: web)";
    let pull = "Back-off pulling image \"x\": ErrImagePull: failed to pull and unpack image \"docker.io/library/x:1\":";
    for (reason, message, second) in [
        ("CreateContainerConfigError", root, Some(0)),
        ("CreateContainerConfigError", "secret \"db\" not found", Some(10)),
        ("RunContainerError", "something new", Some(5)),
        ("CreateContainerError", "apparmor profile not found k8s-web", Some(0)),
        ("InvalidImageName", "Failed to apply default image tag \"a:b:c\"", Some(0)),
        ("ImagePullBackOff", &format!("{pull} docker.io/library/x:1: not found"), Some(10)),
        ("ImagePullBackOff", &format!("{pull} dial tcp: lookup registry: no such host"), Some(30)),
        ("CrashLoopBackOff", "back-off 10s restarting failed container=web pod=web-1_a(p)", Some(10)),
        ("ContainerCreating", "", None),
        ("PodInitializing", "", None),
    ] {
        assert_eq!(fails_at(&waiting(reason, message)), second, "{reason}: {message}");
    }
}

#[test]
fn a_pod_that_is_not_ready_outweighs_an_old_status_of_its_controller() {
    let mut state = web(json!({"restartCount": 0, "ready": false, "state": {"running": {}}}));
    state.object["status"]["availableReplicas"] = json!(1);
    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    let Step::Waiting(progress) = at(0, &state) else { panic!("it waits") };
    assert_eq!(progress.waiting_for, "0 of 1 pods ready");
    assert!(matches!(at(60, &state), Step::Waiting(_)));
    let well = web(json!({"restartCount": 0, "ready": true, "state": {"running": {}}}));
    assert!(matches!(at(61, &well), Step::Waiting(_)));
    assert_eq!(at(71, &well), Step::Ready);
}

#[test]
fn a_trouble_that_goes_away_starts_anew() {
    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    let trouble = waiting("RunContainerError", "something new");
    assert!(matches!(at(0, &trouble), Step::Waiting(progress) if progress.waiting_for == "RunContainerError"));
    assert!(matches!(at(4, &waiting("ContainerCreating", "")), Step::Waiting(_)));
    assert!(matches!(at(6, &trouble), Step::Waiting(_)));
    assert!(matches!(at(11, &trouble), Step::Failed(summary) if summary == "the new pods do not start"));
}

#[test]
fn a_container_that_ends_fails_by_its_words_or_its_number_of_starts() {
    let end = json!({"terminated": {"reason": "Error", "exitCode": 1}});
    let mut once = web(json!({"restartCount": 1, "ready": false, "state": {"running": {}}, "lastState": end}));
    assert_eq!(fails_at(&once), None);
    let hit = |weight| Hit { pod: "p".into(), container: "web".into(), weight, log: String::new() };
    once.hits = vec![hit(Weight::Cause)];
    assert_eq!(fails_at(&once), Some(0));
    let twice = web(json!({"restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": end}));
    assert_eq!(fails_at(&twice), Some(0));
    let killed = json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}});
    assert_eq!(fails_at(&web(json!({"restartCount": 0, "state": killed}))), Some(0));
    let done = json!({"terminated": {"reason": "Completed", "exitCode": 0}});
    assert_eq!(fails_at(&web(json!({"restartCount": 2, "state": done}))), Some(0));
    let mut running = web(json!({"restartCount": 0, "ready": false, "state": {"running": {}}}));
    running.hits = vec![hit(Weight::Fatal)];
    assert_eq!(fails_at(&running), Some(0));
}

#[test]
fn ready_is_not_enough_it_has_to_stay_so() {
    let up = |restarts: u64| web(json!({"restartCount": restarts, "ready": true, "state": {"running": {}}}));
    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    assert!(matches!(at(0, &up(0)), Step::Waiting(progress) if progress.ready == 1));
    assert!(matches!(at(9, &up(0)), Step::Waiting(_)));
    let down = web(json!({"restartCount": 0, "ready": false, "state": {"running": {}}}));
    assert!(matches!(at(10, &down), Step::Waiting(progress) if progress.waiting_for == "0 of 1 available"));
    assert!(matches!(at(11, &up(0)), Step::Waiting(_)));
    assert_eq!(at(21, &up(0)), Step::Ready);

    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    assert!(matches!(at(0, &up(1)), Step::Waiting(_)), "a restart before is a flaw and no failure");
    assert!(matches!(at(5, &up(2)), Step::Failed(_)), "one after is");
}

#[test]
fn pods_that_nobody_may_make() {
    let refused = |message: &str| {
        let set = json!({"metadata": {"uid": "s"}, "status": {"conditions": [{"type": "ReplicaFailure",
            "status": "True", "reason": "FailedCreate", "message": message}]}});
        let mut state = waiting("", "");
        state.pods.clear();
        State { new_set: Some(live("ReplicaSet", set)), ..state }
    };
    assert_eq!(
        fails_at(&refused("pods \"web-\" is forbidden: violates PodSecurity \"restricted:latest\": x")),
        Some(0)
    );
    assert_eq!(fails_at(&refused("pods \"web-1\" is forbidden: exceeded quota: q, requested: pods=1")), Some(10));

    let event = json!({"reason": "FailedCreate", "message": "create Pod db-0 failed: violates PodSecurity \"x\": y"});
    let db = json!({"kind": "StatefulSet", "spec": {"replicas": 1}, "status": {"updatedReplicas": 0}});
    let mut state = State { object: db, events: vec![event], ..State::default() };
    assert_eq!(fails_at(&state), Some(0));
    state.events.clear();
    assert_eq!(fails_at(&state), None);
}

#[test]
fn a_pod_without_a_node_waits_for_those_that_leave() {
    let mut state = waiting("", "");
    state.pods[0].value["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "False",
        "reason": "Unschedulable", "message": "0/1 nodes are available: 1 Insufficient memory."}]);
    assert_eq!(fails_at(&state), Some(180), "a node may be added");
    let old = |memory: &str| {
        let mut old = web(json!({"restartCount": 0, "ready": true, "state": {"running": {}}})).pods.remove(0);
        old.value["spec"]["containers"] = json!([{"name": "web", "resources": {"requests": {"memory": memory}}}]);
        Arc::new(Past::of([old], ""))
    };
    state.pods[0].value["spec"]["containers"] = json!([{"name": "web", "resources": {"requests": {"memory": "1Gi"}}}]);
    for (memory, second) in [("1024Mi", 180), ("64Mi", 15)] {
        state.past = old(memory);
        assert_eq!(fails_at(&state), Some(second), "{memory}");
    }
    state.is_leaving = true;
    assert_eq!(fails_at(&state), None);
}

#[test]
fn an_eviction_and_a_missing_mount() {
    let mut state = waiting("", "");
    state.pods[0].value["status"]["phase"] = json!("Failed");
    state.pods[0].value["status"]["reason"] = json!("Evicted");
    state.pods[0].value["status"]["message"] = json!("Usage of EmptyDir volume \"tmp\" exceeds the limit \"1Mi\". ");
    assert_eq!(fails_at(&state), Some(0));
    let mut state = waiting("ContainerCreating", "");
    let message = "MountVolume.SetUp failed for volume \"s\" : secret \"db\" not found";
    state.events = vec![json!({"reason": "FailedMount", "message": message, "involvedObject": {"uid": "p"}})];
    assert_eq!(fails_at(&state), Some(20));
}

#[test]
fn init_containers_end_with_0_and_sidecars_do_not() {
    let end = |code: i64| json!({"terminated": {"reason": "X", "exitCode": code}});
    let state = |code: i64, policy: Value| {
        let mut state = web(json!({"restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}));
        let pod = &mut state.pods[0].value;
        pod["spec"]["initContainers"] = json!([{"name": "fill", "restartPolicy": policy}]);
        pod["status"]["initContainerStatuses"] = json!([{"name": "fill", "restartCount": 2, "state": end(code)}]);
        state
    };
    assert_eq!(fails_at(&state(0, Value::Null)), None);
    assert_eq!(fails_at(&state(1, Value::Null)), Some(0));
    assert_eq!(fails_at(&state(0, json!("Always"))), Some(0));
}

#[test]
fn time_is_up() {
    let mut memory = Memory::default();
    let state = web(json!({"restartCount": 0, "ready": false, "state": {"running": {}}}));
    judge(&state, &mut memory, Duration::ZERO, PATIENCE);
    let late = judge(&state, &mut memory, PATIENCE.timeout, PATIENCE);
    assert_eq!(late, Step::Failed("the new pods are not ready after 300 s".to_owned()));
}

#[test]
fn pods_are_not_judged_before_the_controller_has_seen_the_change() {
    let end = json!({"terminated": {"reason": "OOMKilled", "exitCode": 137}});
    let mut state = web(json!({"restartCount": 5, "ready": true, "state": {"running": {}}, "lastState": end}));
    assert_eq!(fails_at(&state), Some(0));
    state.object["status"]["observedGeneration"] = json!(1);
    assert_eq!(fails_at(&state), None);
    assert_eq!(steps(&state), "the change to be observed");
}

/// What a state waits for at first.
fn steps(state: &State) -> String {
    match judge(state, &mut Memory::default(), Duration::ZERO, PATIENCE) {
        Step::Waiting(progress) => progress.waiting_for,
        other => format!("{other:?}"),
    }
}
