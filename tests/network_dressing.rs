//! `network policies --kind`: what the policies of Cilium and Calico allow is what the NetworkPolicies do.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const BOOKINFO: &str = include_str!("../testdata/network/bookinfo.yaml");
const SHOP: &str = include_str!("../testdata/network/flows/shop.yaml");
/// Whatever else may stand in a rule: an operator that uses the API and a private host, is scraped from everywhere, listens on a named
/// port of pods that nobody knows, and states its pods by an expression.
const MORE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: operator, namespace: ops}
spec:
  selector: {matchExpressions: [{key: app, operator: In, values: [operator]}]}
  template:
    metadata: {labels: {app: operator}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '9090'}}
    spec:
      serviceAccountName: operator
      containers:
      - name: main
        image: operator
        ports: [{containerPort: 9090}]
        env:
        - {name: DB_URL, value: 'postgres://10.1.2.3:5432/x'}
        - {name: BANK, value: 'https://bank.example'}
        - {name: REVIEWS_URL, value: 'http://gone.ops:9080'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: operator, namespace: ops}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: operator}
subjects: [{kind: ServiceAccount, name: operator, namespace: ops}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: operator, namespace: ops}
rules: [{apiGroups: [''], resources: [pods], verbs: [list]}]
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: operator, namespace: ops}}
---
{apiVersion: v1, kind: Service, metadata: {name: gone, namespace: ops}, spec: {selector: {app: gone}, ports: [{port: 9080, targetPort: http}]}}
---
";

fn policies(manifests: &str, kind: &str) -> Vec<Value> {
    let line = format!("network policies -f - --kind {kind}");
    let ran = Place::new().run_with(&line, manifests);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(Place::new().run_with(&line, manifests).out, ran.out);
    let documents = serde_yaml::Deserializer::from_str(&ran.out);
    documents.map(|document| serde::Deserialize::deserialize(document).unwrap()).collect()
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// What a policy lets pass: way, peer, port. A port of nothing is all of them, and a way without anything is in there by its name.
type Allowed = BTreeSet<(String, String, String)>;

/// That of a NetworkPolicy, each peer told as Cilium sees it.
fn of_kubernetes(policy: &Value) -> Allowed {
    let namespace = policy["metadata"]["namespace"].as_str();
    let mut allowed = Allowed::new();
    for (kind, key, side) in [("Ingress", "ingress", "from"), ("Egress", "egress", "to")] {
        if !items(&policy["spec"], "policyTypes").any(|one| one == kind) {
            continue;
        }
        allowed.insert((key.into(), "nobody".into(), String::new()));
        for rule in items(&policy["spec"], key) {
            let peers: Vec<String> = match rule.get(side) {
                None => vec!["everyone".into()],
                Some(_) => items(rule, side).map(|peer| pods_or_block(peer, namespace)).collect(),
            };
            add(
                &mut allowed,
                key,
                &peers,
                items(rule, "ports").map(|port| (port["port"].clone(), port["protocol"].clone())),
            );
        }
    }
    allowed
}

fn pods_or_block(peer: &Value, namespace: Option<&str>) -> String {
    if let Some(block) = peer.get("ipBlock") {
        return block.to_string();
    }
    let of = match peer.get("namespaceSelector") {
        None => namespace.map(Value::from),
        Some(all) if all == &json!({}) => Some(json!({"any": true})),
        Some(one) => Some(one["matchLabels"]["kubernetes.io/metadata.name"].clone()),
    };
    let pods = peer.get("podSelector").cloned().unwrap_or(json!({}));
    json!({"of": of, "labels": pods.get("matchLabels").cloned().unwrap_or(json!({})), "expressions": pods.get("matchExpressions")}).to_string()
}

/// That of a CiliumNetworkPolicy.
fn of_cilium(policy: &Value) -> Allowed {
    let mut allowed = Allowed::new();
    for (key, side) in [("ingress", "from"), ("egress", "to")] {
        let Some(rules) = policy["spec"].get(key) else { continue };
        allowed.insert((key.into(), "nobody".into(), String::new()));
        for rule in rules.as_array().unwrap() {
            let stated: Vec<&String> = rule.as_object().unwrap().keys().filter(|key| *key != "toPorts").collect();
            // Peers of two sorts in one rule would have to hold at once.
            assert!(stated.len() <= 1, "{rule}");
            let mut peers: Vec<String> = items(rule, &format!("{side}Endpoints")).map(endpoint).collect();
            peers.extend(items(rule, &format!("{side}CIDRSet")).map(Value::to_string));
            peers.extend(items(rule, &format!("{side}Entities")).map(|entity| match entity.as_str().unwrap() {
                "all" => "everyone".to_owned(),
                other => other.to_owned(),
            }));
            let ports = items(rule, "toPorts").flat_map(|one| items(one, "ports")).map(|port| {
                let text = port["port"].as_str().unwrap();
                (text.parse::<u16>().map_or_else(|_| text.into(), Value::from), port["protocol"].clone())
            });
            add(&mut allowed, key, &peers, ports);
        }
    }
    allowed
}

fn endpoint(selector: &Value) -> String {
    const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
    let plain = |key: &str| key.strip_prefix("k8s:").unwrap().to_owned();
    let (mut of, mut labels) = (None, Map::new());
    for (key, value) in selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        match key == NAMESPACE {
            true => of = Some(value.clone()),
            false => drop(labels.insert(plain(key), value.clone())),
        }
    }
    let mut expressions: Vec<Value> = Vec::new();
    for one in items(selector, "matchExpressions") {
        let key = one["key"].as_str().unwrap();
        if key == NAMESPACE {
            assert_eq!(one["operator"], "Exists");
            of = Some(json!({"any": true}));
            continue;
        }
        let mut one = one.clone();
        one["key"] = plain(key).into();
        expressions.push(one);
    }
    let expressions = (!expressions.is_empty()).then_some(expressions);
    json!({"of": of, "labels": labels, "expressions": expressions}).to_string()
}

fn add(allowed: &mut Allowed, key: &str, peers: &[String], ports: impl Iterator<Item = (Value, Value)>) {
    let mut ports: Vec<String> = ports.map(|(port, protocol)| format!("{port} {protocol}")).collect();
    if ports.is_empty() {
        ports.push(String::new());
    }
    for peer in peers {
        allowed.extend(ports.iter().map(|port| (key.to_owned(), peer.clone(), port.clone())));
    }
}

#[test]
fn what_cilium_lets_pass_is_what_kubernetes_does() {
    for manifests in [BOOKINFO, SHOP, MORE, &format!("{MORE}{SHOP}")] {
        let (plain, dressed) = (policies(manifests, "networkpolicy"), policies(manifests, "cilium"));
        assert_eq!(plain.len(), dressed.len());
        for (plain, dressed) in plain.iter().zip(&dressed) {
            assert_eq!(
                (&dressed["apiVersion"], &dressed["kind"]),
                (&"cilium.io/v2".into(), &"CiliumNetworkPolicy".into())
            );
            for key in ["name", "namespace", "labels"] {
                assert_eq!(plain["metadata"].get(key), dressed["metadata"].get(key));
            }
            let digest = "kubectl-harden.dev/spec-digest";
            assert_ne!(plain["metadata"]["annotations"][digest], dressed["metadata"]["annotations"][digest]);
            assert_eq!(
                pods_or_block(&json!({"podSelector": plain["spec"]["podSelector"]}), None),
                endpoint(&dressed["spec"]["endpointSelector"])
            );
            let mut wanted = of_kubernetes(plain);
            // What only Cilium can name: the API server for those who may use it, and the cache on the node.
            let evidence = plain["metadata"]["annotations"]["kubectl-harden.dev/evidence"].as_str().unwrap_or_default();
            if evidence.contains("to the API server") {
                for port in [443, 6443].map(|port| format!("{port} \"TCP\"")) {
                    assert!(wanted.remove(&("egress".into(), "everyone".into(), port.clone())), "{wanted:?}");
                    wanted.insert(("egress".into(), "kube-apiserver".into(), port));
                }
            }
            let cache: Vec<_> =
                wanted.iter().filter(|(_, peer, _)| peer.contains("169.254.20.10/32")).cloned().collect();
            wanted.extend(cache.into_iter().map(|(key, _, port)| (key, "host".to_owned(), port)));
            assert_eq!(of_cilium(dressed), wanted, "{dressed}");
        }
    }
}

#[test]
fn the_cases_that_are_told_apart_are_there() {
    let all = policies(MORE, "cilium");
    let text = all.iter().map(Value::to_string).collect::<String>();
    for wanted in [
        r#""toEntities":["kube-apiserver"]"#,
        r#""toCIDRSet":[{"cidr":"10.1.2.3/32"}]"#,
        r#""port":"http","protocol":"TCP""#,
        r#"{"key":"k8s:io.kubernetes.pod.namespace","operator":"Exists"}"#,
        r#"{"key":"k8s:app","operator":"In","values":["operator"]}"#,
        r#""endpointSelector":{},"ingress":[{}],"egress":[{}]"#,
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

/// A workload that the kubelet probes, with an agent on its node and a private host.
const TRACED: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: web
        ports: [{containerPort: 8080}]
        readinessProbe: {tcpSocket: {port: 8080}}
        env:
        - {name: DD_AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
        - {name: DB_URL, value: 'postgres://10.1.2.3:5432/x'}
";

#[test]
fn nodes_are_named_as_such_beside_their_ranges() {
    let text = |kind: &str| policies(TRACED, kind).iter().map(Value::to_string).collect::<String>();
    let known = text("cilium --node-cidr 10.9.0.0/16");
    for wanted in [
        r#"{"fromCIDRSet":[{"cidr":"10.9.0.0/16"}],"toPorts":[{"ports":[{"port":"8080","protocol":"TCP"}]}]}"#,
        r#"{"fromEntities":["host","remote-node"],"toPorts":[{"ports":[{"port":"8080","protocol":"TCP"}]}]}"#,
        r#""toCIDRSet":[{"cidr":"10.9.0.0/16"}]"#,
        r#""toEntities":["host","remote-node"],"toPorts":[{"ports":[{"port":"8126","protocol":"TCP"}"#,
        r#""toCIDRSet":[{"cidr":"10.1.2.3/32"}]"#,
    ] {
        assert!(known.contains(wanted), "{wanted}\n{known}");
    }
    // Not where the private host is called, and not where the ranges are not known.
    assert_eq!(known.matches("remote-node").count(), 2, "{known}");
    assert!(!text("cilium").contains("remote-node"));
}

#[test]
fn staged_policies_are_the_same_by_another_name() {
    for manifests in [BOOKINFO, MORE] {
        let (plain, staged) = (policies(manifests, "networkpolicy"), policies(manifests, "staged"));
        let renamed: Vec<Value> = staged
            .iter()
            .map(|policy| {
                assert_eq!(policy["apiVersion"], "projectcalico.org/v3");
                assert_eq!(policy["kind"], "StagedKubernetesNetworkPolicy");
                json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": policy["metadata"], "spec": policy["spec"]})
            })
            .collect();
        assert_eq!(renamed, plain);
    }
}
