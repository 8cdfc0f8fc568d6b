//! From flows to the rules of each workload, one set a direction.

use crate::network::flow::{End, Flow, Ports};
use crate::network::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What one end may do with a workload, or a workload with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Grant {
    /// Whether all ports are meant.
    pub(super) all: bool,
    pub(super) ports: Ports,
    pub(super) why: BTreeSet<String>,
}

/// Grants by whether they are assumed, and by the other end.
pub(super) type Grants = BTreeMap<(bool, End), Grant>;

/// The rules of a workload.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) ingress: Grants,
    pub(super) egress: Grants,
}

impl Grant {
    fn add(&mut self, flow: &Flow) {
        self.all |= flow.ports.is_empty();
        self.ports.extend(flow.ports.iter().cloned());
        self.why.insert(flow.why.clone());
    }

    /// The ports of a rule; empty for all.
    pub(super) fn effective(&self) -> Ports {
        if self.all { Ports::new() } else { self.ports.clone() }
    }
}

/// The rules of every workload, in the order of the world, and what a person should know of those in `managed`.
pub(super) fn of(world: &World, flows: &[Flow], managed: &BTreeSet<usize>) -> (Vec<Rules>, BTreeSet<String>) {
    let mut rules: Vec<Rules> = world.workloads.iter().map(|_| Rules::default()).collect();
    let mut notes = BTreeSet::new();
    let on_node = |end: &End| matches!(end, End::Workload(at) if world.workloads[*at].host_network);
    // Pods in the network of their node have its address: no selector is sure to name them.
    let seen = |end: &End| if on_node(end) { End::Anyone } else { end.clone() };
    for flow in flows {
        if let End::Workload(from) = flow.from
            && !on_node(&flow.from)
        {
            rules[from].egress.entry((flow.assumed, seen(&flow.to))).or_default().add(flow);
        }
        if let End::Workload(to) = flow.to
            && !on_node(&flow.to)
        {
            rules[to].ingress.entry((flow.assumed, seen(&flow.from))).or_default().add(flow);
        }
        for end in [&flow.from, &flow.to].into_iter().filter(|end| on_node(end) && flow.from != flow.to) {
            let other = if end == &flow.from { &flow.to } else { &flow.from };
            if matches!(other, End::Workload(at) if managed.contains(at)) {
                let (end, other) = (end.told(world), other.told(world));
                notes
                    .insert(format!("{end} uses the network of its node, so the rule of {other} for it names no peer"));
            }
        }
    }
    for one in &mut rules {
        settle(&mut one.ingress);
        settle(&mut one.egress);
    }
    (rules, notes)
}

/// Leave out of what is assumed what is known.
fn settle(grants: &mut Grants) {
    let known: BTreeMap<End, (bool, Ports)> = grants
        .iter()
        .filter(|((assumed, _), _)| !assumed)
        .map(|((_, end), grant)| (end.clone(), (grant.all, grant.ports.clone())))
        .collect();
    grants.retain(|(assumed, end), grant| {
        let Some((all, ports)) = known.get(end).filter(|_| *assumed) else { return true };
        if *all {
            return false;
        }
        grant.ports.retain(|port| !ports.contains(port));
        grant.all || !grant.ports.is_empty()
    });
}
