//! What a person should know before a workload changes: how its pods are replaced, and what else acts on them.

use super::around::Around;
use crate::cluster::Live;
use crate::report::phrase::count;
use serde_json::Value;

/// What is said before a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// What happens; the first one is how the pods are replaced.
    pub(super) notes: Vec<String>,
    /// What may cost something: an outage, one node after the other without its pod.
    pub(super) cautions: Vec<String>,
}

/// What is to be said of a workload whose template changes.
pub(super) fn said(live: &Live, around: &Around) -> Said {
    let mut said = Said::default();
    let field = |pointer: &str| live.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let resource = &live.reference.resource;
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("apps", "Deployment") => deployment(live, &mut said),
        ("apps", "StatefulSet") => stateful_set(live, &mut said),
        ("apps", "DaemonSet") => daemon_set(live, &mut said),
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            said.notes.push("its pods stay as they are: only new ones take the change".to_owned());
        }
        ("batch", "CronJob") => said.notes.push(match flag(live, "/spec/suspend") {
            true => "suspended: the change shows when it runs again".to_owned(),
            false => format!("the change shows with its next job (schedule \"{}\")", field("/spec/schedule")),
        }),
        ("batch", "Job") => {}
        (_, kind) => {
            said.notes.push(format!("how a {kind} replaces its pods is up to its controller: look after them"))
        }
    }
    let names = |names: &[String]| names.join(", ");
    if rolls(&resource.kind) {
        match &around.budgets {
            Some(budgets) if !budgets.is_empty() => said.notes.push(format!(
                "PodDisruptionBudget {}: it holds for evictions, not for the replacement of pods",
                names(budgets)
            )),
            Some(_) => said.notes.push("no PodDisruptionBudget".to_owned()),
            None => {}
        }
    }
    if !around.scalers.is_empty() {
        said.notes.push(format!("HorizontalPodAutoscaler {} may scale it meanwhile", names(&around.scalers)));
    }
    if !around.sizers.is_empty() {
        said.notes.push(format!("VerticalPodAutoscaler {} may set other requests", names(&around.sizers)));
    }
    said
}

/// Whether a change of the template replaces the pods.
fn rolls(kind: &str) -> bool {
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
}

fn deployment(live: &Live, said: &mut Said) {
    if flag(live, "/spec/paused") {
        let name = &live.reference.name;
        said.notes.push(format!("paused: nothing happens before 'kubectl rollout resume deployment/{name}'"));
    }
    if number(live, "/spec/revisionHistoryLimit") == Some(0) {
        said.notes.push("revisionHistoryLimit 0: 'kubectl rollout undo' cannot go back".to_owned());
    }
    let replicas = number(live, "/spec/replicas").unwrap_or(1);
    if replicas == 0 {
        said.notes.insert(0, "scaled to zero: nothing is replaced now".to_owned());
        return;
    }
    let pods = count(replicas, "pod");
    if live.value.pointer("/spec/strategy/type").is_some_and(|kind| kind == "Recreate") {
        said.notes.insert(0, format!("replaces {pods}"));
        said.cautions.push("strategy Recreate: all pods are stopped before the first new one starts".to_owned());
        return;
    }
    let (surge, unavailable) = allowance(live, replicas);
    let pace = (surge + unavailable).clamp(1, replicas);
    said.notes.insert(0, format!("rolls {pods}, {pace} at a time"));
    if unavailable >= replicas {
        let which = if replicas == 1 { "its only pod" } else { "all pods at once" };
        said.cautions.push(format!("maxUnavailable {unavailable} lets it stop {which} before a new one is ready"));
    }
}

/// How many pods a Deployment may have too many and too few while it rolls: shares are of the replicas, the first rounded up,
/// the second down, and never both are 0.
pub(super) fn allowance(live: &Live, replicas: usize) -> (usize, usize) {
    let of = |field: &str, round: fn(f64) -> f64| {
        let value = live.value.pointer(&format!("/spec/strategy/rollingUpdate/{field}"));
        let share = |percent: f64| round(percent * replicas as f64 / 100.0) as usize;
        match value {
            Some(Value::String(text)) => share(text.trim_end_matches('%').parse().unwrap_or(25.0)),
            Some(Value::Number(number)) => number.as_u64().unwrap_or_default() as usize,
            _ => share(25.0),
        }
    };
    match (of("maxSurge", f64::ceil), of("maxUnavailable", f64::floor)) {
        (0, 0) => (0, 1),
        both => both,
    }
}

fn stateful_set(live: &Live, said: &mut Said) {
    if is_on_delete(live) {
        return said.notes.push(on_delete());
    }
    match number(live, "/spec/replicas").unwrap_or(1) {
        0 => said.notes.push("scaled to zero: nothing is replaced now".to_owned()),
        replicas => {
            let partition = number(live, "/spec/updateStrategy/rollingUpdate/partition").unwrap_or_default();
            let replaced = replicas.saturating_sub(partition);
            let rest = if partition > 0 { format!(" (partition {partition})") } else { String::new() };
            said.notes.push(format!("replaces {}{rest}, one by one, the last first", count(replaced, "pod")));
            if replaced > 0 {
                said.cautions.push("each pod is stopped before its successor starts".to_owned());
            }
        }
    }
}

fn daemon_set(live: &Live, said: &mut Said) {
    if is_on_delete(live) {
        return said.notes.push(on_delete());
    }
    let pods = number(live, "/status/desiredNumberScheduled").unwrap_or_default();
    said.notes.push(format!("replaces {}", count(pods, "pod")));
    let surge = live.value.pointer("/spec/updateStrategy/rollingUpdate/maxSurge");
    if surge.is_none_or(|surge| surge == 0 || surge == "0%") && pods > 0 {
        said.cautions.push("each node is without its pod until the new one is ready".to_owned());
    }
}

fn is_on_delete(live: &Live) -> bool {
    live.value.pointer("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete")
}

fn on_delete() -> String {
    "updateStrategy OnDelete: a pod takes the change when somebody deletes it".to_owned()
}

fn flag(live: &Live, pointer: &str) -> bool {
    live.value.pointer(pointer).and_then(Value::as_bool).unwrap_or_default()
}

pub(super) fn number(live: &Live, pointer: &str) -> Option<usize> {
    live.value.pointer(pointer)?.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn of(group: &str, kind: &str, spec: Value) -> Said {
        let resource = Arc::new(Resource::builtin(group, "v1", kind, "things", true));
        let value = json!({"metadata": {"name": "web"}, "spec": spec, "status": {"desiredNumberScheduled": 2}});
        said(&Live::new(&resource, value), &Around::default())
    }

    fn rolling(replicas: usize, surge: Value, unavailable: Value) -> Said {
        let strategy =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}});
        of("apps", "Deployment", json!({"replicas": replicas, "strategy": strategy}))
    }

    #[test]
    fn how_a_deployment_rolls() {
        assert_eq!(rolling(3, json!("25%"), json!("25%")).notes, ["rolls 3 pods, 1 at a time"]);
        assert_eq!(rolling(8, json!("25%"), json!("25%")).notes, ["rolls 8 pods, 4 at a time"]);
        assert_eq!(rolling(1, json!("25%"), json!("25%")).cautions, [""; 0]);
        assert_eq!(rolling(1, json!(0), json!(0)).cautions.len(), 1);
        let both = rolling(2, json!(1), json!("100%"));
        assert_eq!(both.cautions, ["maxUnavailable 2 lets it stop all pods at once before a new one is ready"]);
    }

    #[test]
    fn what_stops_first_is_a_caution() {
        let recreated = of("apps", "Deployment", json!({"strategy": {"type": "Recreate"}}));
        assert!(recreated.cautions[0].starts_with("strategy Recreate"));
        let set =
            of("apps", "StatefulSet", json!({"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}}));
        assert_eq!(set.notes, ["replaces 1 pod (partition 2), one by one, the last first"]);
        assert_eq!(set.cautions.len(), 1);
        assert_eq!(of("apps", "DaemonSet", json!({})).cautions.len(), 1);
        let surging = json!({"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}});
        assert_eq!(of("apps", "DaemonSet", surging).cautions, [""; 0]);
    }

    #[test]
    fn what_does_not_happen_now_is_a_note() {
        let paused = of("apps", "Deployment", json!({"paused": true, "replicas": 0, "revisionHistoryLimit": 0}));
        assert!(paused.notes[0].starts_with("scaled to zero"));
        assert!(paused.notes[1].contains("kubectl rollout resume deployment/web"));
        assert!(paused.notes[2].starts_with("revisionHistoryLimit 0"));
        let kept = json!({"updateStrategy": {"type": "OnDelete"}});
        assert!(of("apps", "DaemonSet", kept.clone()).notes[0].contains("OnDelete"));
        assert_eq!(of("apps", "StatefulSet", kept).cautions, [""; 0]);
        let cron = of("batch", "CronJob", json!({"schedule": "0 3 * * *"}));
        assert_eq!(cron.notes, ["the change shows with its next job (schedule \"0 3 * * *\")"]);
    }

    #[test]
    fn who_else_acts_on_it() {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let live = Live::new(&resource, json!({"metadata": {"name": "web"}, "spec": {"replicas": 3}}));
        let around = Around { budgets: Some(Vec::new()), scalers: vec!["web".to_owned()], sizers: Vec::new() };
        assert_eq!(
            said(&live, &around).notes,
            [
                "rolls 3 pods, 1 at a time",
                "no PodDisruptionBudget",
                "HorizontalPodAutoscaler web may scale it meanwhile"
            ]
        );
    }
}
