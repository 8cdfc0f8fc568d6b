//! The report for machines and its schema.

use super::*;

/// The schema in the repository is the one the types give. `UPDATE=1 cargo test --lib` writes it.
#[test]
#[allow(clippy::disallowed_methods)]
fn the_published_schema_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/report.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, json_schema()).unwrap();
    }
    let published = std::fs::read_to_string(&path).unwrap();
    assert!(published == json_schema(), "docs/report.schema.json is old: run UPDATE=1 cargo test --lib");
}

#[test]
fn the_json_report_keeps_its_schema_whatever_it_holds() {
    let schema: Value = serde_json::from_str(&json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut stage = Stage::new(WEB);
    let removed = change("containers/0/ports/0/hostPort", Some(json!(80)), None, Risk::Breaking);
    stage.find("host-ports", Outcome::LeftOut(Risk::Breaking), vec![removed]).source = None;
    stage.find("sysctls", Outcome::Excepted("we own the nodes".into()), vec![]).subject.container = None;
    stage.find("host-path-volumes", Outcome::Undecided, vec![]).decision = Some("who?".into());
    let report: Value = serde_json::from_str(&stage.told(json)).unwrap();
    let faults: Vec<String> = validator.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");

    let findings = &report["workloads"][0]["findings"];
    assert_eq!(findings[0]["changes"][0]["before"], 80);
    assert!(findings[0]["changes"][0].get("after").is_none() && findings[0].get("line").is_none());
    assert_eq!(findings[1]["exception"], "we own the nodes");
    assert_eq!(report["summary"]["findings"], 2);
    // The schema is not so wide that it lets everything through.
    for key in ["kind", "summary", "workloads", "refused"] {
        let mut broken = report.clone();
        broken.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&broken), "{key}");
    }
}
