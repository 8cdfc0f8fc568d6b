//! Which pods are the new ones.

use super::done::text;
use crate::cluster::Live;
use serde_json::Value;

/// The label by which the pods of a ReplicaSet are told from those of its Deployment's others.
const HASH: &str = "pod-template-hash";
/// The label by which the pods of a StatefulSet's or DaemonSet's revision are told.
const REVISION: &str = "controller-revision-hash";

/// The ReplicaSet of a Deployment that has its template: the oldest one, should there be several, as the controller does.
pub(super) fn new_set<'s>(deployment: &Value, sets: &'s [Live]) -> Option<&'s Live> {
    let wanted = deployment.pointer("/spec/template")?;
    let own = sets.iter().filter(|set| is_owned(&set.value, text(deployment, "/metadata/uid")));
    let same = own.filter(|set| set.value.pointer("/spec/template").is_some_and(|one| without_hash(one) == *wanted));
    same.min_by_key(|set| text(&set.value, "/metadata/creationTimestamp").to_owned())
}

/// The revision that a StatefulSet or DaemonSet gives to new pods. That of a DaemonSet stands in its newest
/// ControllerRevision alone.
pub(super) fn new_hash(object: &Value, revisions: &[Live]) -> Option<String> {
    if let Some(hash) = object.pointer("/status/updateRevision").and_then(Value::as_str) {
        return Some(hash.to_owned());
    }
    let own = revisions.iter().filter(|one| is_owned(&one.value, text(object, "/metadata/uid")));
    let newest = own.max_by_key(|one| one.value.get("revision").and_then(Value::as_u64).unwrap_or_default())?;
    label(&newest.value, REVISION).map(str::to_owned)
}

/// Whether a pod is one of the new ones. `set` is the new ReplicaSet of a Deployment, `hash` the newest revision of a
/// StatefulSet or DaemonSet.
pub(super) fn is_new(pod: &Value, object: &Value, set: Option<&Live>, hash: Option<&str>) -> bool {
    let own = text(object, "/metadata/uid");
    match text(object, "/kind") {
        "Pod" => text(pod, "/metadata/uid") == own,
        "Job" => is_owned(pod, own),
        "Deployment" => set.is_some_and(|set| is_owned(pod, set.uid()) && label(pod, HASH).is_some()),
        "DaemonSet" if hash.is_none() => is_owned(pod, own) && is_of_generation(pod, object),
        _ => is_owned(pod, own) && hash.is_some_and(|hash| is_of_revision(pod, hash)),
    }
}

/// The revision's name is the workload's name and the hash for a StatefulSet, and its label the hash alone for a DaemonSet.
fn is_of_revision(pod: &Value, hash: &str) -> bool {
    label(pod, REVISION) == Some(hash)
}

/// What tells where the ControllerRevisions may not be read.
fn is_of_generation(pod: &Value, object: &Value) -> bool {
    let annotations = object.pointer("/metadata/annotations");
    let generation = annotations.and_then(|all| all.get("deprecated.daemonset.template.generation")?.as_str());
    generation.is_some() && label(pod, "pod-template-generation") == generation
}

/// Whether an object is controlled by the one with this uid.
pub(super) fn is_owned(object: &Value, uid: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().any(|owner| text(owner, "/uid") == uid)
}

/// A label selector, as a query has it: `app=web,tier in (a,b),!legacy`.
pub(super) fn selector(selector: &Value) -> String {
    let mut terms = Vec::new();
    for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        terms.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for one in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let values = one.get("values").and_then(Value::as_array).into_iter().flatten();
        let values = values.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
        let key = text(one, "/key");
        terms.push(match text(one, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    terms.join(",")
}

fn label<'v>(object: &'v Value, name: &str) -> Option<&'v str> {
    object.pointer("/metadata/labels")?.get(name)?.as_str()
}

fn without_hash(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove(HASH);
    }
    template
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn live(value: Value) -> Live {
        Live::new(&Arc::new(Resource::builtin("apps", "v1", "ReplicaSet", "replicasets", true)), value)
    }

    fn set(uid: &str, owner: &str, hash: &str, image: &str) -> Live {
        live(json!({"metadata": {"uid": uid, "name": uid, "ownerReferences": [{"uid": owner}]},
            "spec": {"template": {"metadata": {"labels": {"app": "web", HASH: hash}}, "spec": {"image": image}}}}))
    }

    #[test]
    fn the_new_set_has_the_template_and_the_owner() {
        let web = json!({"kind": "Deployment", "metadata": {"uid": "d"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"image": "new"}}}});
        let sets = [set("old", "d", "1", "old"), set("strange", "e", "2", "new"), set("new", "d", "3", "new")];
        let found = new_set(&web, &sets).unwrap();
        assert_eq!(found.uid(), "new");
        let pod = |owner: &str| json!({"metadata": {"labels": {HASH: "3"}, "ownerReferences": [{"uid": owner}]}});
        assert!(is_new(&pod("new"), &web, Some(found), None));
        assert!(!is_new(&pod("old"), &web, Some(found), None) && !is_new(&pod("new"), &web, None, None));
    }

    #[test]
    fn whoever_changes_the_template_the_set_that_has_it_is_the_new_one() {
        let web = |image: &str| {
            json!({"kind": "Deployment", "metadata": {"uid": "d"},
            "spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": {"image": image}}}})
        };
        let sets = [set("ours", "d", "1", "ours"), set("theirs", "d", "2", "theirs")];
        assert_eq!(new_set(&web("ours"), &sets).map(Live::uid), Some("ours"));
        assert_eq!(new_set(&web("theirs"), &sets).map(Live::uid), Some("theirs"));
    }

    #[test]
    fn the_newest_revision_counts() {
        let revision = |number: u64, hash: &str| {
            live(
                json!({"revision": number, "metadata": {"labels": {REVISION: hash}, "ownerReferences": [{"uid": "d"}]}}),
            )
        };
        let agent = json!({"kind": "DaemonSet", "metadata": {"uid": "d",
            "annotations": {"deprecated.daemonset.template.generation": "2"}}});
        let hash = new_hash(&agent, &[revision(1, "a"), revision(10, "c"), revision(9, "b")]);
        assert_eq!(hash.as_deref(), Some("c"));
        let pod = json!({"metadata": {"labels": {REVISION: "c", "pod-template-generation": "2"},
            "ownerReferences": [{"uid": "d"}]}});
        assert!(is_new(&pod, &agent, None, Some("c")) && !is_new(&pod, &agent, None, Some("b")));
        assert!(is_new(&pod, &agent, None, None));
        let db = json!({"kind": "StatefulSet", "status": {"updateRevision": "db-1"}});
        assert_eq!(new_hash(&db, &[]).as_deref(), Some("db-1"));
    }

    #[test]
    fn a_selector_reads_as_in_a_query() {
        let value = json!({"matchLabels": {"app": "web"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "x", "operator": "NotIn", "values": ["c"]},
            {"key": "y", "operator": "Exists"}, {"key": "z", "operator": "DoesNotExist"}]});
        assert_eq!(selector(&value), "app=web,tier in (a,b),x notin (c),y,!z");
    }
}
