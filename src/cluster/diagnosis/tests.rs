//! From what a cluster shows to what mends it.

use super::*;
use crate::cluster::{Live, Reason, Resource};
use crate::rules::Risk;
use serde_json::json;
use std::sync::Arc;

/// A Deployment with one container before and after, and the rules that changed it (pointers below the pod's spec).
fn target(before: Value, after: Value, reasons: &[(&str, &'static str)]) -> Target {
    let object = |spec: Value| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"template": {"spec": spec}}})
    };
    let reason = |(pointer, rule): &(&str, &'static str)| Reason {
        pointer: format!("/spec/template/spec/{pointer}"),
        rule,
        risk: Risk::Unproven,
    };
    let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
    Target {
        live: Live::new(&resource, object(before)),
        after: object(after),
        templates: vec!["/spec/template".to_owned()],
        reasons: reasons.iter().map(reason).collect(),
    }
}

fn seen(source: Source, container: Option<&str>, text: &str) -> Sighting {
    let container = container.map(str::to_owned);
    Sighting { source, pod: None, container, reason: String::new(), exit_code: Some(1), text: text.to_owned() }
}

fn failure(sightings: Vec<Sighting>) -> Failure {
    Failure { summary: "the new pods do not start".to_owned(), sightings }
}

fn log(text: &str) -> Failure {
    failure(vec![
        seen(Source::Waiting, Some("web"), "back-off 10s restarting failed container=web"),
        seen(Source::Log, Some("web"), text),
    ])
}

fn pod(mended: &Diagnosis) -> &Value {
    mended.mended.as_ref().and_then(|value| value.pointer("/spec/template/spec")).unwrap()
}

fn container(image: &str, context: Value) -> Value {
    json!({"containers": [{"name": "web", "image": image, "securityContext": context}]})
}

const FLAG: &str = "containers/0/securityContext/readOnlyRootFilesystem";

fn read_only(image: &str) -> Target {
    let before = json!({"containers": [{"name": "web", "image": image}]});
    target(before, container(image, json!({"readOnlyRootFilesystem": true})), &[(FLAG, "read-only-root")])
}

#[test]
fn a_path_that_cannot_be_written_gets_a_mount_at_its_known_place() {
    let line =
        "2026/11/22 02:23:36 [emerg] 1#1: mkdir() \"/var/cache/nginx/client_temp\" failed (30: Read-only file system)";
    let told = explain(&log(&format!("starting\n{line}\n")), &read_only("nginx:1.27")).unwrap();
    assert_eq!((told.pattern, told.rule), (Some("nginx-erofs"), Some("read-only-root")));
    assert_eq!(told.cause, "it cannot write /var/cache/nginx/client_temp: the root file system is read-only");
    assert_eq!(told.evidence.text, line);
    assert_eq!(told.advice, "mount an emptyDir at /var/cache/nginx, /run");
    let spec = pod(&told);
    let mount = |path: &str, part: &str| json!({"name": "writable-web", "mountPath": path, "subPath": part});
    let mounts = [mount("/var/cache/nginx", "var-cache-nginx"), mount("/run", "run")];
    assert_eq!(spec["containers"][0]["volumeMounts"], json!(mounts));
    assert_eq!(spec["volumes"], json!([{"name": "writable-web", "emptyDir": {"sizeLimit": "1Gi"}}]));
}

#[test]
fn a_directory_with_content_is_filled_and_one_that_is_mounted_is_not_mounted_again() {
    let told =
        explain(&log("OSError: [Errno 30] Read-only file system: '/srv/app/state.json'"), &read_only("acme/api:1"));
    let told = told.unwrap();
    assert_eq!(told.advice, "mount an emptyDir at /srv/app, filled with what the image has there");
    assert_eq!(pod(&told)["initContainers"][0]["name"], "fill-writable-web");

    let mut there = read_only("acme/api:1");
    there.after["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "c", "mountPath": "/srv"}]);
    let told = explain(&log("OSError: [Errno 30] Read-only file system: '/srv/app/state.json'"), &there).unwrap();
    assert_eq!(told.advice, "leave read-only-root out (--skip read-only-root)");
    assert_eq!(pod(&told)["containers"][0].get("securityContext"), None);
}

#[test]
fn a_change_of_others_is_not_blamed() {
    let image = "acme/api:1";
    let there = container(image, json!({"readOnlyRootFilesystem": true}));
    let target = target(there.clone(), there, &[]);
    let told = explain(&log("OSError: [Errno 30] Read-only file system: '/srv/x'"), &target).unwrap();
    assert_eq!((told.rule, told.mended.is_some()), (None, false));
    assert_eq!(told.advice, "none of the changes brings this about: it may have been so before");
}

#[test]
fn of_two_containers_the_one_that_fails_is_mended() {
    let two = |context: Value| {
        let one = |name: &str| json!({"name": name, "image": "acme/api:1", "securityContext": context});
        json!({"containers": [one("side"), one("web")]})
    };
    let target = target(
        two(json!({})),
        two(json!({"readOnlyRootFilesystem": true})),
        &[(FLAG, "read-only-root"), ("containers/1/securityContext/readOnlyRootFilesystem", "read-only-root")],
    );
    let told = explain(&log("node: EROFS: read-only file system, open '/srv/cache/x'"), &target).unwrap();
    let spec = pod(&told);
    assert_eq!(spec["containers"][0].get("volumeMounts"), None);
    assert_eq!(spec["containers"][1]["volumeMounts"][0]["mountPath"], "/srv/cache");
}

#[test]
fn the_user_of_the_image_is_stated() {
    let message = "container has runAsNonRoot and image will run as root (pod: \"web-1_a(b)\", container: web)";
    let after = container("nginx:1.27", json!({"runAsNonRoot": true}));
    let before = container("nginx:1.27", json!({}));
    let reasons = [("containers/0/securityContext/runAsNonRoot", "run-as-non-root")];
    let seen = failure(vec![seen(Source::Waiting, Some("web"), message)]);
    let told = explain(&seen, &target(before, after, &reasons)).unwrap();
    assert_eq!(
        (told.rule, pod(&told)["containers"][0]["securityContext"]["runAsUser"].as_u64()),
        (Some("run-as-non-root"), Some(101))
    );
    assert!(told.advice.starts_with("run it as user 101"), "{}", told.advice);

    let after = container("acme/api:1", json!({"runAsNonRoot": true}));
    let told = explain(&seen, &target(container("acme/api:1", json!({})), after, &reasons)).unwrap();
    assert!(told.advice.ends_with("or leave run-as-non-root out (--skip run-as-non-root)"), "{}", told.advice);
    assert_eq!(pod(&told)["containers"][0]["securityContext"], json!({}));
}

#[test]
fn capabilities_are_roots_and_a_low_port_is_everybodys() {
    let drop = json!({"capabilities": {"drop": ["ALL"]}});
    let reasons = [
        ("containers/0/securityContext/capabilities", "capabilities"),
        ("securityContext/runAsUser", "run-as-non-root"),
    ];
    let root = target(container("acme/web:1", json!({})), container("acme/web:1", drop.clone()), &reasons[..1]);
    let told = explain(&log("[emerg] 7#7: setgid(33) failed (1: Operation not permitted)"), &root).unwrap();
    assert_eq!(pod(&told)["containers"][0]["securityContext"]["capabilities"]["add"], json!(["SETGID", "SETUID"]));

    let mut user = target(container("acme/web:1", json!({})), container("acme/web:1", drop), &reasons);
    user.after["spec"]["template"]["spec"]["securityContext"] = json!({"runAsUser": 101});
    let told = explain(&log("nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)"), &user).unwrap();
    assert_eq!((told.rule, told.cause.as_str()), (Some("run-as-non-root"), "it may not listen on port 80"));
    assert_eq!(pod(&told)["securityContext"]["sysctls"][0]["name"], "net.ipv4.ip_unprivileged_port_start");
    let told = explain(&log("exec /usr/bin/caddy: operation not permitted"), &user).unwrap();
    assert_eq!((told.rule, told.pattern), (Some("capabilities"), Some("exec-eperm")));
    assert_eq!(pod(&told)["containers"][0]["securityContext"]["capabilities"]["add"], json!(["NET_BIND_SERVICE"]));
}

#[test]
fn limits_are_doubled() {
    let limits = |memory: &str| json!({"containers": [{"name": "web", "image": "x", "resources": {"limits": {"memory": memory}}}]});
    let reasons = [("containers/0/resources/limits/memory", "limits")];
    let target = target(json!({"containers": [{"name": "web", "image": "x"}]}), limits("32Mi"), &reasons);
    let told = explain(&failure(vec![seen(Source::Terminated, Some("web"), "OOMKilled")]), &target).unwrap();
    assert_eq!(pod(&told)["containers"][0]["resources"]["limits"]["memory"], "64Mi");
    assert_eq!(told.advice, "raise the memory limit from 32Mi to 64Mi");
}

#[test]
fn a_refusal_of_all_pods_is_told_in_its_own_words() {
    let message = "pods \"web-1\" is forbidden: exceeded quota: q, requested: limits.memory=1Gi, used: limits.memory=0, limited: limits.memory=512Mi";
    let reasons = [("containers/0/resources/limits/memory", "limits")];
    let before = json!({"containers": [{"name": "web", "image": "x"}]});
    let after = json!({"containers": [{"name": "web", "image": "x", "resources": {"limits": {"memory": "1Gi"}}}]});
    let told =
        explain(&failure(vec![seen(Source::Condition, None, message)]), &target(before.clone(), after, &reasons))
            .unwrap();
    assert!(told.cause.contains("limits.memory=1Gi") && told.rule == Some("limits"), "{told:?}");
    assert_eq!(told.mended.unwrap()["spec"]["template"]["spec"], before);
}

#[test]
fn a_policy_refuses_what_the_only_rule_did() {
    let message = "pods \"web-1\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: rule 7";
    let seen = failure(vec![seen(Source::Condition, None, message)]);
    let mut target = read_only("acme/api:1");
    let told = explain(&seen, &target).unwrap();
    assert_eq!(
        (told.rule, told.cause.as_str()),
        (Some("read-only-root"), "the admission policy p refuses the pod: rule 7")
    );
    assert!(told.advice.ends_with("or leave read-only-root out (--skip read-only-root)"), "{}", told.advice);
    target.reasons.push(Reason { rule: "limits", ..target.reasons[0].clone() });
    let told = explain(&seen, &target).unwrap();
    assert_eq!((told.rule, told.mended), (None, None));
}

#[test]
fn the_program_says_more_than_the_kubelet_and_secrets_are_not_told() {
    let both = failure(vec![
        seen(Source::Event, Some("web"), "Readiness probe failed: dial tcp 10.0.0.1:80: connect: connection refused"),
        seen(Source::Log, Some("web"), "cannot save: Read-only file system password=S3cure!pa55\n"),
    ]);
    let told = explain(&both, &read_only("acme/api:1")).unwrap();
    assert_eq!(told.pattern, Some("any-erofs"));
    assert!(told.evidence.text.contains("password=***"), "{}", told.evidence.text);
}

#[test]
fn what_no_pattern_knows_is_told_by_its_exit_code_and_last_words() {
    let mut end = seen(Source::Terminated, Some("web"), "Error");
    end.exit_code = Some(127);
    let told =
        explain(&failure(vec![end, seen(Source::Log, Some("web"), "one\nlast words\n\n")]), &read_only("x")).unwrap();
    assert_eq!(told.cause, "container web ends with exit code 127: its command is not found");
    assert_eq!((told.evidence.text.as_str(), told.pattern), ("last words", None));
    let mut quiet = seen(Source::Event, Some("web"), "Back-off restarting failed container web in pod web-1");
    quiet.exit_code = Some(0);
    let told = explain(&failure(vec![quiet]), &read_only("x")).unwrap();
    assert!(told.cause.starts_with("container web ends with exit code 0: it ends as if"), "{}", told.cause);
    assert_eq!(told.advice, "what it says tells no rule; try without the riskiest first: --skip read-only-root");
    assert!(explain(&failure(Vec::new()), &read_only("x")).is_none());
    for code in [0, 126, 137, 159] {
        assert!(meaning(code).is_some(), "{code}");
    }
}

#[test]
fn a_rule_left_out_takes_along_what_it_brought() {
    let before = json!({"containers": [{"name": "web", "image": "x", "volumeMounts": [{"name": "a", "mountPath": "/a"}]}], "volumes": [{"name": "a"}]});
    let mut after = before.clone();
    after["containers"][0]["securityContext"] = json!({"readOnlyRootFilesystem": true, "runAsUser": 7});
    after["containers"][0]["volumeMounts"] =
        json!([{"name": "a", "mountPath": "/a"}, {"name": "w", "mountPath": "/x"}]);
    after["volumes"] = json!([{"name": "a"}, {"name": "w"}]);
    after["initContainers"] = json!([{"name": "fill-w", "volumeMounts": [{"name": "w", "mountPath": "/writable"}]}]);
    let reasons = [
        (FLAG, "read-only-root"),
        ("containers/0/volumeMounts/-", "read-only-root"),
        ("volumes/-", "read-only-root"),
        ("initContainers/-", "read-only-root"),
        ("containers/0/securityContext/runAsUser", "run-as-non-root"),
    ];
    let target = target(before.clone(), after, &reasons);
    let missing = seen(Source::Waiting, Some("web"), "exec: \"/x/run\": stat /x/run: no such file or directory");
    let told = explain(&failure(vec![missing]), &target).unwrap();
    let mut wanted = before;
    wanted["containers"][0]["securityContext"] = json!({"runAsUser": 7});
    assert_eq!(*pod(&told), wanted);
}
