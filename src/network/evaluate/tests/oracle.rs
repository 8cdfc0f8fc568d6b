//! The evaluator against a second reading of the same policies: one connection at a time, on plain values, without sets,
//! classes or memory.

mod generate;

use super::*;
use crate::workload::selects;
use generate::{policies, tiers};
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
