//! `network check` and `network can` through the binary: answers, exit codes, places, what is refused.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
        - {name: db, image: db, ports: [{name: postgres, containerPort: 5432}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
";

/// Only the front end may reach the database, on its port.
const POLICIES: &str = "\
# Who may speak to the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress]
  ingress:
    - from: [{podSelector: {matchLabels: {app: web}}}]
      ports: [{port: postgres, protocol: TCP}]
";

fn shop() -> Place {
    let place = Place::new();
    place.write("shop/app.yaml", SHOP);
    place.write("shop/policies.yaml", POLICIES);
    place
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_service_stands_for_the_pods_behind_it() {
    let place = shop();
    for words in ["svc/web 80", "shop/svc/web 80/tcp", "service/web 80"] {
        let ran = place.run(&format!("network can shop/db {words} -f shop/ -o json"));
        let answer = parsed(&ran.out);
        assert_eq!(
            (ran.code, &answer["to"], &answer["port"]),
            (0, &json!("shop/web[Deployment]"), &json!("TCP 8080")),
            "{words}"
        );
    }
    let ran = place.run("network can shop/db svc/web 8080 -f shop/");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Service shop/web has no port \"8080\"\n  it has: 80/tcp"), "{}", ran.err);
}

#[test]
fn can_answers_with_the_rule_that_decides() {
    let place = shop();
    let ran = place.run("network can shop/web shop/db 5432 -f shop/");
    let wanted = "yes\n  out: no policy selects the pod for egress\n  \
                  in:  NetworkPolicy shop/db, spec.ingress[0], allows it (shop/policies.yaml:9:7)\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, wanted, ""));
    for words in
        ["deploy/web sts/db postgres", "web db 5432/tcp", "shop/Deployment/web shop/StatefulSet/db postgres/TCP"]
    {
        assert_eq!(place.run(&format!("network can {words} -f shop/ -q")).out, "yes\n", "{words}");
    }
    let ran = place.run("network can shop/web shop/db 80 -f shop/");
    let wanted = "no\n  out: no policy selects the pod for egress\n  \
                  in:  NetworkPolicy shop/db isolates the pod for ingress, and none of its rules allows it\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, wanted));
    for words in ["0.0.0.0/0 shop/db 5432", "10.1.2.3 db 5432", "{ingress-controller} db 5432", "web db 5432/udp"] {
        assert_eq!(place.run(&format!("network can {words} -f shop/ -q")).out, "no\n", "{words}");
    }
    assert_eq!(place.run("network can db 203.0.113.7 443 -f shop/").code, 0);
}

#[test]
fn can_answers_programs() {
    let place = shop();
    let ran = place.run("network can web db postgres -f shop/ -o json");
    let answer = parsed(&ran.out);
    assert_eq!(answer["allowed"], true);
    assert_eq!(answer["from"], "shop/web[Deployment]");
    assert_eq!(answer["port"], "TCP 5432");
    assert_eq!(answer["connections"], "TCP 5432");
    let policy = json!({
        "kind": "NetworkPolicy", "namespace": "shop", "name": "db", "file": "shop/policies.yaml", "line": 9, "column": 7,
    });
    let reason = &answer["reasons"][1];
    assert_eq!((&reason["direction"], &reason["decision"]), (&json!("ingress"), &json!("allow")));
    assert_eq!((&reason["policies"], &reason["pointer"]), (&json!([policy]), &json!("/spec/ingress/0")));
    let yaml = place.run("network can web db postgres -f shop/ -o yaml").out;
    assert_eq!(serde_yaml::from_str::<Value>(&yaml).unwrap(), answer);
}

#[test]
fn names_that_are_nobodys_or_several_are_refused_with_what_there_is() {
    let place = shop();
    place.write("test/app.yaml", SHOP.replace("namespace: shop", "namespace: test"));
    // A Service is known by the workloads behind it.
    let service =
        "apiVersion: v1\nkind: Service\nmetadata: {name: front, namespace: shop}\nspec: {selector: {app: web}}\n";
    place.write("shop/service.yaml", service);
    for (words, wanted) in [
        (
            "web shop/db 5432",
            "error: \"web\" may be any of several\n  say which: shop/deployment/web, test/deployment/web\n",
        ),
        (
            "shop/wbe shop/db 5432",
            "error: no workload is called \"shop/wbe\"\n  there are: shop/deployment/web, test/deployment/web\n",
        ),
        (
            "shop/web shop/db mysql",
            "error: no container of shop/db[StatefulSet] declares a port \"mysql\"\n  it declares: postgres/tcp\n",
        ),
        (
            "shop/web shop/db 0",
            "error: expected a port such as 80, 53/udp or a name that containers declare, found \"0\"\n",
        ),
        ("shop/web 10.0.0.1 http", "error: no container of 10.0.0.1 declares a port \"http\"\n"),
    ] {
        let ran = place.run(&format!("network can {words} -R -f ."));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words}: {ran:?}");
        assert!(ran.err.starts_with(wanted), "{words}: {}", ran.err);
        assert!(ran.err.ends_with("See 'kubectl harden network -h' for help and examples\n"), "{}", ran.err);
    }
    let ran = place.run("network can shop/web shop/db -f shop/");
    assert!(ran.code == 2 && ran.err.starts_with("error: you must give <PORT>\n"), "{ran:?}");
    let ran = place.run("network can shop/web shop/db 80");
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn the_port_of_a_service_is_told_from_that_of_its_pods() {
    let place = shop();
    let ran = place.run("network can db web 80 -f shop/");
    let wanted = "Warning: port 80 of Service shop/web leads to port 8080 of the pods, which is the one that policies see: ask for 8080\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, wanted));
    assert_eq!(place.run("network can db web 8080 -f shop/").err, "");
}

#[test]
fn an_answer_needs_all_that_was_named() {
    let place = shop();
    place.write("shop/broken.yaml", "a: [\n");
    let ran = place.run("network can web db 5432 -f shop/");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    let place = shop();
    place.write(
        "shop/more.yaml",
        POLICIES.replace("name: db,", "name: more,").replace("policyTypes: [Ingress]", "policyTypes: [In]"),
    );
    let ran = place.run("network can web db 5432 -f shop/");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    let wanted = "error: shop/more.yaml:7:17: NetworkPolicy shop/more: expected the policy type Ingress or Egress, found \"In\"\n";
    assert_eq!(ran.err, wanted);
    // The same is a finding of the lint.
    let ran = place.run("network check -f shop/");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("refused-policy") && ran.out.contains("shop/more.yaml:7:17"), "{ran:?}");
}

#[test]
fn what_is_not_known_is_warned_of() {
    let place = shop();
    let agent = "apiVersion: v1\nkind: Pod\nmetadata: {name: agent, namespace: shop}\nspec: {hostNetwork: true, containers: []}\n";
    place.write("shop/agent.yaml", agent);
    let ran = place.run("network can shop/agent shop/db 5432 -f shop/");
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("Warning: shop/agent[Pod] is in the network of its node"), "{ran:?}");
    assert!(ran.err.ends_with("most let it pass\n"), "{ran:?}");
}

#[test]
fn check_finds_what_is_wrong_with_its_place() {
    let place = shop();
    let ran = place.run("network check -f shop/");
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", "1 policy, 2 workloads: 0 findings\n"));
    let open = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: open\n  namespace: shop\nspec:\n  podSelector:\n    matchLabels: {app: shop}\n  policyTypes: [Egress]\n  egress:\n    - {}\n";
    place.write("shop/open.yaml", open);
    let ran = place.run("network check -f shop/");
    let rows: Vec<Vec<&str>> = ran
        .out
        .lines()
        .map(|line| line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(ran.code, 1);
    assert_eq!(rows[0], ["SEVERITY", "CHECK", "POLICY", "PLACE", "FINDING"]);
    let policy = "NetworkPolicy shop/open";
    assert_eq!(rows[1][..4], ["medium", "all-egress-allowed", policy, "shop/open.yaml:11:7"]);
    assert_eq!(rows[2][..4], ["medium", "selects-nothing", policy, "shop/open.yaml:7:3"]);
    assert_eq!(rows.len(), 3, "{}", ran.out);
    assert_eq!(place.run("network check -f shop/ --fail-on high").code, 0);
    let found = parsed(&place.run("network check -f shop/ -o json").out);
    let finding = &found["findings"][0];
    assert_eq!(finding["check"], "all-egress-allowed");
    assert_eq!((&finding["policy"]["file"], &finding["policy"]["line"]), (&json!("shop/open.yaml"), &json!(11)));
    assert_eq!(finding["pointer"], "/spec/egress/0");
    let stdin = place.run_with("network check -f -", open);
    assert_eq!(stdin.code, 1);
    assert!(stdin.out.contains("<stdin>:11:7"), "{stdin:?}");
}

#[test]
fn policies_in_lists_have_their_places_too() {
    let place = Place::new();
    let list = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: networking.k8s.io/v1\n    kind: NetworkPolicy\n    metadata: {name: open, namespace: shop}\n    spec:\n      podSelector: {}\n      policyTypes: [Ingress]\n      ingress: [{}]\n";
    place.write("list.yaml", list);
    let ran = place.run("network check -f list.yaml");
    assert!(ran.code == 1 && ran.out.contains("all-ingress-allowed") && ran.out.contains("list.yaml:10:17"), "{ran:?}");
}

#[test]
fn what_a_name_holds_cannot_act_upon_a_terminal() {
    let place = shop();
    place.write(
        "shop/evil.yaml",
        POLICIES.replace("name: db,", "name: \"\\e[2K\\u202e\",").replace("    - from", "    - {}\n    - from"),
    );
    let ran = place.run("network check -f shop/");
    assert!(ran.out.contains("^[[2K<U+202E>") && !ran.out.contains('\u{1b}'), "{ran:?}");
    let ran = place.run("network can web db 5432 -f shop/");
    assert!(ran.out.contains("^[[2K<U+202E>") && !ran.out.contains('\u{1b}'), "{ran:?}");
}

#[test]
fn two_sets_are_told_apart_by_what_they_allow() {
    let place = shop();
    place.write(
        "before/policies.yaml",
        POLICIES.replace("matchLabels: {app: web}", "matchExpressions: [{key: app, operator: In, values: [web]}]"),
    );
    let ran = place.run("network check -f shop/ --against before/");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.err, "1 policy before, 1 now, 2 workloads: 0 flows opened, 0 closed\n");

    place.write("shop/policies.yaml", POLICIES.replace("port: postgres", "port: 5433"));
    let ran = place.run("network check -f shop/ --against before/");
    let wanted = "CHANGE   FROM                   TO                     CONNECTIONS\n\
                  opened   shop/web[Deployment]   shop/db[StatefulSet]   TCP 5433\n\
                  closed   shop/web[Deployment]   shop/db[StatefulSet]   TCP 5432\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, wanted));
    let found = parsed(&place.run("network check -f shop/ --against before/ -o json").out);
    assert_eq!(
        found["closed"],
        json!([{"from": ["shop/web[Deployment]"], "to": ["shop/db[StatefulSet]"], "connections": "TCP 5432"}])
    );

    // Without any policy afterwards the database is open to all.
    place.write("shop/policies.yaml", "");
    let found = parsed(&place.run("network check -f shop/ --against before/ -o json").out);
    assert_eq!(found["closed"], json!([]));
    let (first, rest) = found["opened"].as_array().unwrap().split_first().unwrap();
    assert_eq!(first["from"], json!(["shop/web[Deployment]"]));
    assert_eq!(first["connections"], "TCP 1-5431,5433-65535; UDP all; SCTP all");
    let others =
        json!({"from": ["{ingress-controller}", "0.0.0.0/0"], "to": ["shop/db[StatefulSet]"], "connections": "all"});
    assert_eq!(rest, [others]);
    let ran = place.run("network check -f - --against -");
    assert!(ran.code == 2 && ran.err.contains("standard input can be read only once"), "{ran:?}");
}

#[test]
fn policies_of_the_whole_cluster_are_told_apart_too() {
    let place = shop();
    let admin = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: no-shop}\nspec:\n  tier: Admin\n  priority: 10\n  subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: shop}}}\n  ingress:\n    - name: nobody\n      action: Deny\n      from: [{namespaces: {}}]\n";
    place.write("cluster.yaml", admin);
    let ran = place.run("network can web db 5432 -f shop/ -f cluster.yaml");
    let wanted = "in:  ClusterNetworkPolicy no-shop, spec.ingress[0] (nobody), denies it (cluster.yaml:9:7)\n";
    assert!(ran.code == 1 && ran.out.ends_with(wanted), "{ran:?}");
    let found = parsed(&place.run("network check -f shop/ -f cluster.yaml --against shop/ -o json").out);
    // Addresses are in no namespace: what they may is as before.
    let (web, db) = ("shop/web[Deployment]", "shop/db[StatefulSet]");
    let closed = json!([
        {"from": [db, "{ingress-controller}"], "to": [web], "connections": "all"},
        {"from": [web], "to": [db], "connections": "TCP 5432"},
    ]);
    assert_eq!(found["closed"], closed);
    assert_eq!(found["opened"], json!([]));
}

/// Real policies of many repositories, beside this one: all are read, and what the API server would refuse is known.
#[test]
fn real_policies_are_read() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let folder = std::env::var_os("CORPUS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: there is no corpus at {folder:?}");
        return;
    }
    let mut folders = vec![folder];
    let (mut files, mut policies) = (0, 0);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let number = text.lines().filter(|line| line.trim_end() == "kind: NetworkPolicy").count();
            if number == 0 {
                continue;
            }
            let place = Place::new();
            let ran = place.run_with("network check -f - -o json", &text);
            assert!(ran.code < 2, "{path:?}: {ran:?}");
            let found = parsed(&ran.out);
            for finding in found["findings"].as_array().unwrap() {
                assert!(
                    finding["check"] != "refused-policy" && finding["check"] != "unknown-field",
                    "{path:?}: {finding}"
                );
            }
            let told = ran.err.split(' ').next().unwrap().parse::<usize>().unwrap();
            assert_eq!(told, number, "{path:?}: {}", ran.err);
            (files, policies) = (files + 1, policies + told);
        }
    }
    eprintln!("{policies} policies in {files} files");
    assert!(policies > 10, "{policies} policies in {files} files");
}
