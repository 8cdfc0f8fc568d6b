//! The evaluator against a second reading of the same policies: one connection at a time, on plain values, without sets,
//! classes or memory.

use super::*;
use crate::workload::selects;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// One end: a pod, by its namespace and name, or an address.
#[derive(Clone, Copy)]
enum End {
    Pod(&'static str, &'static str),
    Address(Ipv4Addr),
}

const NAMESPACES: [&str; 3] = ["x", "y", "z"];
const PODS: [&str; 3] = ["a", "b", "c"];
const PORTS: [(Protocol, u16); 6] = [
    (Protocol::Tcp, 80),
    (Protocol::Tcp, 81),
    (Protocol::Tcp, 443),
    (Protocol::Udp, 53),
    (Protocol::Udp, 80),
    (Protocol::Sctp, 80),
];
const ADDRESSES: [Ipv4Addr; 4] =
    [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 1, 0, 1), Ipv4Addr::new(11, 0, 0, 1), Ipv4Addr::new(0, 0, 0, 0)];

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

fn policies() -> impl Strategy<Value = Vec<Value>> {
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
fn tiers() -> impl Strategy<Value = Vec<Value>> {
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

/// The port's number behind a name.
fn named(to: End, name: &Value, protocol: Protocol) -> Option<u16> {
    let End::Pod(..) = to else { return None };
    match (name.as_str()?, protocol) {
        ("http", Protocol::Tcp) => Some(80),
        ("other", Protocol::Tcp) => Some(81),
        ("query", Protocol::Udp) => Some(53),
        _ => None,
    }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn in_cidr(cidr: &Value, address: Ipv4Addr) -> bool {
    let (base, length) = cidr.as_str().unwrap().split_once('/').unwrap();
    let bits = 32 - length.parse::<u32>().unwrap();
    let cut = |address: Ipv4Addr| u64::from(u32::from(address)) >> bits;
    cut(base.parse().unwrap()) == cut(address)
}

/// Whether the ingress or egress of `subject` lets one connection pass; `to` is its destination.
fn passes(policies: &[Value], egress: bool, subject: End, other: End, (protocol, port): (Protocol, u16)) -> bool {
    let End::Pod(namespace, pod) = subject else { return true };
    let to = if egress { other } else { subject };
    let (key, peers_key) = if egress { ("egress", "to") } else { ("ingress", "from") };
    let labels = |of: &str, name: &str| json!({of: name});
    let of_tier = |tier: &str| -> Option<bool> {
        let own = policies.iter().filter(|policy| policy["spec"]["tier"] == tier);
        for policy in own.filter(|policy| selects(&policy["spec"]["subject"]["namespaces"], &labels("ns", namespace))) {
            for rule in list(&policy["spec"], key) {
                let about = list(rule, peers_key).iter().any(|peer| match other {
                    End::Pod(in_, name) => {
                        let networks = list(peer, "networks").contains(&json!("0.0.0.0/0"));
                        let pods = &peer["pods"];
                        networks
                            || selects(&peer["namespaces"], &labels("ns", in_))
                            || selects(&pods["namespaceSelector"], &labels("ns", in_))
                                && selects(&pods["podSelector"], &labels("pod", name))
                    }
                    End::Address(address) => list(peer, "networks").iter().any(|cidr| in_cidr(cidr, address)),
                });
                let protocols = list(rule, "protocols");
                let on_port = protocols.is_empty()
                    || protocols.iter().any(|item| {
                        let of = &item[protocol.name().to_lowercase()];
                        let wanted = &of["destinationPort"];
                        let range = &wanted["range"];
                        of.is_object()
                            && (wanted.is_null()
                                || wanted["number"] == port
                                || range.is_object()
                                    && range["start"].as_u64() <= Some(port.into())
                                    && Some(port.into()) <= range["end"].as_u64())
                            || named(to, &item["destinationNamedPort"], protocol) == Some(port)
                    });
                if about && on_port {
                    return match rule["action"].as_str() {
                        Some("Pass") => None,
                        action => Some(action == Some("Accept")),
                    };
                }
            }
        }
        None
    };
    if let Some(decided) = of_tier("Admin") {
        return decided;
    }
    let mut isolated = false;
    for policy in policies.iter().filter(|policy| policy["kind"] == "NetworkPolicy") {
        let spec = &policy["spec"];
        let types = list(spec, "policyTypes");
        let counts = match (types.is_empty(), egress) {
            (true, false) => true,
            (true, true) => !list(spec, "egress").is_empty(),
            (false, _) => types.contains(&json!(if egress { "Egress" } else { "Ingress" })),
        };
        let own = &policy["metadata"]["namespace"];
        if !counts || own != namespace || !selects(&spec["podSelector"], &labels("pod", pod)) {
            continue;
        }
        isolated = true;
        for rule in list(spec, key) {
            let peers = list(rule, peers_key);
            let about = peers.is_empty()
                || peers.iter().any(|peer| match (other, &peer["ipBlock"]) {
                    (End::Address(address), block @ Value::Object(_)) => {
                        in_cidr(&block["cidr"], address)
                            && !list(block, "except").iter().any(|cidr| in_cidr(cidr, address))
                    }
                    (End::Pod(in_, name), Value::Null) => {
                        let here = match &peer["namespaceSelector"] {
                            Value::Null => own == in_,
                            selector => selects(selector, &labels("ns", in_)),
                        };
                        here && (peer["podSelector"].is_null() || selects(&peer["podSelector"], &labels("pod", name)))
                    }
                    _ => false,
                });
            let ports = list(rule, "ports");
            let on_port = ports.is_empty()
                || ports.iter().any(|item| {
                    let same = item["protocol"].as_str().unwrap_or("TCP") == protocol.name();
                    same && match &item["port"] {
                        Value::Null => true,
                        Value::String(_) => named(to, &item["port"], protocol) == Some(port),
                        first => {
                            let last = item["endPort"].as_u64().or(first.as_u64());
                            first.as_u64() <= Some(port.into()) && Some(port.into()) <= last
                        }
                    }
                });
            if about && on_port {
                return true;
            }
        }
    }
    !isolated && of_tier("Baseline").unwrap_or(true)
}

fn compare(policies: &[Value]) -> Result<(), TestCaseError> {
    let texts = policies.iter().map(|policy| format!("---\n{policy}\n"));
    let world = world_with(&texts.collect::<Vec<_>>());
    let evaluator = Evaluator::new(&world);
    prop_assert!(evaluator.policies().problems.is_empty(), "{:?}", evaluator.policies().problems);
    let pods = NAMESPACES.into_iter().flat_map(|namespace| PODS.map(|pod| End::Pod(namespace, pod)));
    let ends: Vec<End> = pods.chain(ADDRESSES.map(End::Address)).collect();
    let peer = |end: &End| match end {
        End::Pod(namespace, pod) => at(&world, &format!("{namespace}/{pod}")),
        End::Address(address) => at(&world, &address.to_string()),
    };
    for from in &ends {
        for to in &ends {
            let (source, destination) = (peer(from), peer(to));
            if source == destination {
                continue;
            }
            let verdict = evaluator.allowed(source, destination);
            prop_assert_eq!(&verdict.connections, &evaluator.connections(source, destination));
            for port in PORTS {
                let wanted = passes(policies, true, *from, *to, port) && passes(policies, false, *to, *from, port);
                let found = verdict.connections.contains(port.0, port.1);
                prop_assert_eq!(found, wanted, "{:?} > {:?} {:?}", source, destination, port);
                // The reasons of each way say the same.
                for (direction, ways) in [(Direction::Egress, &verdict.egress), (Direction::Ingress, &verdict.ingress)]
                {
                    let mut about = verdict
                        .reasons
                        .iter()
                        .filter(|reason| reason.direction == direction && reason.connections.contains(port.0, port.1));
                    let last = about.by_ref().filter_map(|reason| reason.cause.allows()).next();
                    prop_assert_eq!(last, Some(ways.contains(port.0, port.1)));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn network_policies_mean_the_same_to_both(mut policies in policies()) {
        for (index, policy) in policies.iter_mut().enumerate() {
            policy["metadata"]["name"] = format!("policy-{index}").into();
        }
        compare(&policies)?;
    }

    #[test]
    fn all_tiers_mean_the_same_to_both(mut policies in policies(), tiers in tiers()) {
        for (index, policy) in policies.iter_mut().enumerate() {
            policy["metadata"]["name"] = format!("policy-{index}").into();
        }
        policies.extend(tiers);
        compare(&policies)?;
    }
}
