//! What the verbs of `network` print as JSON keeps the published schema.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::{Value, json};

const SHOP: &str = include_str!("../testdata/network/flows/shop.yaml");
const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: gone}}}]}]
";
/// Ends of every sort: pods that nobody knows by labels and without, a named port, addresses of each kind, the API server.
const ENDS: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: ends}
spec:
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '9090'}}
    spec:
      containers:
      - name: main
        image: client
        env:
        - {name: GONE_URL, value: 'http://gone:9080'}
        - {name: ELSE_URL, value: 'http://x.elsewhere.svc:8000'}
        - {name: BANK, value: 'https://bank.example'}
        - {name: API, value: 'https://kubernetes.default'}
        - {name: DB_URL, value: 'postgres://10.1.2.3:5432/x'}
---
{apiVersion: v1, kind: Service, metadata: {name: gone, namespace: ends}, spec: {selector: {app: gone}, ports: [{port: 9080, targetPort: http}]}}
";

/// The published schema narrowed to one of its shapes; no object may have a key that is not described.
fn validator(shape: &Value) -> jsonschema::Validator {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/network.schema.json")).unwrap();
    let published: Value = serde_json::from_str(&text).unwrap();
    let mut schema = json!({"$schema": published["$schema"], "$defs": published["$defs"]});
    schema.as_object_mut().unwrap().extend(shape.as_object().unwrap().clone());
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("properties").is_some_and(Value::is_object) {
                map.insert("additionalProperties".to_owned(), false.into());
            }
            map.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn named(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

#[test]
fn every_verb_keeps_its_shape_and_no_other() {
    let place = Place::new();
    place.write("shop.yaml", SHOP);
    place.write("ends.yaml", ENDS);
    place.write("policy.yaml", POLICY);
    place.write(
        "seen.csv",
        "source,destination,port\nshop/web,shop/db,5432\nmonitoring/a,shop/db,5432\nshop/web,10.9.0.0/16,80\n",
    );
    let flows = json!({"type": "array", "items": named("Flow")});
    let shapes = [
        ("policies -f shop.yaml -f ends.yaml --flows seen.csv", named("Policies"), "flows"),
        ("policies -f ends.yaml --kind cilium", named("Policies"), "policies"),
        ("graph -f shop.yaml -f ends.yaml --flows seen.csv", flows, "0"),
        ("check -f shop.yaml -f policy.yaml", named("Findings"), "findings"),
        ("check -f shop.yaml -f policy.yaml --against shop.yaml", named("Differences"), "closed"),
        ("check -f shop.yaml -f policy.yaml --flows seen.csv", named("Cuts"), "cut"),
        ("can shop/web shop/db 5432 -f shop.yaml -f policy.yaml", named("Answer"), "reasons"),
        ("can shop/web shop/api 80 -f shop.yaml", named("Answer"), "reasons"),
    ];
    let mut ends = String::new();
    for (line, shape, filled) in &shapes {
        let ran = place.run(&format!("network {line} -o json"));
        let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{line}: {ran:?}"));
        let own = validator(shape);
        let faults: Vec<String> =
            own.iter_errors(&told).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
        // What is empty keeps any shape.
        let part = told.pointer(&format!("/{filled}")).unwrap();
        assert!(part.as_array().is_none_or(|all| !all.is_empty()), "{line}: {told}");
        for (_, other, _) in shapes.iter().filter(|(_, other, _)| other != shape) {
            assert!(!validator(other).is_valid(&told), "{line} {other}");
        }
        for key in told.as_object().into_iter().flat_map(|map| map.keys()) {
            let mut broken = told.clone();
            broken.as_object_mut().unwrap().remove(key);
            assert!(!own.is_valid(&broken), "{line} without {key}");
        }
        ends.push_str(&ran.out.split_whitespace().collect::<String>());
    }
    for wanted in [
        "\"pods\":\"cluster\"",
        "\"address\":\"api-server\"",
        "\"address\":\"outside\"",
        "\"labels\":{}",
        "\"port\":\"http\"",
        "\"address\":\"any\"",
    ] {
        assert!(ends.contains(wanted), "{wanted}");
    }
}
