//! New files of policies and the kustomizations that have to list them.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;

const ONLY: &str = "--only network-policies";
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: shop/web:1, ports: [{containerPort: 8080}]}]
";

/// A folder with one manifest and this kustomization.
fn place(name: &str, kustomization: &str) -> Place {
    let place = Place::new();
    place.write("k/web.yaml", WEB);
    place.write(&format!("k/{name}"), kustomization);
    place
}

/// What a rewrite makes of a kustomization; a second one changes nothing.
fn rewritten(name: &str, kustomization: &str) -> String {
    let place = place(name, kustomization);
    let ran = place.run(&format!("rewrite k {ONLY}"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(place.read("k/networkpolicies.yaml").contains("kind: NetworkPolicy"));
    let after = place.read(&format!("k/{name}"));
    let ran = place.run(&format!("rewrite k {ONLY}"));
    assert!(ran.err.contains("nothing to rewrite"), "{ran:?}");
    assert_eq!(place.read(&format!("k/{name}")), after);
    after
}

#[test]
fn it_is_listed_as_the_others_are() {
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    for (before, after) in [
        (
            "resources:\n- web.yaml # ours\nnamePrefix: a-\n",
            "resources:\n- web.yaml # ours\n- networkpolicies.yaml\nnamePrefix: a-\n",
        ),
        (
            "resources:\n    # one\n    - ./web.yaml\n",
            "resources:\n    # one\n    - ./web.yaml\n    - networkpolicies.yaml\n",
        ),
        ("resources: [web.yaml] # all\n", "resources: [web.yaml, networkpolicies.yaml] # all\n"),
        ("resources: [\n  'web.yaml',\n]\n", "resources: [\n  'web.yaml',\n  'networkpolicies.yaml',\n]\n"),
    ] {
        assert_eq!(rewritten("kustomization.yaml", &format!("{head}{before}")), format!("{head}{after}"));
    }
}

#[test]
fn by_every_name_and_with_every_kind_of_line() {
    let text = "resources:\r\n- web.yaml\r\n";
    for name in ["kustomization.yaml", "kustomization.yml", "Kustomization"] {
        assert_eq!(rewritten(name, text), "resources:\r\n- web.yaml\r\n- networkpolicies.yaml\r\n", "{name}");
    }
    // Without a line break at its end.
    assert_eq!(
        rewritten("kustomization.yaml", "resources:\n- web.yaml"),
        "resources:\n- web.yaml\n- networkpolicies.yaml"
    );
}

#[test]
fn what_is_listed_already_is_not_listed_again() {
    let text = "resources:\n- web.yaml\n- ./networkpolicies.yaml\n";
    assert_eq!(rewritten("kustomization.yaml", text), text);
}

#[test]
fn a_kustomization_that_lists_none_of_them_stays() {
    let text = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n";
    assert_eq!(rewritten("kustomization.yaml", text), text);
}

#[test]
fn the_namespace_of_a_kustomization_is_left_to_it() {
    let place = place("kustomization.yaml", "namespace: shop\nresources: [web.yaml]\n");
    assert_eq!(place.run(&format!("rewrite k {ONLY}")).code, 0);
    let made = place.read("k/networkpolicies.yaml");
    assert!(!made.contains("namespace:\n") && !made.contains("namespace: "), "{made}");
    let Some(built) = place.tool("kubectl", &["kustomize", "k"], b"") else { return };
    assert_eq!(built.code, 0, "{built:?}");
    assert_eq!(built.out.matches("\n  namespace: shop\n").count(), 3, "{}", built.out);
    // What it builds needs nothing more.
    let ran = place.run_with(&format!("diff -f - {ONLY}"), &built.out);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let ran = place.run(&format!("diff -k k {ONLY}"));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn the_file_stands_beside_the_kustomization() {
    let place = Place::new();
    place.write("k/parts/web.yaml", WEB);
    place.write("k/kustomization.yaml", "resources: [parts/web.yaml]\n");
    assert_eq!(place.run(&format!("rewrite k {ONLY}")).code, 0);
    assert_eq!(place.read("k/kustomization.yaml"), "resources: [parts/web.yaml, networkpolicies.yaml]\n");
    assert!(place.path().join("k/networkpolicies.yaml").is_file());
}

#[test]
fn several_kustomizations_are_for_a_person() {
    let place = Place::new();
    place.write("all/a/web.yaml", WEB);
    place.write("all/a/kustomization.yaml", "resources: [web.yaml]\n");
    place.write("all/b/api.yaml", WEB.replace("web", "api"));
    place.write("all/b/kustomization.yaml", "resources: [api.yaml]\n");
    let ran = place.run(&format!("check -f all -R {ONLY}"));
    assert!(ran.out.contains("several kustomizations list its workloads"), "{ran:?}");
    assert_eq!(place.run(&format!("rewrite all {ONLY}")).code, 0);
    assert!(!place.path().join("all/networkpolicies.yaml").exists());
    // Each by itself.
    for folder in ["a", "b"] {
        assert_eq!(place.run(&format!("rewrite all/{folder} {ONLY}")).code, 0);
        let text = place.read(&format!("all/{folder}/kustomization.yaml"));
        assert!(text.contains("networkpolicies.yaml"), "{text}");
    }
}

#[test]
fn what_a_kustomization_brings_in_has_to_be_seen() {
    for (entry, told) in [
        ("resources: [web.yaml, ../base]\n", "../base"),
        ("resources: [web.yaml, https://example.com/all.yaml]\n", "https://example.com/all.yaml"),
        ("resources: [web.yaml]\nhelmCharts: [{name: a}]\n", "`helmCharts`"),
    ] {
        let place = place("kustomization.yaml", entry);
        place.write("base/api.yaml", WEB.replace("web", "api"));
        place.write("base/kustomization.yaml", "resources: [api.yaml]\n");
        let ran = place.run(&format!("check -f k {ONLY}"));
        let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("brings in {told}, which is no part of the input")), "{ran:?}");
        assert_eq!(place.run(&format!("rewrite k {ONLY}")).code, 0);
        assert!(!place.path().join("k/networkpolicies.yaml").exists());
        assert_eq!(place.run(&format!("rewrite k {ONLY} --network-policies")).code, 0);
        assert!(place.path().join("k/networkpolicies.yaml").exists());
    }
}

#[test]
fn nothing_is_made_where_the_kustomization_cannot_be_changed() {
    let place = place("kustomization.yaml", "resources: &all\n- web.yaml\ncrds: *all\n");
    let ran = place.run(&format!("rewrite k {ONLY}"));
    let listed = place.read("k/kustomization.yaml").contains("networkpolicies.yaml");
    assert_eq!(place.path().join("k/networkpolicies.yaml").exists(), listed, "{ran:?}");
}
