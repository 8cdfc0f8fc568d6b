//! NetworkPolicy, `networking.k8s.io/v1` and its elder versions.

use super::reader::{Problem, Reader};
use super::{Direction, Namespaces, NetworkPolicy, PeerRule, PolicyName, PortRule, Rule, Selector};
use crate::network::world::Object;
use crate::network::{IpRange, PortRange, Protocol};
use serde_json::Value;

/// The policy that an object is; `None` where the API server refuses it.
pub(super) fn read(object: &Object, problems: &mut Vec<Problem>) -> Option<NetworkPolicy> {
    let mut reader = Reader::new(object, problems);
    let nothing = Value::Null;
    let spec = object.at("/spec").unwrap_or(&nothing);
    reader.known(spec, "/spec", &["podSelector", "ingress", "egress", "policyTypes"]);
    let subject = match spec.get("podSelector") {
        Some(selector) => Selector::read(selector, "/spec/podSelector", &mut reader),
        None => Selector::everything(),
    };
    let ingress = rules(spec, Direction::Ingress, &mut reader);
    let egress = rules(spec, Direction::Egress, &mut reader);
    let (with_ingress, with_egress) = types(spec, !egress.is_empty(), &mut reader);
    (!reader.is_refused()).then(|| NetworkPolicy {
        name: PolicyName::of(object),
        namespace: object.namespace.clone().unwrap_or_default(),
        subject,
        ingress: with_ingress.then_some(ingress),
        egress: with_egress.then_some(egress),
    })
}

/// Which ways a policy is about. Where it does not say: ingress, and egress if it has such rules.
fn types(spec: &Value, has_egress: bool, reader: &mut Reader<'_>) -> (bool, bool) {
    let listed = reader.items(spec, "/spec", "policyTypes");
    if listed.is_empty() {
        return (true, has_egress);
    }
    for (index, item) in listed.iter().enumerate().filter(|(_, item)| *item != "Ingress" && *item != "Egress") {
        let message = format!("expected the policy type Ingress or Egress, found {item}");
        reader.refuse(&format!("/spec/policyTypes/{index}"), message);
    }
    (listed.iter().any(|item| item == "Ingress"), listed.iter().any(|item| item == "Egress"))
}

fn rules(spec: &Value, direction: Direction, reader: &mut Reader<'_>) -> Vec<Rule> {
    let (key, peers_key) = (direction.key(), direction.peers_key());
    let items = reader.items(spec, "/spec", key);
    let rule = |(index, item): (usize, &Value)| {
        let at = format!("/spec/{key}/{index}");
        reader.known(item, &at, &[peers_key, "ports"]);
        let peers = reader.items(item, &at, peers_key).iter().enumerate();
        let peers = peers.filter_map(|(index, peer)| self::peer(peer, &format!("{at}/{peers_key}/{index}"), reader));
        let peers = peers.collect();
        let ports = reader.items(item, &at, "ports").iter().enumerate();
        let ports = ports.flat_map(|(index, port)| self::port(port, &format!("{at}/ports/{index}"), reader));
        Rule { peers, ports: ports.collect() }
    };
    items.iter().enumerate().map(rule).collect()
}

fn peer(item: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PeerRule> {
    reader.known(item, at, &["podSelector", "namespaceSelector", "ipBlock"]);
    let stated = |key: &str| item.get(key).filter(|value| !value.is_null());
    let selector = |key: &str, reader: &mut Reader<'_>| {
        stated(key).map(|value| Selector::read(value, &format!("{at}/{key}"), reader))
    };
    match (selector("namespaceSelector", reader), selector("podSelector", reader), stated("ipBlock")) {
        (None, None, Some(block)) => self::block(block, &format!("{at}/ipBlock"), reader),
        (None, None, None) => {
            reader.refuse(
                at,
                "a peer needs a podSelector, a namespaceSelector or an ipBlock; everyone is a rule without peers",
            );
            None
        }
        (_, _, Some(_)) => {
            reader.refuse(at, "an ipBlock cannot stand with selectors: make it a peer of its own");
            None
        }
        (namespaces, pods, None) => Some(PeerRule::Pods {
            namespaces: namespaces.map_or(Namespaces::Own, Namespaces::Selected),
            pods: pods.unwrap_or_default(),
        }),
    }
}

fn block(value: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PeerRule> {
    reader.known(value, at, &["cidr", "except"]);
    let text = reader.text(value, at, "cidr")?;
    let range = IpRange::cidr(text).map_err(|error| reader.refuse(&format!("{at}/cidr"), error.to_string())).ok()?;
    let mut except = Vec::new();
    for (index, item) in reader.items(value, at, "except").iter().enumerate() {
        let place = format!("{at}/except/{index}");
        match IpRange::cidr(item.as_str().unwrap_or_default()) {
            Ok(inner) if range.covers(&inner) && inner != range => except.push(inner),
            Ok(inner) => reader.refuse(&place, format!("{inner} is no part of {range}, which it is an exception to")),
            Err(error) => reader.refuse(&place, error.to_string()),
        }
    }
    Some(PeerRule::Block { range, except })
}

fn port(item: &Value, at: &str, reader: &mut Reader<'_>) -> Option<PortRule> {
    reader.known(item, at, &["protocol", "port", "endPort"]);
    let stated = |key: &str| item.get(key).filter(|value| !value.is_null());
    let protocol = match stated("protocol") {
        None => Some(Protocol::Tcp),
        Some(name) => {
            let known = name.as_str().and_then(Protocol::named);
            if known.is_none() {
                reader
                    .refuse(&format!("{at}/protocol"), format!("expected the protocol TCP, UDP or SCTP, found {name}"));
            }
            known
        }
    }?;
    let end = match stated("endPort") {
        None => None,
        Some(_) => Some(reader.port(item, at, "endPort")?),
    };
    match (stated("port"), end) {
        (None, None) => Some(PortRule::Numbers(protocol, PortRange::ALL)),
        (None, Some(_)) => {
            reader.refuse(&format!("{at}/endPort"), "endPort needs a port to begin with");
            None
        }
        (Some(Value::String(name)), None) if is_port_name(name) => Some(PortRule::Name(Some(protocol), name.clone())),
        (Some(Value::String(name)), Some(_)) if is_port_name(name) => {
            reader.refuse(&format!("{at}/endPort"), "endPort cannot stand with a named port");
            None
        }
        (Some(Value::String(name)), _) => {
            let number = name.parse::<u16>().map(|number| format!(": write {number} without quotes"));
            reader
                .refuse(&format!("{at}/port"), format!("{name:?} is no name of a port{}", number.unwrap_or_default()));
            None
        }
        (Some(_), end) => {
            let first = reader.port(item, at, "port")?;
            let last = end.unwrap_or(first);
            if last < first {
                reader.refuse(&format!("{at}/endPort"), format!("endPort {last} is below port {first}"));
                return None;
            }
            Some(PortRule::Numbers(protocol, PortRange { first, last }))
        }
    }
}

/// At most 15 lower-case letters, digits and single hyphens inside, a letter among them: what a container can declare.
fn is_port_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=15).contains(&name.len())
        && name.bytes().all(plain)
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
}
