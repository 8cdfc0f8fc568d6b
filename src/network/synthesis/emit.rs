//! NetworkPolicies as values, in the order of a manifest.

use super::own::{DIGEST, OWNER, digest_of};
use super::rules::{Grants, Rules};
use super::selector::Selected;
use super::{Options, PodsOf};
use crate::network::addresses::{PRIVATE, PRIVATE_V6};
use crate::network::flow::{End, Number, Ports, ports_told};
use crate::network::policy::Direction;
use crate::network::world::{NAME_LABEL, World};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The annotation that says how each rule is known, a line each.
pub const EVIDENCE: &str = "kubectl-harden.dev/evidence";
/// The annotation with the rules that nothing shows.
pub const ASSUMED: &str = "kubectl-harden.dev/assumed";

/// Where no host of a name is, and the metadata of clouds are.
const LINK: &str = "169.254.0.0/16";
const LINK_V6: [&str; 2] = ["fd00:ec2::254/128", "fe80::/10"];
/// The addresses of NodeLocal DNSCache, and of the name server of Google's clouds.
const DNS_ADDRESSES: [&str; 2] = ["169.254.20.10/32", "169.254.169.254/32"];
/// Where name servers run as pods.
const DNS_NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];
/// The port of name servers, and that of OpenShift's pods.
const DNS_PORTS: [u16; 2] = [53, 5353];
/// As many reasons are told of one rule.
const REASONS: usize = 3;

/// The head of a policy.
pub(super) struct Head<'h> {
    pub(super) namespace: &'h str,
    /// Whether the manifests state the namespace: else it is that of whoever applies them.
    pub(super) stated: bool,
    pub(super) name: &'h str,
}

/// Nothing in, nothing out, for all pods of a namespace.
pub(super) fn default_deny(head: &Head<'_>) -> Value {
    policy(head, Map::new(), json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
}

/// Everything in, everything out, for all pods of a namespace: the first policy that selects a pod shuts it for whatever that
/// one does not allow, so this one stands while the others come one after the other.
pub fn allow_all(namespace: &str) -> Value {
    let head = Head { namespace, stated: true, name: "allow-all-meanwhile" };
    let spec = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]});
    policy(&head, Map::new(), spec)
}

/// Name resolution for all pods of a namespace, by both protocols.
pub(super) fn allow_dns(head: &Head<'_>, options: &Options) -> Value {
    let servers = &options.known.name_servers;
    let any = options.dns_any || servers.on_nodes;
    let in_namespace = |name: &str| json!({"matchLabels": {NAME_LABEL: name}});
    let mut to: Vec<Value> = match servers.pods.is_empty() {
        true => DNS_NAMESPACES.iter().map(|name| json!({"namespaceSelector": in_namespace(name)})).collect(),
        false => servers
            .pods
            .iter()
            .map(|PodsOf { namespace, labels }| match labels.is_empty() {
                true => json!({"namespaceSelector": in_namespace(namespace)}),
                false => json!({"namespaceSelector": in_namespace(namespace), "podSelector": {"matchLabels": labels}}),
            })
            .collect(),
    };
    let known: Vec<String> = servers.addresses.iter().map(whole).collect();
    let usual = DNS_ADDRESSES.iter().map(|block| (*block).to_owned()).filter(|block| !known.contains(block));
    to.extend(known.iter().cloned().chain(usual).map(|block| json!({"ipBlock": {"cidr": block}})));
    let numbers: BTreeSet<u16> = DNS_PORTS.into_iter().chain(servers.ports.iter().copied()).collect();
    let ports: Vec<Value> = numbers
        .iter()
        .flat_map(|port| ["UDP", "TCP"].map(|protocol| json!({"protocol": protocol, "port": port})))
        .collect();
    let rule = if any { json!({"ports": ports}) } else { json!({"to": to, "ports": ports}) };
    policy(head, Map::new(), json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}))
}

/// The policy of one workload, and which of its egress rules are about the API server, by their places.
pub(super) fn of_workload(
    head: &Head<'_>,
    world: &World,
    selectors: &[Selected],
    at: usize,
    rules: &Rules,
) -> (Value, BTreeSet<usize>) {
    let mut spec = Map::new();
    spec.insert("podSelector".to_owned(), selectors[at].selector.clone());
    spec.insert("policyTypes".to_owned(), json!(["Ingress", "Egress"]));
    let mut api_server = BTreeSet::new();
    for (key, side, grants) in [("ingress", "from", &rules.ingress), ("egress", "to", &rules.egress)] {
        let (rules, about) = rules_of(head.namespace, world, selectors, side, grants);
        api_server = about;
        if !rules.is_empty() {
            spec.insert(key.to_owned(), rules.into());
        }
    }
    let mut annotations = Map::new();
    for (key, assumed) in [(EVIDENCE, false), (ASSUMED, true)] {
        let lines = evidence(world, rules, assumed);
        if !lines.is_empty() {
            annotations.insert(key.to_owned(), (lines.join("\n") + "\n").into());
        }
    }
    (policy(head, annotations, spec.into()), api_server)
}

/// One line for each rule: its peer, its ports, and how it is known.
fn evidence(world: &World, rules: &Rules, assumed: bool) -> Vec<String> {
    let sides = [(Direction::Ingress, &rules.ingress), (Direction::Egress, &rules.egress)];
    let lines = sides.into_iter().flat_map(|(direction, grants)| {
        grants.iter().filter(move |((own, _), _)| *own == assumed).map(move |((_, end), grant)| {
            let word = if direction == Direction::Ingress { "from" } else { "to" };
            let mut why: Vec<&str> = grant.why.iter().map(String::as_str).take(REASONS).collect();
            let more = format!("and {} more", grant.why.len().saturating_sub(REASONS));
            if grant.why.len() > REASONS {
                why.push(&more);
            }
            format!("{word} {}, {}: {}", end.told(world), ports_told(&grant.effective()), why.join("; "))
        })
    });
    lines.collect()
}

fn policy(head: &Head<'_>, mut annotations: Map<String, Value>, spec: Value) -> Value {
    annotations.insert(DIGEST.to_owned(), digest_of(&spec).into());
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), head.name.into());
    if head.stated {
        metadata.insert("namespace".to_owned(), head.namespace.into());
    }
    metadata.insert("labels".to_owned(), json!({OWNER.0: OWNER.1}));
    metadata.insert("annotations".to_owned(), annotations.into());
    compact(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}))
}

/// The same value in no more room than it needs: there are thousands of policies in a run.
fn compact(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut exact = Map::with_capacity(map.len());
            exact.extend(map.into_iter().map(|(key, value)| (key, compact(value))));
            exact.into()
        }
        Value::Array(list) => {
            let mut exact = Vec::with_capacity(list.len());
            exact.extend(list.into_iter().map(compact));
            exact.into()
        }
        other => other,
    }
}

/// Peers with the same ports share a rule; what is assumed has its own. Beside the rules the places of those for the API server.
fn rules_of(
    namespace: &str,
    world: &World,
    selectors: &[Selected],
    side: &str,
    grants: &Grants,
) -> (Vec<Value>, BTreeSet<usize>) {
    let mut by_ports: BTreeMap<(bool, Option<&End>, Ports), Vec<&End>> = BTreeMap::new();
    for ((assumed, end), grant) in grants {
        // A rule without peers stands for all of them, so nobody else may be in it.
        let unnamed = Some(end).filter(|end| end.is_unnamed());
        by_ports.entry((*assumed, unnamed, grant.effective())).or_default().push(end);
    }
    let rule = |((_, unnamed, ports), ends): (&(bool, Option<&End>, Ports), &Vec<&End>)| {
        let mut rule = Map::new();
        if unnamed.is_none() {
            let mut all: Vec<Value> = Vec::new();
            for peer in ends.iter().flat_map(|end| peers(namespace, world, selectors, end)) {
                if !all.contains(&peer) {
                    all.push(peer);
                }
            }
            rule.insert(side.to_owned(), all.into());
        }
        if !ports.is_empty() {
            let port = |port: &crate::network::flow::Port| match &port.number {
                Number::One(number) => json!({"protocol": port.protocol.name(), "port": number}),
                Number::Named(name) => json!({"protocol": port.protocol.name(), "port": name}),
            };
            rule.insert("ports".to_owned(), ports.iter().map(port).collect());
        }
        Value::from(rule)
    };
    let is_api_server = |(at, (_, unnamed, _)): (usize, &(bool, Option<&End>, Ports))| {
        (*unnamed == Some(&End::ApiServer)).then_some(at)
    };
    let api_server = by_ports.keys().enumerate().filter_map(is_api_server).collect();
    (by_ports.iter().map(rule).collect(), api_server)
}

/// The block of one address.
fn whole(address: &IpAddr) -> String {
    let length = if matches!(address, IpAddr::V4(_)) { 32 } else { 128 };
    format!("{address}/{length}")
}

/// An end as the peers of a rule: both families where no address tells which it is.
fn peers(namespace: &str, world: &World, selectors: &[Selected], end: &End) -> Vec<Value> {
    let blocks = |v4: &[&str], v6: &[&str]| {
        let block = |all: &str, except: &[&str]| json!({"ipBlock": {"cidr": all, "except": except}});
        vec![block("0.0.0.0/0", v4), block("::/0", v6)]
    };
    match end {
        End::Public => blocks(&PRIVATE, &PRIVATE_V6),
        End::Outside => blocks(&[LINK], &LINK_V6),
        end => vec![peer(namespace, world, selectors, end)],
    }
}

fn peer(namespace: &str, world: &World, selectors: &[Selected], end: &End) -> Value {
    let in_namespace = |of: &str| json!({"matchLabels": {NAME_LABEL: of}});
    match end {
        End::Workload(at) => {
            let (own, pods) = (&world.workloads[*at].namespace, &selectors[*at].selector);
            match own == namespace {
                true => json!({"podSelector": pods}),
                false => json!({"namespaceSelector": in_namespace(own), "podSelector": pods}),
            }
        }
        End::Siblings => json!({"podSelector": {}}),
        End::Pods { namespace: of, labels } => match (of == namespace, labels.is_empty()) {
            (true, true) => json!({"podSelector": {}}),
            (true, false) => json!({"podSelector": {"matchLabels": labels}}),
            (false, true) => json!({"namespaceSelector": in_namespace(of)}),
            (false, false) => json!({"namespaceSelector": in_namespace(of), "podSelector": {"matchLabels": labels}}),
        },
        End::AnyPod => json!({"namespaceSelector": {}}),
        End::Address(address) => json!({"ipBlock": {"cidr": whole(address)}}),
        End::Block(block) => json!({"ipBlock": {"cidr": block}}),
        // They are several peers, or a rule without any.
        End::Public | End::Outside | End::ApiServer | End::Anyone => Value::Null,
    }
}
