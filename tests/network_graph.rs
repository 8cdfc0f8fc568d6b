//! `network graph` through the binary: each format, names made harmless, the same bytes each time.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::Value;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: main, image: web, ports: [{containerPort: 8080}], env: [{name: DB_URL, value: 'postgres://db/shop'}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: main, image: 'postgres:16', ports: [{containerPort: 5432}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers: [{name: main, image: api, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, ports: [{port: 5432}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80}]}}
  - {apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 8080}]}}
";

fn graph(manifests: &str, format: &str) -> String {
    let place = Place::new();
    let line = format!("network graph -f - -o {format}");
    let ran = place.run_with(&line, manifests);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run_with(&line, manifests).out, ran.out);
    ran.out
}

#[test]
fn one_line_a_flow_with_its_evidence() {
    let table = graph(SHOP, "table");
    let lines: Vec<String> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(lines[0], "FROM TO PORTS KNOWN BY");
    assert!(
        lines.contains(&"Deployment shop/web Deployment shop/db TCP 5432 env DB_URL of container main".to_owned()),
        "{table}"
    );
    assert!(
        lines.contains(&"anywhere Deployment shop/web TCP 8080 Service shop/web is of type NodePort".to_owned()),
        "{table}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("Deployment shop/web Deployment shop/api TCP 80 assumed: ")),
        "{table}"
    );
    let ran = Place::new().run_with("network graph -f - --strict", SHOP);
    assert!(!ran.out.contains("assumed") && ran.err.ends_with("2 flows, 0 of them assumed\n"), "{ran:?}");
}

#[test]
fn the_same_flows_for_programs() {
    let flows: Value = serde_json::from_str(&graph(SHOP, "json")).unwrap();
    let named = |flow: &&Value, key: &str, name: &str| flow[key]["name"] == name;
    let flows = flows.as_array().unwrap();
    let flow = flows.iter().find(|flow| named(flow, "from", "web") && named(flow, "to", "db")).unwrap();
    assert_eq!(flow["ports"], serde_json::json!([{"protocol": "TCP", "port": 5432}]));
    assert_eq!((flow["assumed"].as_bool(), flow["why"].as_str()), (Some(false), Some("env DB_URL of container main")));
    assert!(flows.iter().any(|flow| flow["assumed"] == true && named(&flow, "to", "api")));
}

#[test]
fn the_language_of_graphviz() {
    let dot = graph(SHOP, "dot");
    assert!(dot.starts_with("digraph flows {") && dot.ends_with("}\n"), "{dot}");
    assert_eq!(dot.matches('{').count(), dot.matches('}').count());
    assert!(
        dot.contains("subgraph \"cluster_shop\"")
            && dot.contains("label=\"TCP 5432\", tooltip=\"env DB_URL of container main\"]"),
        "{dot}"
    );
    assert!(dot.contains("style=dashed];"), "{dot}");
}

#[test]
fn names_from_outside_do_nothing_to_a_picture() {
    let odd = SHOP.replace("name: web, namespace: shop", "name: \"<a>&\\e[1m\\\"\", namespace: shop");
    let svg = graph(&odd, "svg");
    assert!(svg.contains("&lt;a&gt;&amp;^[[1m&quot;") && !svg.contains("<a>") && !svg.contains('\u{1b}'), "{svg}");
    assert!(graph(&odd, "dot").contains("label=\"<a>&^[[1m\\\"\""));
    assert!(!graph(&odd, "table").contains('\u{1b}'));
}
