//! Changes outside of the object that a finding is about: all that belongs together is done, or nothing of it.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{Limits, Outcome, Plan, PlannedFinding, make, make_around, new_text};
use kubectl_harden::profile::{Profile, RuleSetting, load};
use kubectl_harden::rules::{Check, Elsewhere, Findings, Matter, Proposal, Risk, Rule, Severity, Stage};
use kubectl_harden::workload::{Pod, Whole, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const WORKLOADS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
    name: cleaner
    namespace: shop
spec:
    template:
        spec:
            containers:
                - name: cleaner
                  image: example/cleaner
                  command: [sh, -c, kubectl delete pod old] # every hour
# the front end
---
apiVersion: apps/v1
kind: Deployment
metadata:
    name: web
    namespace: shop
spec:
    template:
        spec:
            containers:
                - name: web
                  image: example/web
";

const BINDING: &str = "\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: edit, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}
subjects:
- {kind: ServiceAccount, name: default, namespace: shop} # the jobs
";

const FLAGS: &str = "--own-service-accounts --only service-account,service-account-token";

#[test]
fn an_account_of_its_own_comes_with_its_binding() {
    let place = Place::new();
    place.write("a.yaml", WORKLOADS);
    place.write("b.yaml", BINDING);
    let ran = place.run(&format!("rewrite . {FLAGS}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("1 new object added"), "{}", ran.err);
    let account = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n    name: cleaner\n    namespace: shop\n";
    let expected = WORKLOADS
        .replace("# every hour\n", "# every hour\n            serviceAccountName: cleaner\n")
        .replace("# the front end\n", &format!("# the front end\n{account}"))
        .replace("image: example/web\n", "image: example/web\n            automountServiceAccountToken: false\n");
    assert_eq!(place.read("a.yaml"), expected);
    assert_eq!(place.read("b.yaml"), BINDING.replace("name: default", "name: cleaner"));

    let ran = place.run(&format!("rewrite . {FLAGS}"));
    assert!(ran.err.contains("nothing to rewrite"), "a second run adds nothing: {}", ran.err);
    assert_eq!(place.read("a.yaml"), expected);
}

#[test]
fn the_reports_tell_of_it() {
    let place = Place::new();
    place.write("a.yaml", WORKLOADS);
    place.write("b.yaml", BINDING);
    let report: Value = serde_json::from_str(&place.run(&format!("diff -f . -o json {FLAGS}")).out).unwrap();
    let added = &report["added"][0];
    assert_eq!(
        (&added["kind"], &added["name"], &added["file"]),
        (&json!("ServiceAccount"), &json!("cleaner"), &json!("a.yaml"))
    );
    assert_eq!(added["with"], "Deployment shop/cleaner");
    assert_eq!(report["summary"]["added"], 1);
    let binding = &report["others"][0];
    assert_eq!((&binding["kind"], &binding["findings"][0]["outcome"]), (&json!("RoleBinding"), &json!("mended")));
    assert_eq!(binding["findings"][0]["line"], 6);
    assert!(report["files"].as_array().unwrap().iter().all(|file| file["changed"] == true));

    let ran = place.run(&format!("diff -f . --reasons {FLAGS}"));
    for note in ["service-account: it goes with Deployment shop/cleaner", "only Deployment shop/cleaner uses the API"] {
        assert!(ran.out.contains(note), "{}", ran.out);
    }
    assert!(ran.err.contains("--own-service-accounts"), "the hints keep the flag: {}", ran.err);
    let rendered = place.run(&format!("render -f a.yaml -f b.yaml -q {FLAGS}")).out;
    assert!(
        rendered.contains("kind: ServiceAccount") && rendered.contains("name: cleaner, namespace: shop}"),
        "{rendered}"
    );
    // Without the flag nothing is made.
    let ran = place.run("diff -f . -o json --only service-account");
    assert!(ran.out.contains("--own-service-accounts` does"), "{}", ran.out);
    assert_eq!(ran.code, 0);
}

#[test]
fn a_pod_gets_no_account_that_stands_behind_it() {
    let pod = |name: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{containers: [{{name: a, image: {image}}}]}}\n"
        )
    };
    let place = Place::new();
    place.write("a.yaml", [pod("tool", "registry.k8s.io/kubectl:v1.33.0"), pod("web", "example/web")].join("---\n"));
    place.write("b.yaml", BINDING);
    let ran = place.run("diff -f . -o json --own-service-accounts --only service-account");
    assert!(ran.out.contains("refuses a Pod whose ServiceAccount stands behind it"), "{}", ran.out);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["added"], json!([]));
}

#[test]
fn an_object_in_a_list_gets_another_item() {
    let item = |text: &str| format!("- {}", text.trim_end().replace('\n', "\n  "));
    let documents: Vec<&str> = WORKLOADS.split("---\n").chain([BINDING]).collect();
    let items: Vec<String> = documents.iter().map(|text| item(text)).collect();
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{}\n", items.join("\n"));
    let place = Place::new();
    place.write("list.yaml", &list);
    assert_eq!(place.run(&format!("rewrite . {FLAGS}")).code, 0);
    let text = place.read("list.yaml");
    assert!(text.contains("ServiceAccount, name: cleaner, namespace: shop} # the jobs\n"), "{text}");
    let last = "\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata:\n      name: cleaner\n      namespace: shop\n";
    assert!(text.ends_with(last), "{text}");
    assert!(place.run(&format!("rewrite . {FLAGS}")).err.contains("nothing to rewrite"));

    // So it is in JSON, which takes no second object behind the first.
    let value: Value = Stream::read(list).unwrap().document(0).unwrap().value().unwrap();
    let place = Place::new();
    place.write("list.json", serde_json::to_string_pretty(&value).unwrap());
    assert_eq!(place.run(&format!("rewrite . {FLAGS}")).code, 0);
    let after: Value = serde_json::from_str(&place.read("list.json")).unwrap();
    assert_eq!(after["items"][3]["kind"], "ServiceAccount");
    assert_eq!(after["items"][2]["subjects"][0]["name"], "cleaner");
}

#[test]
fn where_one_part_cannot_be_done_nothing_is() {
    // A file that takes no second object.
    let cleaner = Stream::read(WORKLOADS.to_owned()).unwrap().document(0).unwrap().value().unwrap();
    let place = Place::new();
    place.write("cleaner.json", cleaner.to_string());
    place.write("web.yaml", WORKLOADS.split("---\n").nth(1).unwrap());
    place.write("b.yaml", BINDING);
    let ran = place.run(&format!("rewrite . -o json {FLAGS}"));
    assert_eq!(place.read("cleaner.json"), cleaner.to_string(), "{}", ran.err);
    assert_eq!(place.read("b.yaml"), BINDING);
    assert!(ran.out.contains("a JSON file takes no second object"), "{}", ran.out);

    // A binding that cannot be edited: it names the account twice.
    let stubborn = BINDING.replace(
        "- {kind: ServiceAccount, name: default, namespace: shop}",
        "- {kind: ServiceAccount, name: default, name: default, namespace: shop}",
    );
    let place = Place::new();
    place.write("a.yaml", WORKLOADS);
    place.write("b.yaml", &stubborn);
    let ran = place.run(&format!("rewrite . -o json {FLAGS}"));
    assert_eq!((ran.code, place.read("b.yaml").as_str()), (2, stubborn.as_str()), "{}", ran.err);
    let text = place.read("a.yaml");
    assert!(!text.contains("serviceAccountName") && !text.contains("kind: ServiceAccount"), "{text}");
    assert!(ran.out.contains("the file of RoleBinding shop/edit cannot be changed"), "{}", ran.out);
}

// The mechanism, with rules made for it.

/// Every pod wants the ConfigMap of its annotation `wants`, with the value of `key` (or a new one of that name, `new`).
const WANTING: Rule = Rule {
    id: "service-account",
    title: "",
    severity: Severity::Low,
    matter: Matter::Secrets,
    mends: "",
    risks: &[],
    standards: &[],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(want),
};
static PODS: Rule = WANTING;
/// A rule about ConfigMaps that sets what the others speak of.
static MAPS: Rule = Rule {
    id: "image-secrets",
    check: Check::Object { wants: |_, kind| kind == "ConfigMap", check: |whole, found| settle(whole, found) },
    ..WANTING
};

fn want(pod: &Pod<'_>, found: &mut Findings) {
    let done = pod.field("hostname");
    if done.is_stated() {
        return;
    }
    let text = |key: &str| pod.annotation(key).as_str().unwrap_or_default().to_owned();
    let assessment = || Risk::Safe.because("a test");
    let mut draft = found.at(&done).because("a test").set(&done, "done", assessment());
    if let Ok(document) = text("wants").parse() {
        let proposal =
            Proposal { pointer: "/data/key".into(), value: Some(json!(text("key"))), assessment: assessment() };
        draft = draft.along(Elsewhere::Field { manifest: 0, document, base: String::new(), proposal });
    }
    let name = text("new");
    if !name.is_empty() {
        let map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": text("key")}});
        draft.along(Elsewhere::Document(map));
    }
}

fn settle(whole: &Whole<'_>, found: &mut Findings) {
    let key = whole.field("data/settled");
    if key.is_stated() && whole.field("data/key").as_str() != Some("settled") {
        let field = whole.field("data/key");
        found.at(&field).because("a test").set(&field, "settled", Risk::Safe.because("a test"));
    }
}

fn pod(name: &str, annotations: Value) -> String {
    let value =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": annotations}, "spec": {}});
    serde_yaml::to_string(&value).unwrap()
}

fn map(name: &str, data: Value) -> String {
    serde_yaml::to_string(&json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}))
        .unwrap()
}

fn profile() -> Profile {
    let mut profile = load("privileged", &|_, _| Err(String::new())).unwrap();
    profile.rules = vec![RuleSetting::of(&PODS), RuleSetting::of(&MAPS)];
    profile
}

fn planned(documents: &[String], sealed: &[usize]) -> (Plan, World, Stream) {
    let stream = Stream::read(documents.join("---\n")).unwrap();
    let profile = profile();
    let (world, _) = World::of(&[&stream], &profile.kinds);
    let limits = Limits { max_risk: Risk::Likely, today: "2026-11-28".into() };
    let sealed: BTreeSet<usize> = sealed.iter().copied().collect();
    let plan = make_around(&profile, &world, &[&stream], &limits, &sealed).unwrap();
    if sealed.is_empty() {
        let same = make(&profile, &world, &[&stream], &limits).unwrap();
        assert_eq!(new_text(&same, &world, 0, &stream), new_text(&plan, &world, 0, &stream));
    }
    (plan, world, stream)
}

/// The values of the new text.
fn after(plan: &Plan, world: &World, stream: &Stream) -> Vec<Value> {
    let text = new_text(plan, world, 0, stream).unwrap().unwrap_or_else(|| stream.text().to_owned());
    let read = Stream::read(text).unwrap();
    read.documents().map(|document| document.value().unwrap()).collect()
}

fn outcomes(plan: &Plan) -> Vec<(String, bool)> {
    let told = |finding: &PlannedFinding| {
        (finding.decision.as_deref().unwrap_or_default().to_owned(), finding.outcome == Outcome::Mended)
    };
    plan.objects.iter().flat_map(|planned| &planned.findings).map(told).collect()
}

#[test]
fn what_two_findings_ask_for_alike_is_done_once() {
    let documents = [
        map("m", json!({"a": "b"})),
        pod("a", json!({"wants": "0", "key": "x", "new": "extra"})),
        pod("b", json!({"wants": "0", "key": "x", "new": "extra"})),
    ];
    let (plan, world, stream) = planned(&documents, &[]);
    let values = after(&plan, &world, &stream);
    assert_eq!(values.len(), 4);
    assert_eq!(values[0]["data"], json!({"a": "b", "key": "x"}));
    assert_eq!(
        (&values[2]["kind"], &values[3]["kind"]),
        (&json!("ConfigMap"), &json!("Pod")),
        "behind the first of them"
    );
    assert_eq!(plan.objects[0].findings.len(), 1, "told once at the object that goes along");
    assert_eq!((plan.tally().added, plan.tally().changing_others), (1, 1));
}

#[test]
fn of_what_contradicts_itself_nothing_is_done() {
    for (one, other, why) in [
        (json!({"wants": "0", "key": "x"}), json!({"wants": "0", "key": "z"}), "another change of ConfigMap m"),
        (
            json!({"new": "extra", "key": "x"}),
            json!({"new": "extra", "key": "z"}),
            "two different objects would be named ConfigMap extra",
        ),
    ] {
        let documents = [map("m", json!({"a": "b"})), pod("a", one), pod("b", other), pod("c", json!({"new": "c"}))];
        let (plan, world, stream) = planned(&documents, &[]);
        let told = outcomes(&plan);
        assert!(told[..2].iter().all(|(decision, mended)| !mended && decision.contains(why)), "{told:?}");
        assert!(told[2].1, "the third has nothing to do with them");
        let values = after(&plan, &world, &stream);
        assert_eq!(values[0]["data"], json!({"a": "b"}));
        assert!(values[1]["spec"].get("hostname").is_none() && values[3]["spec"]["hostname"] == "done");
        assert_eq!(values.len(), 5);
    }
}

#[test]
fn what_is_not_there_or_there_already_or_shut_denies_the_change() {
    for (map_of, wish, sealed, why) in [
        (json!({"a": "b"}), json!({"wants": "7", "key": "x"}), false, "is not in the input"),
        (json!("text"), json!({"wants": "0", "key": "x"}), false, "/data is no place for it"),
        (json!({"a": "b"}), json!({"new": "m", "key": "x"}), false, "there is a ConfigMap m already"),
        (json!({"settled": "yet"}), json!({"wants": "0", "key": "x"}), false, "something else changes /data/key"),
        (json!({"a": "b"}), json!({"wants": "0", "key": "x"}), true, "cannot be changed"),
    ] {
        let (plan, world, stream) = planned(&[map("m", map_of), pod("a", wish)], if sealed { &[0] } else { &[] });
        let told = outcomes(&plan);
        let (decision, mended) = told.last().unwrap();
        assert!(!mended && decision.contains(why), "{told:?}");
        assert!(after(&plan, &world, &stream)[1]["spec"].get("hostname").is_none());
        assert!(plan.added.is_empty());
    }
}
