use super::*;
use crate::cluster::journal::Fixture;

/// A workload as people write it.
fn before() -> Value {
    json!({"metadata": {"annotations": {"team": "shop"}}, "spec": {"replicas": 1, "template": {"spec": {
        "securityContext": {},
        "containers": [
            {"name": "web", "image": "web:1", "args": ["-a", "-b"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "3"}]},
            {"name": "log", "image": "log:1", "securityContext": {"privileged": true}}]}}}})
}

/// What a run makes of it.
fn after() -> Value {
    let mut after = before();
    let pod = &mut after["spec"]["template"]["spec"];
    pod["securityContext"] = json!({"runAsNonRoot": true, "runAsUser": 101});
    pod["volumes"] = json!([{"name": "tmp", "emptyDir": {}}]);
    pod["containers"][0]["securityContext"] = json!({"capabilities": {"drop": ["ALL"]}});
    pod["containers"][0]["volumeMounts"] = json!([{"name": "tmp", "mountPath": "/tmp"}]);
    pod["containers"][0]["args"] = json!(["-a"]);
    pod["containers"][0]["env"].as_array_mut().unwrap().remove(1);
    pod["containers"][1]["securityContext"]["privileged"] = false.into();
    after
}

fn marked(mut value: Value, entry: &Entry) -> Value {
    value["metadata"]["annotations"][LAST_APPLIED] = json!({"run": entry.run}).to_string().into();
    value
}

fn entry() -> Entry {
    Fixture { before: before(), after: after() }.entry()
}

fn back(now: &Value, entry: &Entry) -> (Value, Vec<String>) {
    let restored = restored(now, entry, Trust::OnlyWhatWeKnow, &[]);
    (restored.value, restored.left)
}

#[test]
fn untouched_it_is_as_before_to_the_last_empty_mapping() {
    let entry = entry();
    assert_eq!(back(&marked(after(), &entry), &entry), (before(), Vec::new()));
}

#[test]
fn a_second_time_there_is_nothing_to_do() {
    assert_eq!(back(&before(), &entry()), (before(), Vec::new()));
}

#[test]
fn what_others_changed_stays() {
    let entry = entry();
    let change = |value: &mut Value| {
        value["spec"]["replicas"] = 5.into();
        value["metadata"]["labels"] = json!({"new": "label"});
        let containers = value["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
        containers[0]["image"] = "web:2".into();
        containers[0]["env"][0]["value"] = "9".into();
        containers.swap(0, 1);
        containers.insert(0, json!({"name": "proxy", "image": "p"}));
    };
    let (mut now, mut wanted) = (marked(after(), &entry), before());
    change(&mut now);
    change(&mut wanted);
    assert_eq!(back(&now, &entry), (wanted, Vec::new()));
}

#[test]
fn what_we_changed_and_others_then_stays_and_is_told() {
    let entry = entry();
    let mut now = marked(after(), &entry);
    let pod = &mut now["spec"]["template"]["spec"];
    pod["securityContext"]["runAsUser"] = 1000.into();
    pod["securityContext"]["fsGroup"] = 1000.into();
    pod["containers"][0]["securityContext"]["capabilities"]["drop"] = json!(["NET_RAW"]);
    let (value, left) = back(&now, &entry);
    let mut wanted = before();
    let pod = &mut wanted["spec"]["template"]["spec"];
    pod["securityContext"] = json!({"runAsUser": 1000, "fsGroup": 1000});
    pod["containers"][0]["securityContext"] = json!({"capabilities": {"drop": ["NET_RAW"]}});
    assert_eq!(value, wanted);
    let run = &entry.run;
    assert_eq!(
        left,
        [
            format!("spec.template.spec.securityContext.runAsUser stays 1000: it was changed after run {run} had set it to 101"),
            format!("spec.template.spec.containers[web].securityContext.capabilities.drop stays [NET_RAW]: it was changed after run {run} had set it to [ALL]"),
        ].into_iter().rev().collect::<Vec<_>>()
    );
}

#[test]
fn what_is_gone_is_not_missed() {
    let entry = entry();
    let mut now = marked(after(), &entry);
    now["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().remove(0);
    let (value, left) = back(&now, &entry);
    let mut wanted = before();
    wanted["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap().remove(0);
    assert_eq!((value, left), (wanted, Vec::new()));
}

#[test]
fn a_volume_that_others_mount_stays() {
    let entry = entry();
    let mut now = marked(after(), &entry);
    now["spec"]["template"]["spec"]["containers"][1]["volumeMounts"] = json!([{"name": "tmp", "mountPath": "/cache"}]);
    let (value, left) = back(&now, &entry);
    assert_eq!(value["spec"]["template"]["spec"]["volumes"], json!([{"name": "tmp", "emptyDir": {}}]));
    assert_eq!(value["spec"]["template"]["spec"]["containers"][0].get("volumeMounts"), None);
    assert_eq!(left, ["spec.template.spec.volumes[tmp] stays: container log mounts it by now"]);
}

#[test]
fn the_mark_of_another_run_stays_and_the_one_before_returns() {
    let mut entry = entry();
    let mut now = after();
    now["metadata"]["annotations"][LAST_APPLIED] = "{\"run\":\"later\"}".into();
    assert_eq!(mark_of(&back(&now, &entry).0), Some("{\"run\":\"later\"}"));
    entry.mark = Some("{\"run\":\"earlier\"}".to_owned());
    assert_eq!(mark_of(&back(&marked(after(), &entry), &entry).0), Some("{\"run\":\"earlier\"}"));
}

#[test]
fn a_secret_returns_from_the_clusters_own_history_or_is_told() {
    let of = |value: &str| {
        json!({"spec": {"template": {"spec": {"containers": [
            {"name": "web", "env": [{"name": "DB_PASSWORD", "value": value}]}]}}}})
    };
    let (before, after) = (of("S3cure!pa55"), of("rotated!pa55"));
    let entry = Fixture { before: before.clone(), after: after.clone() }.entry();
    let templates = [of("other!pa55"), before.clone()].map(|value| value["spec"]["template"].clone());
    let with = restored(&after, &entry, Trust::OnlyWhatWeKnow, &templates);
    assert_eq!((with.value, with.left), (before, Vec::new()));
    let without = restored(&after, &entry, Trust::OnlyWhatWeKnow, &templates[..1]);
    assert_eq!(without.value, after);
    assert!(without.left[0].contains("env[DB_PASSWORD].value stays as it is"), "{:?}", without.left);
    let changed = restored(&of("changed!pa55"), &entry, Trust::OnlyWhatWeKnow, &templates);
    assert_eq!(changed.value, of("changed!pa55"));
    assert!(!changed.left[0].contains("pa55"), "{:?}", changed.left);
}

#[test]
fn what_the_server_wrote_in_another_way_is_ours_when_nobody_else_wrote() {
    let of = |cpu: &str| json!({"spec": {"resources": {"limits": {"cpu": cpu}}}});
    let before = json!({"spec": {}});
    let entry = Fixture { before: before.clone(), after: of("1000m") }.entry();
    assert_eq!(restored(&of("1"), &entry, Trust::AllIsOurs, &[]).value, before);
    let doubted = restored(&of("1"), &entry, Trust::OnlyWhatWeKnow, &[]);
    assert_eq!((doubted.value, doubted.left.len()), (of("1"), 1));
}

#[test]
fn what_others_ask_for_by_now_stays_and_what_they_asked_for_then_goes() {
    let mut entry = entry();
    let mut now = marked(after(), &entry);
    let web = json!({"k:{\"name\":\"web\"}": {"f:securityContext": {"f:capabilities": {"f:drop": {}}}}});
    let pod = json!({"f:securityContext": {"f:runAsUser": {}}, "f:containers": web});
    now["metadata"]["managedFields"] =
        json!([{"manager": "argocd", "operation": "Apply", "fieldsV1": {"f:spec": {"f:template": {"f:spec": pod}}}}]);
    let is_user = |changed: &&mut Changed| changed.path.to_string().ends_with("runAsUser");
    entry.changes.iter_mut().find(is_user).unwrap().shared = true;
    let (value, left) = back(&now, &entry);
    let pod = &value["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"], json!({}));
    assert_eq!(pod["containers"][0]["securityContext"], json!({"capabilities": {"drop": ["ALL"]}}));
    let path = "spec.template.spec.containers[web].securityContext.capabilities.drop";
    assert_eq!(left, [format!("{path} stays [ALL]: argocd asks for it by now")]);
}
