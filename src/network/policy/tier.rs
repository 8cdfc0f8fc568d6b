//! Policies for the whole cluster, `policy.networking.k8s.io`: AdminNetworkPolicy and BaselineAdminNetworkPolicy
//! (v1alpha1), and ClusterNetworkPolicy (v1alpha2), which took the place of both.

use super::reader::{Problem, Reader};
use super::{
    Action, Direction, Namespaces, PeerRule, PolicyName, PortRule, Rule, Selector, Tier, TierPolicy, TierRule,
};
use crate::network::world::Object;
use crate::network::{IpRange, PortRange, Protocol};
use serde_json::Value;

/// The only name that a BaselineAdminNetworkPolicy may have.
const BASELINE_NAME: &str = "default";
/// The highest priority's number; the lowest is 0.
const LAST_PRIORITY: u64 = 1000;

/// The policy that an object is; `None` for other kinds and where the API server refuses it.
pub(super) fn read(object: &Object, problems: &mut Vec<Problem>) -> Option<TierPolicy> {
    let mut reader = Reader::new(object, problems);
    let nothing = Value::Null;
    let spec = object.at("/spec").unwrap_or(&nothing);
    let cluster = object.kind() == "ClusterNetworkPolicy";
    let (tier, keys): (_, &[&str]) = match object.kind() {
        "AdminNetworkPolicy" => (Tier::Admin, &["priority", "subject", "ingress", "egress"]),
        "BaselineAdminNetworkPolicy" => {
            if object.name() != BASELINE_NAME {
                reader
                    .refuse("/metadata/name", format!("a BaselineAdminNetworkPolicy must be called {BASELINE_NAME:?}"));
            }
            (Tier::Baseline, &["subject", "ingress", "egress"])
        }
        "ClusterNetworkPolicy" => {
            let named = reader.text(spec, "/spec", "tier");
            let tier = match named {
                Some("Baseline") => Tier::Baseline,
                Some("Admin") | None => Tier::Admin,
                Some(other) => {
                    reader.refuse("/spec/tier", format!("expected the tier Admin or Baseline, found {other:?}"));
                    Tier::Admin
                }
            };
            (tier, &["tier", "priority", "subject", "ingress", "egress"])
        }
        _ => return None,
    };
    reader.known(spec, "/spec", keys);
    let priority = if keys.contains(&"priority") { self::priority(spec, &mut reader) } else { 0 };
    let (namespaces, pods) = match spec.get("subject") {
        Some(subject) => self::pods(subject, "/spec/subject", &mut reader).unwrap_or_default(),
        None => {
            reader.refuse("/spec", "the policy has no `subject`");
            Default::default()
        }
    };
    let ingress = rules(spec, Direction::Ingress, cluster, &mut reader);
    let egress = rules(spec, Direction::Egress, cluster, &mut reader);
    let name = PolicyName::of(object);
    (!reader.is_refused()).then_some(TierPolicy { name, tier, priority, namespaces, pods, ingress, egress })
}

fn priority(spec: &Value, reader: &mut Reader<'_>) -> u64 {
    let found = spec.get("priority").unwrap_or(&Value::Null);
    let priority = found.as_u64().filter(|priority| *priority <= LAST_PRIORITY);
    if priority.is_none() {
        reader.refuse("/spec/priority", format!("expected a priority from 0 to {LAST_PRIORITY}, found {found}"));
    }
    priority.unwrap_or_default()
}

/// Pods by `namespaces` or by `pods`: the selectors of their namespaces and of themselves.
fn pods(value: &Value, at: &str, reader: &mut Reader<'_>) -> Option<(Selector, Selector)> {
    reader.known(value, at, &["namespaces", "pods"]);
    pods_by(reader.only(value.as_object(), at, &["namespaces", "pods"])?, value, at, reader)
}

fn pods_by(key: &str, value: &Value, at: &str, reader: &mut Reader<'_>) -> Option<(Selector, Selector)> {
    let (inner, at) = (value.get(key)?, format!("{at}/{key}"));
    if key == "namespaces" {
        return Some((Selector::read(inner, &at, reader), Selector::everything()));
    }
    reader.known(inner, &at, &["namespaceSelector", "podSelector"]);
    let selector = |key: &str, reader: &mut Reader<'_>| {
        let inner = inner.get(key).unwrap_or(&Value::Null);
        Selector::read(inner, &format!("{at}/{key}"), reader)
    };
    Some((selector("namespaceSelector", reader), selector("podSelector", reader)))
}

fn rules(spec: &Value, direction: Direction, cluster: bool, reader: &mut Reader<'_>) -> Vec<TierRule> {
    let (key, peers_key) = (direction.key(), direction.peers_key());
    let ports_key = if cluster { "protocols" } else { "ports" };
    let accept = if cluster { "Accept" } else { "Allow" };
    let mut all = Vec::new();
    for (index, item) in reader.items(spec, "/spec", key).iter().enumerate() {
        let at = format!("/spec/{key}/{index}");
        reader.known(item, &at, &["name", "action", peers_key, ports_key]);
        let action = match reader.text(item, &at, "action") {
            Some("Deny") => Action::Deny,
            Some("Pass") => Action::Pass,
            Some(name) if name == accept => Action::Accept,
            Some(other) => {
                reader.refuse(
                    &format!("{at}/action"),
                    format!("expected the action {accept}, Deny or Pass, found {other:?}"),
                );
                continue;
            }
            None => continue,
        };
        let mut peers = Vec::new();
        let listed = reader.items(item, &at, peers_key);
        for (index, peer) in listed.iter().enumerate() {
            self::peer(peer, &format!("{at}/{peers_key}/{index}"), direction, &mut peers, reader);
        }
        if listed.is_empty() {
            reader.refuse(&format!("{at}/{peers_key}"), format!("the rule needs peers under `{peers_key}`"));
        }
        let ports = reader.items(item, &at, ports_key).iter().enumerate();
        let read = if cluster { self::protocol } else { self::port };
        let ports =
            ports.filter_map(|(index, port)| read(port, &format!("{at}/{ports_key}/{index}"), reader)).collect();
        let name = item.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
        all.push(TierRule { name, action, rule: Rule { peers, ports } });
    }
    all
}

fn peer(item: &Value, at: &str, direction: Direction, peers: &mut Vec<PeerRule>, reader: &mut Reader<'_>) {
    let known: &[&str] = match direction {
        Direction::Ingress => &["namespaces", "pods"],
        Direction::Egress => &["namespaces", "pods", "nodes", "networks", "domainNames"],
    };
    // A field that is not known is that of a newer version: the rule fails closed.
    let newer =
        item.as_object().is_some_and(|map| !map.is_empty() && map.keys().all(|key| !known.contains(&key.as_str())));
    if newer {
        reader.known(item, at, known);
        peers.push(PeerRule::Unread);
        return;
    }
    reader.known(item, at, known);
    match reader.only(item.as_object(), at, known) {
        Some("nodes") => peers.push(PeerRule::Unknown("nodes")),
        Some("domainNames") => peers.push(PeerRule::Unknown("domainNames")),
        Some("networks") => {
            for (index, network) in reader.items(item, at, "networks").iter().enumerate() {
                match IpRange::cidr(network.as_str().unwrap_or_default()) {
                    Ok(range) => peers.push(PeerRule::Network(range)),
                    Err(error) => reader.refuse(&format!("{at}/networks/{index}"), error.to_string()),
                }
            }
        }
        Some(key) => {
            let selectors = pods_by(key, item, at, reader);
            peers.extend(
                selectors
                    .map(|(namespaces, pods)| PeerRule::Pods { namespaces: Namespaces::Selected(namespaces), pods }),
            );
        }
        None => {}
    }
}

/// An item of `ports`, as AdminNetworkPolicies have them.
fn port(item: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PortRule> {
    let keys = ["portNumber", "portRange", "namedPort"];
    reader.known(item, at, &keys);
    let key = reader.only(item.as_object(), at, &keys)?;
    if key == "namedPort" {
        return Some(PortRule::Name(None, reader.text(item, at, key)?.to_owned()));
    }
    let (inner, at) = (item.get(key)?, format!("{at}/{key}"));
    let protocol = match inner.get("protocol") {
        None | Some(Value::Null) => Protocol::Tcp,
        Some(name) => match name.as_str().and_then(Protocol::named) {
            Some(protocol) => protocol,
            None => {
                reader
                    .refuse(&format!("{at}/protocol"), format!("expected the protocol TCP, UDP or SCTP, found {name}"));
                return None;
            }
        },
    };
    match key {
        "portNumber" => {
            reader.known(inner, &at, &["protocol", "port"]);
            Some(PortRule::Numbers(protocol, PortRange::one(reader.port(inner, &at, "port")?)))
        }
        _ => {
            reader.known(inner, &at, &["protocol", "start", "end"]);
            Some(PortRule::Numbers(protocol, range(inner, &at, reader)?))
        }
    }
}

/// An item of `protocols`, as ClusterNetworkPolicies have them.
fn protocol(item: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PortRule> {
    let keys = ["tcp", "udp", "sctp", "destinationNamedPort"];
    reader.known(item, at, &keys);
    let key = reader.only(item.as_object(), at, &keys)?;
    if key == "destinationNamedPort" {
        return Some(PortRule::Name(None, reader.text(item, at, key)?.to_owned()));
    }
    let inner = item.get(key)?;
    let protocol = Protocol::named(&key.to_uppercase())?;
    let at = format!("{at}/{key}");
    reader.known(inner, &at, &["destinationPort"]);
    let Some(port) = inner.get("destinationPort").filter(|port| !port.is_null()) else {
        return Some(PortRule::Numbers(protocol, PortRange::ALL));
    };
    let at = format!("{at}/destinationPort");
    reader.known(port, &at, &["number", "range"]);
    let range = match reader.only(port.as_object(), &at, &["number", "range"])? {
        "number" => PortRange::one(reader.port(port, &at, "number")?),
        _ => self::range(port.get("range")?, &format!("{at}/range"), reader)?,
    };
    Some(PortRule::Numbers(protocol, range))
}

/// `start` and `end`.
fn range(value: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PortRange> {
    let (first, last) = (reader.port(value, at, "start")?, reader.port(value, at, "end")?);
    if last < first {
        reader.refuse(&format!("{at}/end"), format!("the end {last} is below the start {first}"));
        return None;
    }
    Some(PortRange { first, last })
}
