//! NetworkPolicies as part of a run over files: what is found, where the policies go, and what the next run makes of them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, Ran};
use serde_json::Value;

/// Only what this is about.
const ONLY: &str = "--only network-policies";

fn deployment(namespace: &str, name: &str, more: &str) -> String {
    let namespace = stated(namespace);
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n{namespace}spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n      - name: main\n        image: shop/{name}:1\n{more}"
    )
}

fn service(namespace: &str, name: &str, port: u16) -> String {
    let namespace = stated(namespace);
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n{namespace}spec: {{selector: {{app: {name}}}, ports: [{{port: {port}}}]}}\n"
    )
}

fn stated(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!("  namespace: {namespace}\n") }
}

fn env(value: &str) -> String {
    format!("        env: [{{name: URL, value: \"{value}\"}}]\n")
}

fn ports(port: u16) -> String {
    format!("        ports: [{{containerPort: {port}}}]\n")
}

fn web(namespace: &str) -> String {
    deployment(namespace, "web", &env("postgres://db:5432/shop"))
}

fn db(namespace: &str) -> String {
    deployment(namespace, "db", &ports(5432)) + &service(namespace, "db", 5432)
}

/// A front end and its database, in a folder of their own.
fn shop(namespace: &str) -> Place {
    let place = Place::new();
    place.write("shop/web.yaml", web(namespace));
    place.write("shop/db.yaml", db(namespace));
    place
}

fn ends(ran: &Ran, code: i32) {
    assert_eq!(ran.code, code, "{ran:?}");
}

/// A text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The names of the policies in a file.
fn policies(text: &str) -> Vec<String> {
    let documents =
        serde_yaml::Deserializer::from_str(text).map(|document| serde::Deserialize::deserialize(document).unwrap());
    let policies = documents.filter(|value: &Value| value["kind"] == "NetworkPolicy");
    policies.map(|value| value["metadata"]["name"].as_str().unwrap().to_owned()).collect()
}

/// Rewriting again changes nothing.
fn rests(place: &Place, flags: &str) {
    let ran = place.run(&format!("rewrite {flags}"));
    ends(&ran, 0);
    assert!(ran.err.contains("nothing to rewrite"), "{ran:?}");
}

#[test]
fn a_folder_gets_a_file_of_policies() {
    let place = shop("shop");
    let check = place.run(&format!("check -f shop/ {ONLY}"));
    ends(&check, 1);
    assert!(check.out.contains("in namespace shop 4 NetworkPolicies are missing"), "{}", check.out);
    assert!(
        flat(&check.out)
            .contains("shop/networkpolicies.yaml gets NetworkPolicies default-deny, allow-dns, db, web (likely: "),
        "{}",
        check.out
    );
    assert_eq!(check.out.matches("[network-policies]").count(), 1, "{}", check.out);

    let ran = place.run(&format!("rewrite shop {ONLY}"));
    ends(&ran, 0);
    assert!(ran.out.contains("shop/networkpolicies.yaml   4 changes"), "{ran:?}");
    assert!(ran.err.contains("4 new objects added"), "{ran:?}");
    assert_eq!(policies(&place.read("shop/networkpolicies.yaml")), ["default-deny", "allow-dns", "db", "web"]);
    assert_eq!(place.read("shop/web.yaml"), web("shop"));
    assert_eq!(place.read("shop/db.yaml"), db("shop"));
    for (from, to, code) in
        [("shop/web", "shop/db 5432", 0), ("shop/db", "shop/web 5432", 1), ("0.0.0.0/0", "shop/db 5432", 1)]
    {
        ends(&place.run(&format!("network can {from} {to} -f shop/")), code);
    }
    rests(&place, &format!("shop {ONLY}"));
    ends(&place.run(&format!("check -f shop/ {ONLY}")), 0);
}

#[test]
fn the_profile_and_the_flag_decide() {
    let place = shop("shop");
    let made = |flags: &str| place.run(&format!("diff -f shop/ {flags}")).out.contains("kind: NetworkPolicy");
    assert!(made("") && made("-p hardened"));
    assert!(!made("-p restricted") && !made("--network-policies=false") && !made("--skip network-policies"));
    assert!(made("-p restricted --network-policies") && made("--only run-as-user --network-policies=true"));
    // Too sure for what is only likely.
    assert!(!made("--max-risk safe"));
    let hint = place.run("check -f shop/ -p restricted --network-policies");
    assert!(hint.err.contains("diff -f shop/ -p restricted --network-policies"), "{}", hint.err);
}

#[test]
fn the_diff_of_a_new_file_applies() {
    let place = shop("shop");
    let diff = place.run(&format!("diff -f shop/ {ONLY}"));
    ends(&diff, 1);
    assert!(diff.out.starts_with("--- /dev/null\n+++ b/shop/networkpolicies.yaml\n@@ -0,0 +1,"), "{}", diff.out);
    let rendered = place.run(&format!("render -f shop/ {ONLY} -q"));
    ends(&rendered, 0);
    assert_eq!(policies(&rendered.out), ["default-deny", "allow-dns", "db", "web"]);
    place.write("it.patch", &diff.out);
    for (program, words) in [("git", ["apply", "it.patch"]), ("patch", ["-p1", "-iit.patch"])] {
        let Some(tool) = place.tool(program, &words, b"") else { continue };
        ends(&tool, 0);
        let applied = place.read("shop/networkpolicies.yaml");
        std::fs::remove_file(place.path().join("shop/networkpolicies.yaml")).unwrap();
        ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
        assert_eq!(place.read("shop/networkpolicies.yaml"), applied);
        std::fs::remove_file(place.path().join("shop/networkpolicies.yaml")).unwrap();
    }
}

#[test]
fn of_single_files_none_are_made_unless_asked() {
    let place = shop("shop");
    let ran = place.run(&format!("rewrite shop/web.yaml {ONLY}"));
    ends(&ran, 0);
    assert!(flat(&ran.err).contains("NetworkPolicies are left out: of single files nobody can tell"), "{ran:?}");
    assert!(ran.err.contains("--network-policies") && ran.err.contains("nothing to rewrite"), "{ran:?}");
    ends(&place.run(&format!("check -f shop/web.yaml {ONLY}")), 0);
    // Asked for by the risk.
    let diff = place.run(&format!("diff -f shop/web.yaml {ONLY} --max-risk unproven"));
    ends(&diff, 1);
    assert!(diff.err.contains("1 unproven"), "{diff:?}");
    // Asked for in so many words.
    let files = "shop/web.yaml shop/db.yaml";
    ends(&place.run(&format!("rewrite {files} --only seccomp-profile --network-policies")), 0);
    assert_eq!(policies(&place.read("shop/networkpolicies.yaml")).len(), 4);
    // The file is there now, and was not named: nobody may write over it.
    let check = place.run(&format!("check -f shop/web.yaml {ONLY} --network-policies"));
    assert!(
        flat(&check.out).contains("shop/networkpolicies.yaml is there already and no part of the input"),
        "{check:?}"
    );
    rests(&place, &format!("{files} shop/networkpolicies.yaml {ONLY} --network-policies"));
}

#[test]
fn a_folder_whose_manifests_are_not_all_read_is_no_whole() {
    let place = shop("shop");
    place.write("shop/more/job.yaml", deployment("shop", "job", &env("http://web:80")));
    let ran = place.run(&format!("diff -f shop/ {ONLY}"));
    ends(&ran, 0);
    assert!(ran.err.contains("left out"), "{ran:?}");
    ends(&place.run(&format!("diff -f shop/ -R {ONLY}")), 1);
    // Neither is one with templates in it.
    place.write("shop/more/chart.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.name }}}\n");
    let ran = place.run(&format!("diff -f shop/ -R {ONLY}"));
    assert!(flat(&ran.err).contains("left out: some files are templates"), "{ran:?}");
    ends(&ran, 0);
    // Nor is anything made of what cannot be read.
    place.write("shop/more/chart.yaml", "a: [\n");
    let ran = place.run(&format!("diff -f shop/ -R {ONLY}"));
    ends(&ran, 2);
    assert!(ran.out.is_empty() && flat(&ran.err).contains("no NetworkPolicies are made of a part"), "{ran:?}");
}

#[test]
fn two_namespaces_of_a_folder_get_a_file_each() {
    let place = Place::new();
    place.write("a.yaml", db("shop"));
    place.write("b.yaml", deployment("front", "web", &env("postgres://db.shop:5432")));
    ends(&place.run(&format!("rewrite . {ONLY}")), 0);
    assert_eq!(policies(&place.read("networkpolicies-shop.yaml")), ["default-deny", "allow-dns", "db"]);
    assert_eq!(policies(&place.read("networkpolicies-front.yaml")), ["default-deny", "allow-dns", "web"]);
    rests(&place, &format!(". {ONLY}"));

    // One file where the profile says so.
    let place = Place::new();
    place.write("k/a.yaml", db("shop"));
    place.write("k/b.yaml", deployment("front", "web", &env("postgres://db.shop:5432")));
    place.write(
        "p.yaml",
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {name: p}\nspec:\n  rules:\n    network-policies: {parameters: {file: net.yml}}\n",
    );
    ends(&place.run("rewrite k -p ./p.yaml"), 0);
    assert_eq!(policies(&place.read("k/net.yml")).len(), 6);
    rests(&place, "k -p ./p.yaml");
    place.write("p.yaml", place.read("p.yaml").replace("net.yml", "../net.yml"));
    let ran = place.run("rewrite k -p ./p.yaml");
    ends(&ran, 2);
    assert!(ran.err.contains("p.yaml:6") && ran.err.contains("ends in .yaml or .yml"), "{ran:?}");
}

#[test]
fn policies_follow_the_flows() {
    let place = shop("shop");
    ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
    let file = "shop/networkpolicies.yaml";
    // A comment of somebody else, and a label: both stay.
    let kept = place.read(file).replacen("metadata:\n", "metadata: # ours\n", 1).replacen(
        "  labels:\n",
        "  labels:\n    team: shop\n",
        1,
    );
    place.write(file, &kept);
    rests(&place, &format!("shop {ONLY}"));
    // A new client, and one that goes.
    place.write("shop/job.yaml", deployment("shop", "report", &env("postgres://db:5432/shop")));
    place.write("shop/web.yaml", deployment("shop", "web", ""));
    let ran = place.run(&format!("rewrite shop {ONLY}"));
    ends(&ran, 0);
    let text = place.read(file);
    assert!(text.contains("metadata: # ours\n") && text.contains("team: shop\n"), "{text}");
    assert_eq!(policies(&text), ["default-deny", "allow-dns", "db", "report"]);
    ends(&place.run("network can shop/report shop/db 5432 -f shop/"), 0);
    ends(&place.run("network can shop/web shop/db 5432 -f shop/"), 1);
    rests(&place, &format!("shop {ONLY}"));
    // All workloads go, and so do their policies.
    for name in ["web", "db", "job"] {
        std::fs::remove_file(place.path().join(format!("shop/{name}.yaml"))).unwrap();
    }
    place.write("shop/other.yaml", deployment("other", "lone", ""));
    ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
    assert!(policies(&place.read(file)).is_empty(), "{}", place.read(file));
    rests(&place, &format!("shop {ONLY}"));
}

#[test]
fn what_was_changed_by_hand_stays_and_is_told() {
    let place = shop("shop");
    ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
    let file = "shop/networkpolicies.yaml";
    let text = place.read(file).replacen("port: 5432", "port: 5433", 1);
    place.write(file, &text);
    let ran = place.run(&format!("rewrite shop {ONLY}"));
    ends(&ran, 0);
    assert!(ran.err.contains("NetworkPolicy shop/db was changed by hand: it stays as it is"), "{ran:?}");
    let after = place.read(file);
    assert!(after.starts_with(text.trim_end()), "{after}");
    // What it no longer allows is allowed beside it.
    assert!(policies(&after).contains(&"db-deployment".to_owned()), "{after}");
    ends(&place.run("network can shop/web shop/db 5432 -f shop/"), 0);
    rests(&place, &format!("shop {ONLY}"));
}

#[test]
fn policies_of_others_are_left_alone() {
    let place = shop("shop");
    let deny = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: theirs, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n";
    place.write("shop/networkpolicies.yaml", deny);
    ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
    assert_eq!(place.read("shop/networkpolicies.yaml"), deny);
    assert_eq!(policies(&place.read("shop/networkpolicies-shop.yaml")), ["allow-dns", "db", "web"]);
    rests(&place, &format!("shop {ONLY}"));
}

#[test]
fn standard_input_gets_them_at_its_end() {
    let place = Place::new();
    let input = web("shop") + &db("shop").replacen("apiVersion", "---\napiVersion", 1);
    let ran = place.run_with(&format!("render -f - -q {ONLY}"), &input);
    ends(&ran, 0);
    assert!(ran.out.starts_with(&input), "{}", ran.out);
    assert_eq!(policies(&ran.out).len(), 4);
    let again = place.run_with(&format!("render -f - -q {ONLY}"), &ran.out);
    assert_eq!(again.out, ran.out);
    let diff = place.run_with(&format!("diff -f - {ONLY}"), &input);
    assert!(diff.out.starts_with("--- a/stdin\n+++ b/stdin\n"), "{}", diff.out);
    // A JSON stream takes no second object.
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"app":"a"}},"spec":{"containers":[{"name":"a","image":"a"}]}}"#;
    let ran = place.run_with(&format!("render -f - {ONLY}"), json);
    assert_eq!(ran.out, json, "{ran:?}");
    let ran = place.run_with(&format!("check -f - {ONLY}"), json);
    assert!(flat(&ran.out).contains("a JSON file takes no second object"), "{ran:?}");
}

#[test]
fn an_exception_leaves_the_namespace_alone() {
    let place = shop("shop");
    let text = web("shop").replacen(
        "  name: web\n",
        "  name: web\n  annotations: {kubectl-harden.dev/skip.network-policies: a mesh does it}\n",
        1,
    );
    place.write("shop/web.yaml", text);
    let ran = place.run(&format!("rewrite shop {ONLY}"));
    ends(&ran, 0);
    assert!(ran.err.contains("nothing to rewrite") && ran.err.contains("1 finding excepted"), "{ran:?}");
}

#[test]
fn pods_without_labels_get_one() {
    let place = shop("shop");
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\nspec:\n  schedule: \"@daily\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers: # one\n          - {name: main, image: shop/report:1, env: [{name: URL, value: \"postgres://db:5432\"}]}\n";
    place.write("shop/job.yaml", job);
    ends(&place.run(&format!("rewrite shop {ONLY}")), 0);
    let label = "          labels:\n            kubectl-harden.dev/workload: report\n";
    let text = place.read("shop/job.yaml");
    assert!(text.contains(label) && text.contains("containers: # one\n"), "{text}");
    ends(&place.run("network can shop/report shop/db 5432 -f shop/"), 0);
    rests(&place, &format!("shop {ONLY}"));
}

#[test]
fn it_is_all_or_nothing() {
    // The template that has to get a label stands in a file that cannot be changed.
    let place = shop("shop");
    let job = "apiVersion: batch/v1\r\nkind: CronJob\rmetadata: {name: report, namespace: shop}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - {name: main, image: shop/report:1, env: [{name: URL, value: \"postgres://db:5432\"}]}\n";
    place.write("shop/job.yaml", job);
    let ran = place.run(&format!("rewrite shop {ONLY}"));
    ends(&ran, 2);
    assert!(!place.path().join("shop/networkpolicies.yaml").exists(), "{ran:?}");
    assert_eq!(place.read("shop/job.yaml"), job);
}

#[test]
fn what_belongs_together_must_be_known() {
    // One workload twice: a base and what lies over it.
    let place = shop("shop");
    place.write("shop/web2.yaml", web("shop"));
    let ran = place.run(&format!("check -f shop/ {ONLY}"));
    assert!(flat(&ran.out).contains("Deployment shop/web stands in the input more than once"), "{ran:?}");
    ends(&place.run(&format!("diff -f shop/ {ONLY}")), 0);
    // A chart.
    let place = shop("shop");
    place.write("shop/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
    let ran = place.run(&format!("check -f shop/ {ONLY}"));
    assert!(flat(&ran.out).contains("part of the Helm chart in shop: make policies of what it renders"), "{ran:?}");
    ends(&place.run(&format!("diff -f shop/ {ONLY}")), 0);
}
