//! What was so before the change, what passes by, and what may not be seen.

use super::tests::{PATIENCE, fails_at, live, waiting, web};
use super::*;
use crate::cluster::rollout::past::Past;
use serde_json::json;
use std::sync::Arc;

#[test]
fn what_happened_to_a_pod_before_the_change_does_not_count() {
    let at = |time: &str| json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": time}});
    let old = |restarts: u64, end: &str| {
        let container =
            json!({"restartCount": restarts, "ready": true, "state": {"running": {}}, "lastState": at(end)});
        let mut state = web(container);
        state.pods[0].value["metadata"]["creationTimestamp"] = json!("2026-11-30T01:00:00Z");
        state
    };
    let past = |since: &str| Arc::new(Past::of(old(2, "2026-11-30T01:10:00Z").pods, since));
    let mut state = old(2, "2026-11-30T01:10:00Z");
    for (since, second) in [("", None), ("2026-11-30T02:00:00", None), ("2026-11-30T00:59:59", Some(0))] {
        state.past = past(since);
        assert_eq!(fails_at(&state), second, "{since}");
    }
    let mut state = old(3, "2026-11-30T02:00:09Z");
    state.past = past("");
    assert_eq!(fails_at(&state), Some(0), "it ended since");
}

#[test]
fn a_pod_that_leaves_while_the_others_stay_well_is_no_failure() {
    let up = web(json!({"restartCount": 0, "ready": true, "state": {"running": {}}}));
    let mut scaled = up.clone();
    let end = json!({"terminated": {"reason": "Error", "exitCode": 143}});
    let leaving = web(json!({"restartCount": 0, "ready": false, "state": end})).pods.remove(0);
    scaled.pods.push(leaving);
    scaled.pods[1].value["metadata"]["uid"] = json!("q");
    let settled = |scaled: &State| {
        let mut memory = Memory::default();
        judge(&up, &mut memory, Duration::ZERO, PATIENCE);
        judge(scaled, &mut memory, PATIENCE.settle, PATIENCE)
    };
    assert!(matches!(settled(&scaled), Step::Failed(_)));
    scaled.pods[1].value["metadata"]["deletionTimestamp"] = json!("2026-11-30T02:00:00Z");
    assert_eq!(settled(&scaled), Step::Ready);
}

#[test]
fn who_waits_by_ending_may_do_so_as_before() {
    let end = json!({"terminated": {"reason": "Error", "exitCode": 1, "finishedAt": "2026-11-30T02:00:09Z"}});
    let up = json!({"restartCount": 2, "ready": true, "state": {"running": {}}});
    let mut old = web(up).pods.remove(0);
    old.value["metadata"]["uid"] = json!("o");
    let past = Arc::new(Past::of([old], ""));
    let waits = |restarts: u64, reason: &str| {
        let state = json!({"waiting": {"reason": reason}});
        web(json!({"restartCount": restarts, "ready": false, "state": state, "lastState": end}))
    };
    for (restarts, reason, before, after) in [
        (1, "CrashLoopBackOff", Some(10), Some(30)),
        (2, "CrashLoopBackOff", Some(0), Some(30)),
        (2, "", Some(0), None),
        (3, "", Some(0), Some(0)),
    ] {
        let mut state = waits(restarts, reason);
        assert_eq!(fails_at(&state), before, "{restarts}");
        state.past = Arc::clone(&past);
        assert_eq!(fails_at(&state), after, "{restarts}");
    }
    // Without a probe it is ready in between.
    let up = |restarts: u64| {
        let mut state = web(json!({"restartCount": restarts, "ready": true, "state": {"running": {}}}));
        state.past = Arc::clone(&past);
        state
    };
    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    assert!(matches!(at(0, &up(0)), Step::Waiting(_)));
    assert!(matches!(at(1, &up(1)), Step::Waiting(_)));
    assert!(matches!(at(2, &up(2)), Step::Waiting(_)));
    assert!(matches!(at(3, &up(3)), Step::Failed(_)));
}

#[test]
fn time_begins_anew_when_a_pod_has_come_further() {
    let at = |updated: u64| {
        let mut state = web(json!({"restartCount": 0, "ready": false, "state": {"running": {}}}));
        state.object["spec"]["replicas"] = json!(9);
        state.object["status"]["updatedReplicas"] = json!(updated);
        state
    };
    for (anew, failed) in [(true, 650), (false, 300)] {
        let (mut memory, patience) = (Memory::default(), Patience { anew, ..PATIENCE });
        let updated = |second: u64| {
            if second < 200 {
                1
            } else if second < 350 {
                2
            } else {
                1 + second % 2 * 2
            }
        };
        // It falls back and comes again at the end: that is no progress.
        let mut fails = |second: &u64| {
            let step = judge(&at(updated(*second)), &mut memory, Duration::from_secs(*second), patience);
            matches!(step, Step::Failed(_))
        };
        assert_eq!((0..900).find(&mut fails), Some(failed + u64::from(anew)), "{anew}");
    }
}

#[test]
fn one_evicted_pod_whose_place_is_taken_is_bad_luck() {
    let corpse = |uid: &str, message: &str| {
        live(
            "Pod",
            json!({"metadata": {"uid": uid},
            "status": {"phase": "Failed", "reason": "Evicted", "message": message}}),
        )
    };
    let with = |corpses: &[Live]| {
        let mut state = waiting("ContainerCreating", "");
        state.pods.extend_from_slice(corpses);
        state
    };
    let node = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi.";
    assert_eq!(fails_at(&with(&[corpse("c", node)])), None);
    assert_eq!(fails_at(&with(&[corpse("c", node), corpse("d", node)])), Some(15));
    let mut alone = with(&[corpse("c", node)]);
    alone.pods.remove(0);
    assert_eq!(fails_at(&alone), Some(15));
    let own = "Usage of EmptyDir volume \"tmp\" exceeds the limit \"1Mi\". ";
    assert_eq!(fails_at(&with(&[corpse("c", own)])), Some(0));
}

#[test]
fn where_pods_may_not_be_read_the_counts_tell() {
    let mut state = web(json!({"restartCount": 0, "ready": true, "state": {"running": {}}}));
    state.pods.clear();
    state.unread = Some("pods");
    let mut memory = Memory::default();
    let mut at = |second, state: &State| judge(state, &mut memory, Duration::from_secs(second), PATIENCE);
    assert!(matches!(at(0, &state), Step::Waiting(progress) if (progress.ready, progress.wanted) == (1, 1)));
    assert_eq!(at(10, &state), Step::Ready);
    state.object["status"]["availableReplicas"] = json!(0);
    assert_eq!(fails_at(&state), None);
    let message = "pods \"web-\" is forbidden: violates PodSecurity \"restricted:latest\": x";
    state.object["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "message": message}]);
    assert_eq!(fails_at(&state), Some(10));
}
