//! Routes whose traffic policies close.

use super::Found;
use crate::network::Peer;
use crate::network::evaluate::Evaluator;
use crate::network::exposure::{Routed, routed};
use crate::network::policy::{Direction, Namespaces, PeerRule, PolicyId, PortRule, Rule};

pub(super) fn look(evaluator: &Evaluator<'_>, found: &mut Found) {
    for route in routed(evaluator.world()) {
        let by = evaluator.isolating(Peer::Workload(route.workload), Direction::Ingress);
        let Some(first) = by.first() else { continue };
        if !is_open(evaluator, &route) && !by.iter().any(|policy| names_another(evaluator, *policy, &route)) {
            let workload = &evaluator.world().workloads[route.workload];
            let message = format!(
                "{} leads to port {} of {workload}, which is closed to every controller",
                route.why, route.port
            );
            found.add("ingress-blocked", evaluator.policies().name(*first), "/spec", message);
        }
    }
}

/// Whether the port is open to anyone who may be the controller: a pod of another namespace, or addresses.
fn is_open(evaluator: &Evaluator<'_>, route: &Routed) -> bool {
    let to = Peer::Workload(route.workload);
    let world = evaluator.world();
    let own = world.workloads_in(&world.workloads[route.workload].namespace);
    let others = (0..world.workloads.len()).filter(|at| !own.contains(at)).map(Peer::Workload);
    let addresses = evaluator.pieces(Direction::Ingress).into_iter().map(Peer::Addresses);
    let mut callers = std::iter::once(Peer::INGRESS_CONTROLLER).chain(addresses).chain(others);
    callers.any(|from| evaluator.ingress(from, to).contains(route.protocol, route.port))
}

/// Whether a policy lets in, on this port, pods of a namespace that is no part of the run: the controller's, perhaps.
fn names_another(evaluator: &Evaluator<'_>, policy: PolicyId, route: &Routed) -> bool {
    let policies = evaluator.policies();
    match policy {
        PolicyId::Network(at) => {
            let rules = policies.network[at].rules(Direction::Ingress).unwrap_or_default();
            rules.iter().any(|rule| is_about(evaluator, rule, route))
        }
        PolicyId::Tier(at) => {
            policies.tiers[at].rules(Direction::Ingress).iter().any(|rule| is_about(evaluator, &rule.rule, route))
        }
    }
}

fn is_about(evaluator: &Evaluator<'_>, rule: &Rule, route: &Routed) -> bool {
    let world = evaluator.world();
    let mut peers = rule.peers.iter();
    let elsewhere = peers.any(|peer| match peer {
        PeerRule::Pods { namespaces: Namespaces::Selected(selector), .. } => {
            !world.namespaces.values().any(|namespace| selector.matches(&namespace.labels))
        }
        _ => false,
    });
    let mut ports = rule.ports.iter();
    let on_port = rule.ports.is_empty()
        || ports.any(|port| match port {
            PortRule::Numbers(protocol, range) => {
                *protocol == route.protocol && (range.first..=range.last).contains(&route.port)
            }
            PortRule::Name(protocol, name) => {
                protocol.is_none_or(|protocol| protocol == route.protocol)
                    && world.workloads[route.workload].port_named(name, route.protocol) == Some(route.port)
            }
        });
    elsewhere && on_port
}
