//! Policies made ready for questions: whom each selects, whom each rule is about.

use super::Spot;
use super::classes::{Class, Classes};
use super::members::Members;
use crate::network::policy::{Direction, Namespaces, PeerRule, Policies, PortRule, Rule, Selector};
use crate::network::{Connections, IpRange, Protocol};
use std::sync::OnceLock;

/// All policies of a run.
#[derive(Debug)]
pub(super) struct Compiled {
    ways: [Way; 2],
}

/// What holds for one way of the traffic.
#[derive(Debug)]
pub(super) struct Way {
    /// For each class the NetworkPolicies that select it, by their places.
    pub(super) network: Vec<Vec<usize>>,
    /// For each class the policies of the whole cluster that select it, by their places.
    pub(super) tiers: Vec<Vec<usize>>,
    /// The rules of each NetworkPolicy.
    pub(super) network_rules: Vec<Vec<Ready>>,
    /// The rules of each policy of the whole cluster.
    pub(super) tier_rules: Vec<Vec<Ready>>,
    /// The blocks of addresses that rules are about.
    cuts: Vec<IpRange>,
}

/// A rule made ready.
#[derive(Debug)]
pub(super) struct Ready {
    numbers: Connections,
    names: bool,
    /// The classes that the rule is about; made when it is first asked for.
    classes: OnceLock<Members>,
}

impl Compiled {
    pub(super) fn of(policies: &Policies, classes: &Classes) -> Self {
        Self { ways: [Direction::Ingress, Direction::Egress].map(|direction| Way::of(direction, policies, classes)) }
    }

    pub(super) fn way(&self, direction: Direction) -> &Way {
        &self.ways[direction as usize]
    }

    pub(super) fn cuts(&self, direction: Direction) -> &[IpRange] {
        &self.way(direction).cuts
    }

    pub(super) fn decides(&self, direction: Direction, class: usize) -> bool {
        let way = self.way(direction);
        !way.network[class].is_empty() || !way.tiers[class].is_empty()
    }
}

impl Way {
    fn of(direction: Direction, policies: &Policies, classes: &Classes) -> Self {
        let none = || vec![Vec::new(); classes.all.len()];
        let (mut network, mut tiers, mut cuts) = (none(), none(), Vec::new());
        let mut ready = |rule: &Rule| {
            cuts.extend(rule.peers.iter().flat_map(blocks));
            Ready::of(rule)
        };
        let (mut network_rules, mut tier_rules) = (Vec::new(), Vec::new());
        for (at, policy) in policies.network.iter().enumerate() {
            let rules = policy.rules(direction);
            network_rules.push(rules.unwrap_or_default().iter().map(&mut ready).collect());
            let within = if rules.is_some() { classes.within(&policy.namespace) } else { &[] };
            for class in within.iter().filter(|class| is_subject(&policy.subject, &classes.all[**class])) {
                network[*class].push(at);
            }
        }
        for (at, policy) in policies.tiers.iter().enumerate() {
            let rules = policy.rules(direction);
            tier_rules.push(rules.iter().map(|rule| ready(&rule.rule)).collect());
            for (namespace, labels) in classes.namespaces.iter().filter(|_| !rules.is_empty()) {
                let within = if policy.namespaces.matches(labels) { classes.within(namespace) } else { &[] };
                for class in within.iter().filter(|class| is_subject(&policy.pods, &classes.all[**class])) {
                    tiers[*class].push(at);
                }
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        Self { network, tiers, network_rules, tier_rules, cuts }
    }
}

/// Whether a policy holds for pods of a class. Those in their node's network are out of reach of most network plugins.
fn is_subject(selector: &Selector, class: &Class) -> bool {
    !class.host_network && selector.matches(&class.labels)
}

fn blocks(peer: &PeerRule) -> Vec<IpRange> {
    match peer {
        PeerRule::Block { range, except } => except.iter().chain([range]).copied().collect(),
        PeerRule::Network(range) => vec![*range],
        _ => Vec::new(),
    }
}

impl Ready {
    fn of(rule: &Rule) -> Self {
        let mut numbers = Connections::none();
        for port in &rule.ports {
            if let PortRule::Numbers(protocol, range) = port {
                numbers.insert(*protocol, *range);
            }
        }
        let names = rule.ports.iter().any(|port| matches!(port, PortRule::Name(..)));
        let numbers = if rule.ports.is_empty() { Connections::all() } else { numbers };
        Self { numbers, names, classes: OnceLock::new() }
    }

    /// The connections to a destination that the rule is about, whoever the peer is. Addresses have no named ports.
    pub(super) fn ports(&self, rule: &Rule, to: Spot, classes: &Classes) -> Connections {
        let (true, Spot::Pod(class)) = (self.names, to) else { return self.numbers.clone() };
        let class = &classes.all[class];
        let mut connections = self.numbers.clone();
        for port in &rule.ports {
            let PortRule::Name(protocol, name) = port else { continue };
            for protocol in protocol.map_or(Protocol::ALL.to_vec(), |protocol| vec![protocol]) {
                if let Some(number) = class.port_named(name, protocol) {
                    connections.add(&Connections::one(protocol, number));
                }
            }
        }
        connections
    }

    /// Whether the rule of a policy in `namespace` is about a peer.
    pub(super) fn is_about(&self, rule: &Rule, namespace: &str, peer: Spot, classes: &Classes) -> bool {
        match peer {
            _ if rule.peers.is_empty() => true,
            Spot::Pod(class) => self.classes.get_or_init(|| selected(rule, namespace, classes)).contains(class),
            Spot::Range(range) => rule.peers.iter().any(|peer| match peer {
                PeerRule::Block { range: block, except } => {
                    block.covers(&range) && !except.iter().any(|except| except.covers(&range))
                }
                PeerRule::Network(block) => block.covers(&range),
                _ => false,
            }),
        }
    }
}

/// The classes that one of a rule's peers selects.
fn selected(rule: &Rule, namespace: &str, classes: &Classes) -> Members {
    let mut selected = Vec::new();
    for peer in &rule.peers {
        match peer {
            PeerRule::Pods { namespaces: Namespaces::Own, pods } => mark(&mut selected, namespace, pods, classes),
            PeerRule::Pods { namespaces: Namespaces::Selected(namespaces), pods } => {
                for (namespace, _) in classes.namespaces.iter().filter(|(_, labels)| namespaces.matches(labels)) {
                    mark(&mut selected, namespace, pods, classes);
                }
            }
            // All addresses are those of pods, too; of fewer nobody knows which pods have them.
            PeerRule::Network(range) if [IpRange::ALL_V4, IpRange::ALL_V6].contains(range) => {
                selected.extend(0..classes.all.len())
            }
            _ => {}
        }
    }
    Members::of(selected, classes.all.len())
}

fn mark(selected: &mut Vec<usize>, namespace: &str, pods: &Selector, classes: &Classes) {
    selected.extend(classes.within(namespace).iter().filter(|class| is_subject(pods, &classes.all[**class])));
}
