use super::*;
use crate::cluster::Resource;
use crate::cluster::journal::Fixture;
use std::sync::Arc;

fn entry() -> Entry {
    let of = |value: &str, user: Value| {
        let env = json!([{"name": "DB_PASSWORD", "value": value}]);
        let container = json!({"name": "web", "env": env, "securityContext": user});
        json!({"spec": {"template": {"spec": {"containers": [container]}}}})
    };
    Fixture { before: of("S3cure!pa55", json!({})), after: of("rotated!pa55", json!({"runAsUser": 101})) }.entry()
}

fn live(kind: &str) -> Live {
    let resource = Arc::new(Resource::builtin("apps", "v1", kind, &format!("{}s", kind.to_lowercase()), true));
    Live::new(&resource, json!({"metadata": {"name": "web", "namespace": "shop"}}))
}

#[test]
fn a_line_for_each_object() {
    let (mut one, mut other) = (entry(), entry());
    one.reference.name = "db\u{1b}[2K".to_owned();
    (one.fate, other.fate) = (Fate::Written, Fate::TakenBack);
    assert_eq!(
        table(&[&one, &other]),
        [
            "RUN                         NAMESPACE   OBJECT                    PROFILE      CHANGES   STATE\n",
            "2026-11-30T01-20-00Z-4f1c   shop        deployment.apps/db^[[2K   restricted   2         applied, not watched to the end\n",
            "2026-11-30T01-20-00Z-4f1c   shop        deployment.apps/web       restricted   2         taken back\n",
        ]
        .concat()
    );
    let hint = open(&[&one, &other], "kubectl harden", "");
    assert!(hint.contains("kubectl harden undo 2026-11-30T01-20-00Z-4f1c\n") && hint.lines().count() == 1, "{hint}");
    one.running = true;
    assert_eq!((state(&one), open(&[&one], "x", "")), ("under way", String::new()));
}

#[test]
fn machines_get_each_value_and_no_secret() {
    let told = json(&[&entry()]);
    let changes = &told[0]["changes"];
    assert_eq!(changes[0]["before"], "***");
    let user = "spec.template.spec.containers[web].securityContext.runAsUser";
    assert_eq!(changes[1], json!({"path": user, "before": null, "after": 101}));
    assert_eq!((&told[0]["fate"], &told[0]["object"]["kind"]), (&json!("healthy"), &json!("Deployment")));
}

#[test]
fn what_would_return_is_shown_without_secrets() {
    let of = |env: &str, user: Option<u64>| json!({"spec": {"env": [{"name": "DB_PASSWORD", "value": env}], "runAsUser": user}});
    let mut now = live("Deployment");
    now.value = of("rotated!pa55", Some(101));
    let told = plan(&Plan { live: now, after: Some(of("S3cure!pa55", Some(0))), left: vec!["x stays".to_owned()] });
    assert_eq!(told, "  spec.env[DB_PASSWORD].value: *** -> ***\n  spec.runAsUser: 101 -> 0\n  x stays\n");
}

#[test]
fn an_object_hardened_from_elsewhere_says_what_can_be_done() {
    let mark = r#"{"profile":"restricted","run":"R","revision":"7"}"#;
    let told = unknown(&live("Deployment"), Some(mark), "kubectl harden");
    assert!(told.contains("run R hardened it by profile restricted"), "{told}");
    assert!(told.ends_with("kubectl rollout undo deployment/web -n shop --to-revision=7"), "{told}");
    let told =
        unknown(&live("StatefulSet"), Some(r#"{"profile":"p","run":"R","revision":"web-5d"}"#), "kubectl harden");
    assert!(told.ends_with("kubectl rollout history statefulset/web -n shop"), "{told}");
    let told = unknown(&live("Deployment"), None, "kubectl harden");
    assert_eq!(told, "the journal of this cluster knows nothing of deployment.apps/web");
}
