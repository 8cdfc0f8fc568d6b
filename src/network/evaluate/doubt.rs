//! What nobody can tell from manifests: where a verdict may be another one in a real cluster.

use super::Evaluator;
use crate::network::policy::{Direction, Namespaces, PeerRule, Rule, Selector, TierPolicy};
use crate::network::world::{NAME_LABEL, Workload};
use crate::network::{IpRange, Peer};

impl Evaluator<'_> {
    /// What the verdict about two peers rests on without being known, one sentence each.
    pub fn doubts(&self, from: Peer, to: Peer) -> Vec<String> {
        let mut doubts = Vec::new();
        for (subject, other, direction) in [(from, to, Direction::Egress), (to, from, Direction::Ingress)] {
            let Peer::Workload(at) = subject else { continue };
            let workload = &self.world.workloads[at];
            if workload.host_network {
                doubts.push(format!(
                    "{workload} is in the network of its node: whether policies hold for it is up to the network plugin, and most let it pass"
                ));
                continue;
            }
            let subjects = self.policies.network.iter().filter(|policy| policy.namespace == workload.namespace);
            let mut selectors: Vec<&Selector> = subjects.map(|policy| &policy.subject).collect();
            selectors.extend(self.policies.tiers.iter().map(|policy| &policy.pods));
            doubts.extend(varying(workload, &selectors));
            for rule in self.rules_over(at, direction) {
                self.doubt_rule(rule, other, &mut doubts);
            }
        }
        doubts.extend(same_priority(&self.policies.tiers));
        if let Some(first) = self.policies.foreign.first() {
            let more = match self.policies.foreign.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            doubts.push(format!("{first}{more}: policies of network plugins are not judged here"));
        }
        let mut seen = std::collections::BTreeSet::new();
        doubts.retain(|doubt| seen.insert(doubt.clone()));
        doubts
    }

    /// The rules of all policies over a workload, one way.
    fn rules_over(&self, workload: usize, direction: Direction) -> Vec<&Rule> {
        let (class, way) = (self.classes.of_workload(workload), self.compiled.way(direction));
        let network = way.network[class].iter();
        let network = network.flat_map(|at| self.policies.network[*at].rules(direction).unwrap_or_default());
        let tiers = way.tiers[class].iter().flat_map(|at| self.policies.tiers[*at].rules(direction));
        network.chain(tiers.map(|rule| &rule.rule)).collect()
    }

    fn doubt_rule(&self, rule: &Rule, other: Peer, doubts: &mut Vec<String>) {
        let other_workload = match other {
            Peer::Workload(at) => Some(&self.world.workloads[at]),
            _ => None,
        };
        for peer in &rule.peers {
            match (peer, other_workload) {
                (PeerRule::Pods { namespaces, pods }, Some(workload)) => {
                    doubts.extend(varying(workload, &[pods]));
                    if let Namespaces::Selected(selector) = namespaces {
                        doubts.extend(self.unknown_namespace(selector, &workload.namespace));
                    }
                }
                (PeerRule::Network(range), Some(workload)) if ![IpRange::ALL_V4, IpRange::ALL_V6].contains(range) => {
                    doubts.push(format!("whether {workload} has an address of {range} is not known"));
                }
                (PeerRule::Unknown(key), None) if matches!(other, Peer::Addresses(_)) => {
                    doubts.push(format!("which addresses are meant by `{key}` is not known"));
                }
                _ => {}
            }
        }
    }

    /// Labels of a namespace whose object is not part of the run.
    fn unknown_namespace(&self, selector: &Selector, namespace: &str) -> Option<String> {
        let known = self.world.namespaces.get(namespace).is_some_and(|namespace| namespace.declared);
        let mut keys = selector.requirements().iter().map(|requirement| requirement.key.as_str());
        let key = keys.find(|key| *key != NAME_LABEL).filter(|_| !known)?;
        Some(format!(
            "whether the namespace {namespace} has the label `{key}` is not known: add the manifest of the namespace"
        ))
    }
}

/// The labels that selectors ask for and in which the pods of a workload differ.
fn varying(workload: &Workload, selectors: &[&Selector]) -> Option<String> {
    let requirements = selectors.iter().flat_map(|selector| selector.requirements());
    let mut keys = requirements.map(|requirement| &requirement.key);
    let key = keys.find(|key| workload.varying.contains(key))?;
    Some(format!("the pods of {workload} may differ in the label `{key}`, which a policy selects by"))
}

/// Policies of the whole cluster of which nobody can say which comes first.
fn same_priority(tiers: &[TierPolicy]) -> Vec<String> {
    let same = |pair: &&[TierPolicy]| (pair[0].tier, pair[0].priority) == (pair[1].tier, pair[1].priority);
    let told = |pair: &[TierPolicy]| {
        format!("{} and {} have the same priority: which one counts first is not defined", pair[0].name, pair[1].name)
    };
    tiers.windows(2).filter(same).map(told).collect()
}
