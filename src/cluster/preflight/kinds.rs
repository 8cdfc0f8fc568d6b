//! What a kind lets nobody change, told in words instead of the dump of structs that the server answers with.

use crate::cluster::{Live, Target};
use serde_json::Value;

/// A static pod's picture in the API: its file stands on the node.
const MIRROR: &str = "kubernetes.io~1config.mirror";

/// What of a StatefulSet's spec may change (`apps/v1` validation).
const STATEFUL: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// Why the change cannot be made to this object at all, and what to do instead; `None` where it may be tried.
pub fn forbidden(target: &Target) -> Option<String> {
    let changed = pointers(target);
    let resource = &target.live.reference.resource;
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => pod(&target.live, &changed),
        ("batch", "Job") => job(&target.live, &changed),
        ("apps", "StatefulSet") => stateful_set(&changed),
        _ => None,
    }
}

/// JSON pointers of what the change touches.
fn pointers(target: &Target) -> Vec<String> {
    target.operations().0.iter().map(|operation| operation.path().to_string()).collect()
}

fn pod(live: &Live, changed: &[String]) -> Option<String> {
    if live.value.pointer(&format!("/metadata/annotations/{MIRROR}")).is_some() {
        let node = live.value.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or("its node");
        return Some(format!("a static pod: it is made from a file on {node}; change that file"));
    }
    let may = |pointer: &String| {
        pointer.starts_with("/metadata/") || (pointer.starts_with("/spec/") && pointer.ends_with("/image"))
    };
    (!changed.iter().all(may)).then(|| {
        "a running pod cannot be changed: only its images may; harden the manifest it comes from, then make it anew \
         with 'kubectl replace --force -f FILE'"
            .to_owned()
    })
}

fn job(live: &Live, changed: &[String]) -> Option<String> {
    if !changed.iter().any(|pointer| pointer.starts_with("/spec/template")) {
        return None;
    }
    Some(match ended(live) {
        true => "the job has ended: its pods will not run again, there is nothing to harden".to_owned(),
        false => "the template of a job cannot be changed; harden the manifest it comes from, then make it anew with \
                  'kubectl replace --force -f FILE'"
            .to_owned(),
    })
}

/// Whether a job has come to its end.
fn ended(live: &Live) -> bool {
    let conditions = live.value.pointer("/status/conditions").and_then(Value::as_array);
    conditions.is_some_and(|conditions| {
        conditions.iter().any(|condition| {
            let is = |field: &str, wanted: &[&str]| {
                condition.get(field).and_then(Value::as_str).is_some_and(|value| wanted.contains(&value))
            };
            is("type", &["Complete", "Failed"]) && is("status", &["True"])
        })
    })
}

fn stateful_set(changed: &[String]) -> Option<String> {
    let field = |pointer: &String| {
        let rest = pointer.strip_prefix("/spec/")?;
        let field = rest.split('/').next().unwrap_or_default();
        (!STATEFUL.contains(&field)).then(|| field.to_owned())
    };
    let field = changed.iter().find_map(field)?;
    Some(format!("spec.{field} of a StatefulSet cannot be changed: it has to be made anew"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn verdict(group: &str, kind: &str, before: Value, pointer: &str) -> Option<String> {
        let resource = Arc::new(Resource::builtin(group, "v1", kind, "things", true));
        let mut after = before.clone();
        *after.pointer_mut(pointer).unwrap() = json!("new");
        let live = Live::new(&resource, before);
        forbidden(&Target { live, after, templates: Vec::new(), reasons: Vec::new() })
    }

    #[test]
    fn a_pod_takes_another_image_and_nothing_else() {
        let pod = json!({"metadata": {"name": "a"}, "spec": {"hostNetwork": true, "containers": [{"image": "x"}]}});
        assert_eq!(verdict("", "Pod", pod.clone(), "/spec/containers/0/image"), None);
        assert!(verdict("", "Pod", pod.clone(), "/spec/hostNetwork").unwrap().starts_with("a running pod"));
        let mut mirror = pod;
        mirror["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "x"});
        mirror["spec"]["nodeName"] = json!("n1");
        assert!(verdict("", "Pod", mirror, "/spec/hostNetwork").unwrap().contains("a file on n1"));
    }

    #[test]
    fn the_template_of_a_job_stays() {
        let job = json!({"metadata": {"name": "a"}, "spec": {"suspend": 1, "template": {"spec": {"hostPID": true}}}});
        let template = "/spec/template/spec/hostPID";
        assert!(verdict("batch", "Job", job.clone(), template).unwrap().starts_with("the template of a job"));
        assert_eq!(verdict("batch", "Job", job.clone(), "/spec/suspend"), None);
        let mut done = job;
        done["status"] = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        assert!(verdict("batch", "Job", done, template).unwrap().starts_with("the job has ended"));
    }

    #[test]
    fn a_stateful_set_takes_its_template_and_little_else() {
        let set = json!({"spec": {"template": {"spec": 1}, "volumeClaimTemplates": [1]}});
        assert_eq!(verdict("apps", "StatefulSet", set.clone(), "/spec/template/spec"), None);
        let why = verdict("apps", "StatefulSet", set, "/spec/volumeClaimTemplates/0").unwrap();
        assert!(why.contains("spec.volumeClaimTemplates"), "{why}");
    }
}
