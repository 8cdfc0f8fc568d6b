use super::*;
use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::{Live, Resource};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The schema in the repository is the one the types give. `UPDATE=1 cargo test --lib` writes it.
#[test]
#[allow(clippy::disallowed_methods)]
fn the_published_schema_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/apply.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, schema()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(published == schema(), "docs/apply.schema.json is old: run UPDATE=1 cargo test --lib");
}

fn told(outcome: Option<&Outcome>) -> Value {
    let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
    let live = Live::new(&resource, json!({"metadata": {"name": "web", "namespace": "shop"}}));
    let change = ValueChange { path: "spec.paused".into(), before: None, after: Some(json!(true)) };
    let wanted = Wanted { changes: vec![change], rules: vec!["limits"], added: Vec::new() };
    let object = ObjectResult::of(&live.reference, outcome, wanted);
    let heading = Heading { profile: "hardened", dry_run: "none", run: Some("R") };
    let report: Value = serde_json::from_str(&json(&heading, vec![object], vec!["e".into()])).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema()).unwrap()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    report["objects"][0].clone()
}

#[test]
fn each_outcome_has_its_name() {
    let fall = |back| {
        let failure = crate::cluster::rollout::Failure { summary: "down".into(), ..Default::default() };
        Outcome::Fallen(Box::new(Fall { failure, diagnosis: None, back, left: vec!["x stays".into()] }))
    };
    let why = || "w".to_owned();
    for (outcome, name, reasons) in [
        (Outcome::Unchanged, "unchanged", json!([])),
        (Outcome::Untouched, "notBegun", json!([])),
        (Outcome::Unwatched(why()), "unwatched", json!(["w"])),
        (Outcome::Refused(vec![why(), why()]), "refused", json!(["w", "w"])),
        (Outcome::Failed(why()), "failed", json!(["w"])),
        (Outcome::Lost(why()), "unknown", json!(["w"])),
        (fall(Back::AsBefore), "rolledBack", json!(["down", "x stays"])),
        (fall(Back::Unwatched(why())), "rolledBack", json!(["down", "w", "x stays"])),
        (fall(Back::Kept), "broken", json!(["down", "x stays"])),
        (fall(Back::Stuck(vec![why()])), "broken", json!(["down", "w", "x stays"])),
    ] {
        let told = told(Some(&outcome));
        assert_eq!((&told["result"], &told["reasons"]), (&json!(name), &reasons), "{outcome:?}");
    }
    let planned = told(None);
    assert_eq!((&planned["result"], &planned["changes"][0]["before"]), (&json!("planned"), &Value::Null));
    let healthy = told(Some(&Outcome::Healthy(Duration::from_secs(12))));
    assert_eq!((&healthy["result"], &healthy["seconds"]), (&json!("healthy"), &json!(12)));
    assert!(healthy.get("diagnosis").is_none());
}

#[test]
fn a_diagnosis_names_the_rule_and_no_secret() {
    let diagnosis = Diagnosis {
        pattern: None,
        cause: "it cannot write".into(),
        evidence: crate::cluster::rollout::Sighting {
            source: crate::cluster::rollout::Source::Log,
            pod: None,
            container: None,
            reason: String::new(),
            exit_code: None,
            text: "password=S3cure!pa55w0rd denied".into(),
        },
        rule: Some("read-only-root"),
        advice: "a volume".into(),
        mended: None,
    };
    let back = Back::Healthy(Duration::from_secs(3));
    let fall = Fall { failure: Default::default(), diagnosis: Some(diagnosis), back, left: Vec::new() };
    let told = told(Some(&Outcome::Fallen(Box::new(fall))));
    assert_eq!((&told["diagnosis"]["rule"], &told["seconds"]), (&json!("read-only-root"), &json!(3)));
    assert!(!told.to_string().contains("S3cure"), "{told}");
}
