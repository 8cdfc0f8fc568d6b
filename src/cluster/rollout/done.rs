//! How far a rollout is, by the rules of `kubectl rollout status`: first the controller has to have seen the change.

use serde_json::Value;

/// How far a workload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// Something is missing: what, in a few words.
    Waiting(String),
    /// All pods that there will be are new and available.
    Done,
    /// The controller has given up: its own words.
    Stuck(String),
}

/// How many pods are made, and available. Who has more of either than ever before has come further.
pub(super) fn counts(object: &Value) -> [u64; 2] {
    let status = |one: &str, other: &str| status(object, one).max(status(object, other));
    [status("updatedReplicas", "updatedNumberScheduled"), status("availableReplicas", "numberAvailable")]
}

/// How many pods there are, old and new.
pub(super) fn made(object: &Value) -> u64 {
    status(object, "replicas").max(status(object, "currentNumberScheduled"))
}

/// Why there is nothing to watch: no pod is made or replaced on account of a change. `None` where there is something.
pub(super) fn nothing(object: &Value) -> Option<String> {
    let replicas = number(object, "/spec/replicas", 1);
    let is = |pointer: &str, wanted: &str| text(object, pointer) == wanted;
    match text(object, "/kind") {
        "Deployment" | "StatefulSet" if replicas == 0 => Some("it has no replicas".to_owned()),
        "Deployment" if flag(object, "/spec/paused") => Some("its rollout is paused".to_owned()),
        "StatefulSet" | "DaemonSet" if is("/spec/updateStrategy/type", "OnDelete") => {
            Some("its pods are replaced when they are deleted (OnDelete)".to_owned())
        }
        "StatefulSet" if partition(object) >= replicas => {
            Some(format!("its partition of {} keeps all its pods as they are", partition(object)))
        }
        "Deployment" | "StatefulSet" | "DaemonSet" | "Pod" => None,
        "Job" if flag(object, "/spec/suspend") => Some("the job is suspended".to_owned()),
        "Job" if condition(object, "Complete").is_some() => Some("the job has run already".to_owned()),
        "Job" => None,
        "CronJob" => Some(format!("its next run follows the new template, at {:?}", text(object, "/spec/schedule"))),
        "ReplicaSet" | "ReplicationController" => {
            Some("it does not replace its pods: those to come follow the new template".to_owned())
        }
        _ => Some("its controller decides what becomes of its pods".to_owned()),
    }
}

/// Whether the controller has seen the change. Until then its status tells of what was before.
pub(super) fn is_observed(object: &Value) -> bool {
    matches!(text(object, "/kind"), "Job" | "Pod") || number(object, "/metadata/generation", 0) <= seen(object)
}

/// How far the rollout of a workload is.
pub(super) fn phase(object: &Value) -> Phase {
    if !is_observed(object) {
        return Phase::Waiting("the change to be observed".to_owned());
    }
    match text(object, "/kind") {
        "Deployment" => deployment(object),
        "StatefulSet" => stateful_set(object),
        "DaemonSet" => daemon_set(object),
        "Job" => job(object),
        _ => pod(object),
    }
}

/// How many new pods there will be.
pub(super) fn wanted(object: &Value) -> u64 {
    match text(object, "/kind") {
        "Deployment" => number(object, "/spec/replicas", 1),
        "StatefulSet" => number(object, "/spec/replicas", 1).saturating_sub(partition(object)),
        "DaemonSet" => status(object, "desiredNumberScheduled"),
        "Job" => status(object, "active").max(1),
        _ => 1,
    }
}

fn deployment(object: &Value) -> Phase {
    let late = condition(object, "Progressing").filter(|found| text(found, "/reason") == "ProgressDeadlineExceeded");
    if let Some(late) = late {
        return Phase::Stuck(text(late, "/message").to_owned());
    }
    let wanted = number(object, "/spec/replicas", 1);
    let (updated, all) = (status(object, "updatedReplicas"), status(object, "replicas"));
    if updated < wanted {
        return Phase::Waiting(format!("{updated} of {wanted} updated"));
    }
    if all > updated {
        return Phase::Waiting(format!("{} old pods to end", all - updated));
    }
    let available = status(object, "availableReplicas");
    if available < updated {
        return Phase::Waiting(format!("{available} of {updated} available"));
    }
    Phase::Done
}

fn stateful_set(object: &Value) -> Phase {
    let replicas = number(object, "/spec/replicas", 1);
    let (updated, wanted) = (status(object, "updatedReplicas"), replicas.saturating_sub(partition(object)));
    if updated < wanted {
        return Phase::Waiting(format!("{updated} of {wanted} updated"));
    }
    // A server that counts no available pods has no minReadySeconds either.
    let available = object.pointer("/status/availableReplicas").and_then(Value::as_u64);
    let ready = status(object, "readyReplicas").min(available.unwrap_or(u64::MAX));
    if ready < replicas {
        return Phase::Waiting(format!("{ready} of {replicas} ready"));
    }
    Phase::Done
}

fn daemon_set(object: &Value) -> Phase {
    let wanted = status(object, "desiredNumberScheduled");
    let updated = status(object, "updatedNumberScheduled");
    if updated < wanted {
        return Phase::Waiting(format!("{updated} of {wanted} updated"));
    }
    let available = status(object, "numberAvailable");
    if available < wanted {
        return Phase::Waiting(format!("{available} of {wanted} available"));
    }
    Phase::Done
}

/// A job works when it is complete, or while all its pods are ready.
fn job(object: &Value) -> Phase {
    if let Some(failed) = condition(object, "Failed").or_else(|| condition(object, "FailureTarget")) {
        return Phase::Stuck(text(failed, "/message").to_owned());
    }
    // The controller goes on to its backoffLimit, for minutes.
    let failed = status(object, "failed");
    if failed > 1 {
        return Phase::Stuck(format!("{failed} pods of the job have failed"));
    }
    let (active, ready) = (status(object, "active"), status(object, "ready"));
    if condition(object, "Complete").is_some() || (active > 0 && ready >= active) {
        return Phase::Done;
    }
    Phase::Waiting(format!("{ready} of {} ready", active.max(1)))
}

fn pod(object: &Value) -> Phase {
    let is_ready = condition(object, "Ready").is_some() || text(object, "/status/phase") == "Succeeded";
    if is_ready { Phase::Done } else { Phase::Waiting("the pod to be ready".to_owned()) }
}

/// A condition of an object, if it is `True`; of `Progressing` whatever it is.
pub(super) fn condition<'o>(object: &'o Value, name: &str) -> Option<&'o Value> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array)?;
    let is_named = |one: &&Value| text(one, "/type") == name;
    conditions.iter().find(is_named).filter(|one| name == "Progressing" || text(one, "/status") == "True")
}

fn partition(object: &Value) -> u64 {
    number(object, "/spec/updateStrategy/rollingUpdate/partition", 0)
}

fn seen(object: &Value) -> u64 {
    status(object, "observedGeneration")
}

fn status(object: &Value, field: &str) -> u64 {
    number(object, &format!("/status/{field}"), 0)
}

fn number(object: &Value, pointer: &str, default: u64) -> u64 {
    object.pointer(pointer).and_then(Value::as_u64).unwrap_or(default)
}

fn flag(object: &Value, pointer: &str) -> bool {
    object.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

/// A string of a value; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn waits(object: &Value) -> String {
        match phase(object) {
            Phase::Waiting(why) => why,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_controller_has_to_have_seen_the_change() {
        let mut web = json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}});
        assert_eq!(waits(&web), "the change to be observed");
        web["status"]["observedGeneration"] = json!(2);
        assert_eq!(phase(&web), Phase::Done);
    }

    #[test]
    fn a_deployment_is_done_when_its_old_pods_are_gone_and_the_new_ones_available() {
        let status = |status: Value| json!({"kind": "Deployment", "spec": {"replicas": 3}, "status": status});
        assert_eq!(waits(&status(json!({"updatedReplicas": 1, "replicas": 4}))), "1 of 3 updated");
        assert_eq!(waits(&status(json!({"updatedReplicas": 3, "replicas": 4}))), "1 old pods to end");
        let starting = json!({"updatedReplicas": 3, "replicas": 3, "availableReplicas": 2});
        assert_eq!(waits(&status(starting)), "2 of 3 available");
        let message = "ReplicaSet \"web-1\" has timed out progressing.";
        let late = json!({"conditions": [{"type": "Progressing", "status": "False",
            "reason": "ProgressDeadlineExceeded", "message": message}]});
        assert_eq!(phase(&status(late)), Phase::Stuck(message.to_owned()));
    }

    #[test]
    fn a_stateful_set_replaces_what_is_above_its_partition() {
        let mut db = json!({"kind": "StatefulSet", "spec": {"replicas": 3, "updateStrategy": {"type": "RollingUpdate",
            "rollingUpdate": {"partition": 1}}}, "status": {"updatedReplicas": 2, "readyReplicas": 3}});
        assert_eq!((phase(&db), wanted(&db)), (Phase::Done, 2));
        db["status"]["readyReplicas"] = json!(2);
        assert_eq!(waits(&db), "2 of 3 ready");
        db["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = json!(3);
        assert_eq!(nothing(&db).as_deref(), Some("its partition of 3 keeps all its pods as they are"));
    }

    #[test]
    fn a_daemon_set_and_a_job() {
        let status = |status: Value| json!({"kind": "DaemonSet", "status": status});
        let counts = |updated: u64, available: u64| {
            json!({"desiredNumberScheduled": 2,
            "updatedNumberScheduled": updated, "numberAvailable": available})
        };
        assert_eq!(waits(&status(counts(1, 2))), "1 of 2 updated");
        assert_eq!(waits(&status(counts(2, 1))), "1 of 2 available");
        assert_eq!(phase(&status(counts(2, 2))), Phase::Done);
        let job = |status: Value| json!({"kind": "Job", "metadata": {"generation": 1}, "status": status});
        assert_eq!(waits(&job(json!({"active": 1, "ready": 0}))), "0 of 1 ready");
        assert_eq!(phase(&job(json!({"active": 1, "ready": 1}))), Phase::Done);
        assert_eq!(phase(&job(json!({"conditions": [{"type": "Complete", "status": "True"}]}))), Phase::Done);
        let failed = json!({"conditions": [{"type": "Failed", "status": "True", "message": "limit"}]});
        assert_eq!(phase(&job(failed)), Phase::Stuck("limit".to_owned()));
        assert_eq!(waits(&job(json!({"active": 1, "failed": 1}))), "0 of 1 ready");
        assert!(matches!(phase(&job(json!({"active": 1, "failed": 2}))), Phase::Stuck(_)));
    }

    #[test]
    fn where_no_pod_is_replaced_there_is_nothing_to_watch() {
        let strategy = json!({"updateStrategy": {"type": "OnDelete"}});
        for (kind, spec, wanted) in [
            ("Deployment", json!({"replicas": 0}), true),
            ("Deployment", json!({"paused": true}), true),
            ("Deployment", json!({"replicas": 1}), false),
            ("DaemonSet", strategy.clone(), true),
            ("StatefulSet", strategy, true),
            ("ReplicaSet", json!({"replicas": 2}), true),
            ("CronJob", json!({"schedule": "0 3 * * *"}), true),
            ("Job", json!({"suspend": true}), true),
            ("Job", json!({}), false),
            ("Rollout", json!({}), true),
        ] {
            let object = json!({"kind": kind, "spec": spec});
            assert_eq!(nothing(&object).is_some(), wanted, "{object}");
        }
    }
}
