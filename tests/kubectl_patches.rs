//! `-o patch` held against the tools it is for: the real `kubectl patch` and `kubectl kustomize`, where there is a kubectl on
//! PATH, make of each manifest what was planned.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

use kubectl_harden::export::{json_patch, kustomize_patch, strategic_patch};
use kubectl_harden::workload::Identity;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each pod of the test data in a workload of its own.
fn workloads() -> Vec<Value> {
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in std::fs::read_dir("testdata/rules").unwrap() {
        files.extend(std::fs::read_dir(folder.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.sort();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "yaml")) {
        for document in serde_yaml::Deserializer::from_str(&std::fs::read_to_string(file).unwrap()) {
            let Ok(Value::Object(mut case)) = Value::deserialize(document) else { continue };
            let Some(template) = case.remove("pod").filter(|pod| pod["spec"]["containers"].is_array()) else {
                continue;
            };
            let name = format!("w{}", found.len());
            found.push(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
                "spec": {"selector": {}, "template": template}}));
        }
    }
    found
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code <= 1), "{command:?}: {said}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn kubectl() -> bool {
    let there =
        Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("skipped: there is no kubectl on this machine");
    }
    there
}

fn harden(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("kubectl-harden"));
    command.args(["diff", "-q", "--max-risk", "breaking", "-f", "."]).args(args).current_dir(folder);
    output(&mut command).unwrap()
}

fn patched(folder: &Path, manifest: &str, form: &str, patch: &str) -> Value {
    let file = folder.join("patch");
    std::fs::write(&file, patch).unwrap();
    let mut command = Command::new("kubectl");
    command.args(["patch", "--local", "-f", manifest, "--type", form, "-o", "json", "--patch-file"]);
    let ran = command.arg(&file).current_dir(folder).output().unwrap();
    std::fs::remove_file(file).unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{manifest}: {error}: {said}\n{patch}"))
}

/// The workloads by their names; what is new beside them is no patch.
fn documents(text: &str) -> BTreeMap<String, Value> {
    let values = serde_yaml::Deserializer::from_str(text).map(|one| Value::deserialize(one).unwrap());
    let values = values.filter(|value| value["kind"] != "NetworkPolicy");
    values.map(|value| (value["metadata"]["name"].as_str().unwrap().to_owned(), value)).collect()
}

/// What a value means: `null` is nothing, 1e8 is 100000000, and in these lists the order does not matter.
fn meant(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
                let mut value = meant(value);
                if let ("volumes" | "volumeMounts" | "ports" | "topologySpreadConstraints", Value::Array(items)) =
                    (name.as_str(), &mut value)
                {
                    items.sort_by_key(ToString::to_string);
                }
                (name.clone(), value)
            });
            let sorted: BTreeMap<String, Value> = fields.collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(meant).collect()),
        Value::Number(number) => json!(number.as_f64()),
        other => other.clone(),
    }
}

#[test]
fn kubectl_and_kustomize_make_of_each_workload_what_was_planned() {
    if !kubectl() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Kustomize holds each patch against each object: all of them would take many minutes.
    let workloads: Vec<Value> = workloads().into_iter().step_by(9).collect();
    let file = |value: &Value| format!("{}.yaml", value["metadata"]["name"].as_str().unwrap());
    for value in &workloads {
        std::fs::write(folder.join(file(value)), serde_yaml::to_string(value).unwrap()).unwrap();
    }
    let planned = documents(&harden(folder, &["-o", "yaml"]));
    let kustomization = harden(folder, &["-o", "patch", "--patch-type", "kustomize"]);
    let mut counts = BTreeMap::new();
    for form in ["strategic", "json"] {
        for patch in harden(folder, &["-o", "patch", "--patch-type", form]).split("---\n") {
            let head = patch.lines().next().unwrap();
            let name = head.split(['/', ' ']).find(|word| word.starts_with('w')).unwrap();
            let form = head.split_once("--type ").unwrap().1.split(' ').next().unwrap();
            *counts.entry(form.to_owned()).or_insert(0) += 1;
            // A quarter is enough for the slower road of one process each.
            if name[1..].parse::<usize>().unwrap() % 4 != 0 {
                continue;
            }
            let now = patched(folder, &format!("{name}.yaml"), form, patch);
            assert_eq!(meant(&now), meant(&planned[name]), "{name} by {form}:\n{patch}");
        }
    }
    assert!(counts["strategic"] > 10 && counts["json"] > 10, "{counts:?}");

    let mut resources = String::from("resources:\n");
    workloads.iter().for_each(|value| resources.push_str(&format!("- {}\n", file(value))));
    std::fs::write(folder.join("kustomization.yaml"), format!("{resources}{kustomization}")).unwrap();
    let built = documents(&output(Command::new("kubectl").args(["kustomize", "."]).current_dir(folder)).unwrap());
    assert_eq!(built.len(), workloads.len());
    for (name, now) in &built {
        assert_eq!(meant(now), meant(planned.get(name).unwrap_or(now)), "{name}:\n{kustomization}");
    }
}

#[test]
fn what_takes_away_moves_and_empties_arrives_as_it_was_meant() {
    if !kubectl() {
        return;
    }
    let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w.eb", "labels": {"a": "1"}}, "spec": spec});
    let web = |more: Value| {
        let mut container = json!({"name": "web", "image": "x"});
        container.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        pod(json!({"containers": [container, {"name": "side", "image": "y"}]}))
    };
    let env = |names: &[&str]| Value::Array(names.iter().map(|name| json!({"name": name, "value": "v"})).collect());
    let volume = |source: Value| {
        pod(json!({"containers": [{"name": "web"}], "volumes": [source, {"name": "b", "emptyDir": {}}]}))
    };
    let cases = [
        (web(json!({"env": env(&["A", "B", "C"])})), web(json!({"env": env(&["A", "C"])}))),
        (web(json!({"env": env(&["A"])})), web(json!({"env": env(&["A", "B"])}))),
        (web(json!({"env": env(&["A", "B"])})), web(json!({"env": env(&["B", "A"])}))),
        (web(json!({"env": env(&["A"])})), web(json!({}))),
        (web(json!({"command": ["a", "b"], "args": ["c"]})), web(json!({"command": ["b"]}))),
        (web(json!({"securityContext": {"privileged": true}})), web(json!({"securityContext": {}}))),
        (
            web(json!({"securityContext": {"capabilities": {"add": ["A"]}}})),
            web(json!({"securityContext": {"capabilities": {"drop": ["ALL"]}}})),
        ),
        (
            web(json!({"ports": [{"containerPort": 1}]})),
            web(json!({"ports": [{"containerPort": 1, "protocol": "UDP"}, {"containerPort": 2}]})),
        ),
        (volume(json!({"name": "a", "hostPath": {"path": "/"}})), volume(json!({"name": "a", "emptyDir": {}}))),
        (
            pod(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
            pod(json!({"containers": [{"name": "b"}, {"name": "a"}]})),
        ),
        (
            pod(json!({"containers": [{"name": "a"}, {"name": "b"}]})),
            pod(json!({"containers": [{"name": "b", "tty": true}]})),
        ),
        (
            pod(json!({"nodeSelector": {"a": "yes"}, "hostPID": true})),
            pod(json!({"nodeSelector": {"a": "on"}, "tolerations": []})),
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (before, after) in &cases {
        std::fs::write(folder.join("w.yaml"), before.to_string()).unwrap();
        let json = patched(folder, "w.yaml", "json", &json_patch(before, after).to_string());
        assert_eq!(meant(&json), meant(after), "{before}");
        if let Some(patch) = strategic_patch(before, after) {
            let now = patched(folder, "w.yaml", "strategic", &patch.to_string());
            assert_eq!(meant(&now), meant(after), "{patch}");
        }
        let identity = Identity::of("v1".to_owned(), "Pod".to_owned(), before);
        let entry = kustomize_patch(before, after, &identity).unwrap();
        let kustomization = json!({"resources": ["w.yaml"], "patches": [entry]});
        std::fs::write(folder.join("kustomization.yaml"), kustomization.to_string()).unwrap();
        let built = output(Command::new("kubectl").args(["kustomize", "."]).current_dir(folder)).unwrap();
        assert_eq!(meant(&documents(&built)["w.eb"]), meant(after), "{entry}");
    }
}
