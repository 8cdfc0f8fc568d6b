//! What is wrong with a policy among the workloads of a run.

use super::Found;
use crate::network::evaluate::Evaluator;
use crate::network::policy::{Direction, Namespaces, NetworkPolicy, PeerRule, PortRule, Rule, Selector};
use crate::network::world::{Workload, World};

pub(super) fn look(evaluator: &Evaluator<'_>, found: &mut Found) {
    let world = evaluator.world();
    // Policies alone, without any workload, select nothing for a reason.
    if world.workloads.is_empty() {
        return;
    }
    for policy in &evaluator.policies().network {
        let within = &world.workloads[world.workloads_in(&policy.namespace)];
        let subjects: Vec<&Workload> = selected(within, &policy.subject).collect();
        let may_be_more = within.is_empty() || varying(within, &policy.subject, policy, "/spec/podSelector", found);
        if subjects.is_empty() && !may_be_more {
            let message = format!("no workload of {} here is {}", policy.namespace, policy.subject);
            found.add("selects-nothing", &policy.name, "/spec/podSelector", message);
        }
        for workload in subjects.iter().filter(|workload| workload.host_network && !policy.subject.is_everything()) {
            let message = format!("{workload} has hostNetwork: true");
            found.add("host-network-subject", &policy.name, "/spec/podSelector", message);
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            for (index, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
                let at = format!("/spec/{direction}/{index}");
                peers(world, policy, direction, rule, &at, found);
                ports(world, policy, direction, rule, (&at, &subjects), found);
            }
        }
    }
}

fn selected<'w>(workloads: &'w [Workload], selector: &Selector) -> impl Iterator<Item = &'w Workload> {
    workloads.iter().filter(move |workload| selector.matches(&workload.labels))
}

/// Note the labels that a selector asks for and in which pods differ.
fn varying(workloads: &[Workload], selector: &Selector, policy: &NetworkPolicy, at: &str, found: &mut Found) -> bool {
    let mut any = false;
    for requirement in selector.requirements() {
        let differs = |workload: &&Workload| workload.varying.contains(&requirement.key);
        if let Some(workload) = workloads.iter().find(differs) {
            any = true;
            let message = format!("each pod of {workload} may have another `{}`", requirement.key);
            found.add("varying-label", &policy.name, at, message);
        }
    }
    any
}

/// Peers of the policy's own namespace, or of namespaces that are all known, and that are nobody.
fn peers(world: &World, policy: &NetworkPolicy, direction: Direction, rule: &Rule, at: &str, found: &mut Found) {
    for (index, peer) in rule.peers.iter().enumerate() {
        let PeerRule::Pods { namespaces: Namespaces::Own, pods } = peer else { continue };
        let within = &world.workloads[world.workloads_in(&policy.namespace)];
        let at = format!("{at}/{}/{index}", direction.peers_key());
        let may_be_more = within.is_empty() || varying(within, pods, policy, &at, found);
        if selected(within, pods).next().is_none() && !may_be_more {
            let message = format!("no workload of {} here is {pods}", policy.namespace);
            found.add("peer-selects-nothing", &policy.name, at, message);
        }
    }
}

/// Names of ports that no destination declares.
fn ports(
    world: &World,
    policy: &NetworkPolicy,
    direction: Direction,
    rule: &Rule,
    (at, subjects): (&str, &[&Workload]),
    found: &mut Found,
) {
    let destinations: Vec<&Workload> = match direction {
        Direction::Ingress => subjects.to_vec(),
        Direction::Egress => {
            let Some(all) = destinations(world, policy, rule) else { return };
            all
        }
    };
    for (index, port) in rule.ports.iter().enumerate() {
        let PortRule::Name(Some(protocol), name) = port else { continue };
        let declared = destinations.iter().any(|workload| workload.port_named(name, *protocol).is_some());
        if !destinations.is_empty() && !declared {
            let names: Vec<String> = destinations.iter().take(3).map(ToString::to_string).collect();
            let more = if destinations.len() > names.len() { " and others" } else { "" };
            let message = format!("{}{more} declare no port {name:?} of {protocol}", names.join(", "));
            found.add("undeclared-named-port", &policy.name, format!("{at}/ports/{index}"), message);
        }
    }
}

/// The workloads of a rule's own namespace that it leads to; `None` where it leads elsewhere, too.
fn destinations<'w>(world: &'w World, policy: &NetworkPolicy, rule: &Rule) -> Option<Vec<&'w Workload>> {
    let mut all = Vec::new();
    for peer in &rule.peers {
        let PeerRule::Pods { namespaces: Namespaces::Own, pods } = peer else { return None };
        all.extend(selected(&world.workloads[world.workloads_in(&policy.namespace)], pods));
    }
    Some(all)
}
