//! Policies made at random, of a few selectors, ports and addresses that often meet.

use super::NAMESPACES;
use proptest::prelude::*;
use serde_json::{Value, json};

fn selectors(key: &'static str, values: [&'static str; 2]) -> impl Strategy<Value = Value> {
    let [one, two] = values;
    prop_oneof![
        Just(json!({})),
        Just(json!({"matchLabels": {key: one}})),
        Just(json!({"matchExpressions": [{"key": key, "operator": "In", "values": [one, two]}]})),
        Just(json!({"matchExpressions": [{"key": key, "operator": "NotIn", "values": [two]}]})),
        Just(json!({"matchExpressions": [{"key": "absent", "operator": "Exists"}]})),
        Just(
            json!({"matchExpressions": [{"key": "absent", "operator": "DoesNotExist"}, {"key": key, "operator": "Exists"}]})
        ),
    ]
}

fn peers() -> impl Strategy<Value = Value> {
    let pods = || selectors("pod", ["a", "b"]);
    let namespaces = || selectors("ns", ["x", "y"]);
    let peer = prop_oneof![
        pods().prop_map(|pods| json!({"podSelector": pods})),
        namespaces().prop_map(|namespaces| json!({"namespaceSelector": namespaces})),
        (pods(), namespaces())
            .prop_map(|(pods, namespaces)| json!({"podSelector": pods, "namespaceSelector": namespaces})),
        Just(json!({"ipBlock": {"cidr": "0.0.0.0/0"}})),
        Just(json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}})),
        Just(json!({"ipBlock": {"cidr": "10.0.0.0/15"}})),
    ];
    prop::collection::vec(peer, 0..3).prop_map(Value::from)
}

fn ports() -> impl Strategy<Value = Value> {
    let port = prop_oneof![
        Just(json!({})),
        Just(json!({"protocol": "UDP"})),
        Just(json!({"port": 80})),
        Just(json!({"port": 80, "endPort": 100})),
        Just(json!({"port": "http"})),
        Just(json!({"port": "query", "protocol": "UDP"})),
        Just(json!({"port": "query"})),
        Just(json!({"port": 80, "protocol": "SCTP"})),
    ];
    prop::collection::vec(port, 0..3).prop_map(Value::from)
}

pub(super) fn policies() -> impl Strategy<Value = Vec<Value>> {
    let rules = |key: &'static str| {
        let rule = (peers(), ports()).prop_map(move |(peers, ports)| json!({key: peers, "ports": ports}));
        prop::collection::vec(rule, 0..3).prop_map(Value::from)
    };
    let types = prop_oneof![
        Just(json!(null)),
        Just(json!(["Ingress"])),
        Just(json!(["Egress"])),
        Just(json!(["Ingress", "Egress"]))
    ];
    let policy =
        (prop::sample::select(&NAMESPACES[..]), selectors("pod", ["a", "b"]), rules("from"), rules("to"), types);
    let policy = policy.prop_map(|(namespace, pods, ingress, egress, types)| {
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": namespace},
            "spec": {"podSelector": pods, "ingress": ingress, "egress": egress, "policyTypes": types}})
    });
    prop::collection::vec(policy, 0..4)
}

/// Policies of the whole cluster, with priorities of their own.
pub(super) fn tiers() -> impl Strategy<Value = Vec<Value>> {
    let peers = |egress: bool| {
        let namespaces = selectors("ns", ["x", "y"]).prop_map(|namespaces| json!({"namespaces": namespaces}));
        let pods = (selectors("ns", ["x", "y"]), selectors("pod", ["a", "b"]))
            .prop_map(|(namespaces, pods)| json!({"pods": {"namespaceSelector": namespaces, "podSelector": pods}}));
        let networks = prop::sample::select(&["0.0.0.0/0", "10.0.0.0/8"][..])
            .prop_map(move |network| if egress { json!({"networks": [network]}) } else { json!({"namespaces": {}}) });
        prop::collection::vec(prop_oneof![namespaces, pods, networks], 1..3)
    };
    let protocol = prop_oneof![
        Just(json!({"tcp": {}})),
        Just(json!({"tcp": {"destinationPort": {"number": 80}}})),
        Just(json!({"udp": {"destinationPort": {"range": {"start": 50, "end": 90}}}})),
        Just(json!({"destinationNamedPort": "http"})),
        Just(json!({"destinationNamedPort": "query"})),
    ];
    let protocols = prop::collection::vec(protocol, 0..3);
    let rule = move |egress: bool| {
        let action = prop::sample::select(&["Accept", "Deny", "Pass"][..]);
        let key = if egress { "to" } else { "from" };
        (action, peers(egress), protocols.clone())
            .prop_map(move |(action, peers, protocols)| json!({"action": action, key: peers, "protocols": protocols}))
    };
    let rules = (prop::collection::vec(rule(false), 0..3), prop::collection::vec(rule(true), 0..3));
    let policy = (prop::sample::select(&["Admin", "Baseline"][..]), selectors("ns", ["x", "y"]), rules);
    let policy = policy.prop_map(|(tier, namespaces, (ingress, egress))| {
        json!({"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {},
            "spec": {"tier": tier, "subject": {"namespaces": namespaces}, "ingress": ingress, "egress": egress}})
    });
    prop::collection::vec(policy, 0..4).prop_map(|mut policies| {
        for (index, policy) in policies.iter_mut().enumerate() {
            policy["metadata"]["name"] = format!("cluster-{index}").into();
            policy["spec"]["priority"] = index.into();
        }
        policies
    })
}
