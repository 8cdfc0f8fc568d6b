//! CiliumNetworkPolicy (`cilium.io/v2`), as Cilium itself reads NetworkPolicies (`pkg/k8s/network_policy.go`), but for what it can
//! name and they cannot: the API server, nodes, and the cache of name servers on the node.

use super::dressed;
use crate::network::IpRange;
use crate::network::flow::End;
use crate::network::synthesis::Synthesis;
use crate::network::world::NAME_LABEL;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The label of pods by which Cilium knows their namespace.
const NAMESPACE: &str = "k8s:io.kubernetes.pod.namespace";
/// What labels begin with that come from Kubernetes.
const OF_KUBERNETES: &str = "k8s:";
/// NodeLocal DNSCache: an address of the node itself, which no range matches.
const NODE_CACHE: &str = "169.254.20.10/32";
/// The evidence of what comes from the nodes, where their ranges are known.
const PROBES: &str = "probes of the kubelet";

/// What was made, as policies of Cilium.
pub fn cilium(made: &Synthesis) -> Vec<Value> {
    let none = BTreeSet::new();
    let nodes = nodes(made);
    let policies = made.policies.iter().enumerate();
    policies.map(|(at, policy)| of_policy(policy, made.api_server.get(&at).unwrap_or(&none), &nodes)).collect()
}

/// The addresses of nodes, as far as the flows know them: the kubelet probes from there, and agents listen there.
fn nodes(made: &Synthesis) -> BTreeSet<IpRange> {
    let range = |end: &End| match end {
        End::Address(address) => Some(IpRange::from(*address)),
        End::Block(block) => block.parse().ok(),
        _ => None,
    };
    let ends = made.flows.iter().flat_map(|flow| {
        let (from, to) = (flow.why == PROBES, flow.is_to_agent());
        [from.then_some(&flow.from), to.then_some(&flow.to)].into_iter().flatten()
    });
    ends.filter_map(range).collect()
}

/// `api_server` are the places of its egress rules about the API server.
fn of_policy(policy: &Value, api_server: &BTreeSet<usize>, nodes: &BTreeSet<IpRange>) -> Value {
    let namespace = policy.pointer("/metadata/namespace").and_then(Value::as_str);
    let spec = policy.get("spec").unwrap_or(&Value::Null);
    let mut own = Map::new();
    own.insert("endpointSelector".to_owned(), selector(spec.get("podSelector"), Map::new()));
    let types = spec.get("policyTypes").and_then(Value::as_array);
    let isolates = |kind: &str| types.is_some_and(|types| types.iter().any(|one| one == kind));
    for (kind, key, side) in [("Ingress", "ingress", "from"), ("Egress", "egress", "to")] {
        if !isolates(kind) {
            continue;
        }
        let rules = spec.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        let mut all: Vec<Value> = rules
            .flat_map(|(at, rule)| {
                let entity = if side == "to" && api_server.contains(&at) { "kube-apiserver" } else { "all" };
                of_rule(rule, side, (entity, nodes), namespace)
            })
            .collect();
        if all.is_empty() {
            // A rule that is about nobody shuts what has no other.
            all.push(json!({}));
        }
        own.insert(key.to_owned(), all.into());
    }
    dressed(policy, "cilium.io/v2", "CiliumNetworkPolicy", own.into())
}

/// Pods, addresses and entities have rules of their own: within one they would have to hold at once. `entity` is who a rule
/// without peers is about, and beside it are the addresses of nodes, which Cilium does not match by range unless it is told to
/// (`policy-cidr-match-mode`).
fn of_rule(
    rule: &Value,
    side: &str,
    (entity, nodes): (&str, &BTreeSet<IpRange>),
    namespace: Option<&str>,
) -> Vec<Value> {
    let peers = rule.get(side).and_then(Value::as_array);
    let (mut pods, mut blocks, mut entities) = (Vec::new(), Vec::new(), Vec::new());
    match peers {
        None => entities.push(json!(entity)),
        Some(peers) => {
            for peer in peers {
                match peer.get("ipBlock") {
                    Some(block) => blocks.push(block.clone()),
                    None => pods.push(of_pods(peer, namespace)),
                }
            }
            let cidr = |block: &Value| block.get("cidr").and_then(Value::as_str).map(str::to_owned);
            let caches = |block: &Value| cidr(block).is_some_and(|cidr| cidr == NODE_CACHE);
            let is_node = |block: &Value| {
                let own = cidr(block).and_then(|cidr| IpRange::cidr(&cidr).ok());
                own.is_some_and(|own| nodes.iter().any(|node| node.covers(&own)))
            };
            let to_nodes = blocks.iter().any(is_node);
            if to_nodes || side == "to" && blocks.iter().any(caches) {
                entities.push(json!("host"));
            }
            if to_nodes {
                entities.push(json!("remote-node"));
            }
        }
    }
    let ports: Vec<Value> = rule.get("ports").and_then(Value::as_array).into_iter().flatten().map(port).collect();
    let lists = [("Endpoints", pods), ("CIDRSet", blocks), ("Entities", entities)];
    let filled = lists.into_iter().filter(|(_, list)| !list.is_empty());
    filled
        .map(|(what, list)| {
            let mut own = Map::new();
            own.insert(format!("{side}{what}"), list.into());
            if !ports.is_empty() {
                own.insert("toPorts".to_owned(), json!([{"ports": ports}]));
            }
            own.into()
        })
        .collect()
}

/// A peer that is pods. One that names no namespace is about that of the policy.
fn of_pods(peer: &Value, namespace: Option<&str>) -> Value {
    let mut labels = Map::new();
    match peer.get("namespaceSelector") {
        None => labels.extend(namespace.map(|name| (NAMESPACE.to_owned(), name.into()))),
        Some(namespaces) => match namespaces.pointer("/matchLabels").and_then(|labels| labels.get(NAME_LABEL)) {
            Some(name) => drop(labels.insert(NAMESPACE.to_owned(), name.clone())),
            None => {
                let mut own = selector(peer.get("podSelector"), labels);
                let any = json!({"key": NAMESPACE, "operator": "Exists"});
                match own.get_mut("matchExpressions").and_then(Value::as_array_mut) {
                    Some(all) => all.push(any),
                    None => own["matchExpressions"] = json!([any]),
                }
                return own;
            }
        },
    }
    selector(peer.get("podSelector"), labels)
}

/// A selector of pods, with further labels before its own.
fn selector(pods: Option<&Value>, mut labels: Map<String, Value>) -> Value {
    let own = pods.and_then(|pods| pods.get("matchLabels")).and_then(Value::as_object);
    labels.extend(own.into_iter().flatten().map(|(key, value)| (format!("{OF_KUBERNETES}{key}"), value.clone())));
    let mut selector = Map::new();
    if !labels.is_empty() {
        selector.insert("matchLabels".to_owned(), labels.into());
    }
    let expressions = pods.and_then(|pods| pods.get("matchExpressions")).and_then(Value::as_array);
    if let Some(expressions) = expressions {
        let prefixed = expressions.iter().map(|one| {
            let mut one = one.clone();
            if let Some(key) = one.get("key").and_then(Value::as_str).map(|key| format!("{OF_KUBERNETES}{key}")) {
                one["key"] = key.into();
            }
            one
        });
        selector.insert("matchExpressions".to_owned(), prefixed.collect());
    }
    selector.into()
}

/// Cilium writes numbers of ports as strings.
fn port(port: &Value) -> Value {
    let number = match port.get("port") {
        Some(Value::String(name)) => name.clone(),
        Some(number) => number.to_string(),
        None => "0".to_owned(),
    };
    let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
    json!({"port": number, "protocol": protocol})
}
