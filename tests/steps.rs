//! What `check` says at its end: what keeps workloads from `restricted`, the fewest steps to it, and the exception that a
//! node agent needs, ready to paste.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::{Value, json};

fn workload(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    spec: {spec}\n"
    )
}

fn plain(name: &str, image: &str) -> String {
    workload("Deployment", name, &format!("{{containers: [{{name: {name}, image: {image}}}]}}"))
}

const AGENT: &str = "{containers: [{name: agent, image: 'fluent/fluent-bit:3.1', volumeMounts: [{name: log, mountPath: /var/log}]}, \
    {name: web, image: 'nginx:1.27'}], volumes: [{name: log, hostPath: {path: /var/log}}]}";

const PORT: &str = "{containers: [{name: web, image: 'nginx:1.27', ports: [{containerPort: 8080, hostPort: 8080}]}]}";

fn report(place: &Place, line: &str) -> Value {
    serde_json::from_str(&place.run(line).out).unwrap()
}

#[test]
fn the_step_that_brings_most_through_stands_first() {
    let place = Place::new();
    place.write(
        "all.yaml",
        [
            plain("web", "nginx:1.27"),
            workload("Deployment", "port", PORT),
            plain("api", "registry.example/api:1"),
            plain("worker", "registry.example/api:1"),
            // Needs two steps, of which one is taken already.
            workload(
                "Deployment",
                "both",
                "{hostNetwork: true, containers: [{name: a, image: 'registry.example/api:1', ports: [{containerPort: 8080}]}]}",
            ),
            workload("DaemonSet", "logs", AGENT),
        ]
        .concat(),
    );
    let report = report(&place, "check -f all.yaml -o json");
    let remains = &report["remains"];
    assert_eq!(
        (&remains["level"], &remains["beyond"], &remains["nodeAgents"]),
        (&json!("restricted"), &json!(0), &json!(1))
    );
    let steps: Vec<_> = remains["steps"].as_array().unwrap().iter().collect();
    let told: Vec<_> = steps.iter().map(|step| (&step["workloads"], step["gained"].as_u64().unwrap())).collect();
    // Two wait for the image alone, then one each. The port of the node's network waits for `host-namespaces`.
    assert_eq!(told, [(&json!([2, 3, 4]), 2), (&json!([1]), 3), (&json!([4]), 4)]);
    assert_eq!(steps[0]["image"], "registry.example/api:1");
    assert_eq!(steps[1]["rules"], json!(["host-ports"]));
    assert_eq!(steps[2]["rules"], json!(["host-namespaces"]));

    let said = place.run("check -f all.yaml").err;
    let end = said.split_once("\nfewest steps for 4 more to pass restricted:\n").unwrap().1;
    let expected = "  1. say what registry.example/api:1 is (3 workloads): `--inspect-images`,
     `--image-source` or an entry under `images` of the profile
  2. Deployment shop/port, container web: ports[0].hostPort: 8080 -> 0
     (breaking)
  3. Deployment shop/both: spec.template.spec.hostNetwork: true -> false
     (breaking)
  1 workload needs its node and stays: record the exception that is shown above
";
    assert!(end.starts_with(expected), "{end}");
}

#[test]
fn the_steps_are_true() {
    let place = Place::new();
    place.write("all.yaml", [plain("api", "registry.example/api:1"), workload("Deployment", "port", PORT)].concat());
    let profile = "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: team}\nspec:\n  extends: [hardened]\n  \
        images:\n    - {match: [registry.example/api], user: {uid: 1000}, writable: []}\n";
    place.write("team.yaml", profile);
    let before = report(&place, "check -f all.yaml -o json");
    assert_eq!(
        (&before["summary"]["restricted"]["after"], &before["remains"]["steps"][1]["gained"]),
        (&json!(0), &json!(2))
    );
    let after = report(&place, "check -f all.yaml -o json -p team.yaml");
    assert_eq!(
        (&after["summary"]["restricted"]["after"], &after["remains"]["steps"][0]["gained"]),
        (&json!(1), &json!(1))
    );
    let after = report(&place, "check -f all.yaml -o json -p team.yaml --max-risk breaking");
    assert_eq!((&after["summary"]["restricted"]["after"], &after["remains"]["steps"]), (&json!(2), &json!([])));
}

#[test]
fn a_program_that_has_to_be_root_is_one_decision() {
    let place = Place::new();
    place.write("git.yaml", plain("git", "gitea/gitea:1.22"));
    let report = report(&place, "check -f git.yaml -o json");
    let steps = report["remains"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{steps:?}");
    assert!(steps[0]["what"].as_str().unwrap().contains("has to stay root"), "{steps:?}");
    // What the run itself adds is nobody's finding.
    assert!(!place.run("check -f git.yaml").out.contains("container fill-"));
}

#[test]
fn rules_that_are_left_out_are_a_step_and_an_exception_is_none() {
    let place = Place::new();
    place.write("web.yaml", plain("web", "nginx:1.27"));
    let steps = |line: &str| report(&place, line)["remains"].clone();
    let remains = steps("check -f web.yaml -o json --skip seccomp-profile");
    assert!(remains["steps"][0]["what"].as_str().unwrap().contains("rules of the level"), "{remains}");
    let annotated = "metadata: {annotations: {kubectl-harden.dev/skip.seccomp-profile: it traces}, ";
    place.write("web.yaml", plain("web", "nginx:1.27").replace("metadata: {", annotated));
    let remains = steps("check -f web.yaml -o json");
    assert_eq!((&remains["steps"], &remains["excepted"]), (&json!([]), &json!(1)));
}

#[test]
fn the_exception_of_a_node_agent_can_be_pasted() {
    let place = Place::new();
    place.write("logs.yaml", workload("DaemonSet", "logs", AGENT));
    let found = report(&place, "check -f logs.yaml -o json");
    let entry = &found["workloads"][0]["exception"];
    assert_eq!(entry["containers"], json!(["agent"]));
    assert!(entry["reason"].as_str().unwrap().starts_with("fluent-bit is a log shipper: "), "{entry}");
    let said = place.run("check -f logs.yaml").out;
    assert_eq!(said.matches("\nnote: DaemonSet shop/logs needs its node").count(), 1, "{said}");

    let head = "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: team}\nspec:\n  extends: [hardened]\n  exceptions:\n";
    let lines: String = said
        .split_once("exceptions of a profile\n")
        .unwrap()
        .1
        .lines()
        .take(4)
        .map(|line| format!("{line}\n"))
        .collect();
    for entry in [lines, format!("    - {entry}\n")] {
        place.write("team.yaml", format!("{head}{entry}"));
        let ran = place.run("check -f logs.yaml -o json -p team.yaml");
        assert!(!ran.err.contains("Warning"), "{}", ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let left: Vec<_> = report["workloads"][0]["findings"].as_array().unwrap().iter().collect();
        let role = left.iter().filter(|one| one["outcome"] == "excepted").count();
        assert!(role >= 2, "{left:?}");
        assert!(report["workloads"][0].get("exception").is_none(), "nothing is left to except");
        assert_eq!((&report["remains"]["nodeAgents"], &report["remains"]["excepted"]), (&json!(0), &json!(1)));
    }
}

#[test]
fn what_is_breaking_for_a_node_agent_says_so() {
    let place = Place::new();
    let exporter = "{hostNetwork: true, hostPID: true, containers: [{name: node, image: 'quay.io/prometheus/node-exporter:v1.8.2'}]}";
    place.write("node.yaml", workload("DaemonSet", "node", exporter));
    let report = report(&place, "check -f node.yaml -o json --only host-namespaces");
    for finding in report["workloads"][0]["findings"].as_array().unwrap() {
        let evidence = finding["changes"][0]["evidence"].as_str().unwrap();
        assert!(evidence.starts_with("the manifest asks for `host"), "{evidence}");
        assert!(evidence.contains("node-exporter") && evidence.ends_with("; record an exception for it"), "{evidence}");
    }
    let entry = &report["workloads"][0]["exception"];
    assert_eq!((&entry["rules"], entry.get("containers")), (&json!(["host-namespaces"]), None));
}
