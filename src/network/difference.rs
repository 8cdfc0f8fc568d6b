//! Two sets of policies over the same workloads: what opens and what closes from one to the other.

#[cfg(test)]
mod tests;

use super::evaluate::Evaluator;
use super::policy::Direction;
use super::{Connections, IpRange, Peer};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What differs between two sets of policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What may pass afterwards and may not before.
    pub opened: Vec<Flow>,
    /// What may pass before and may not afterwards.
    pub closed: Vec<Flow>,
}

/// Connections between any of some peers and any of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The sources, in order; ranges of addresses are as long as they can be.
    pub from: Vec<Peer>,
    /// The destinations, likewise.
    pub to: Vec<Peer>,
    /// The connections.
    pub connections: Connections,
}

impl Difference {
    /// Whether both sets allow the same.
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.closed.is_empty()
    }

    /// What of it goes from or to one of some peers.
    pub fn about(self, wanted: impl Fn(Peer) -> bool) -> Self {
        let about = |flows: Vec<Flow>| flows.into_iter().flat_map(|flow| flow.about(&wanted)).collect();
        Self { opened: about(self.opened), closed: about(self.closed) }
    }
}

impl Flow {
    /// The flows from those that are wanted to all, and from all others to those.
    fn about(self, wanted: impl Fn(Peer) -> bool) -> Vec<Self> {
        let Self { from, to, connections } = self;
        let (own, others): (Vec<Peer>, Vec<Peer>) = from.into_iter().partition(|peer| wanted(*peer));
        let within: Vec<Peer> = to.iter().copied().filter(|peer| wanted(*peer)).collect();
        let ends = [(own, to), (others, within)].into_iter().filter(|(from, to)| !from.is_empty() && !to.is_empty());
        ends.map(|(from, to)| Self { from, to, connections: connections.clone() }).collect()
    }
}

/// What differs between `before` and `after`, which are over the same world and the same pods from elsewhere: between its
/// workloads, and between those and all addresses, the ingress controller and the name servers.
pub fn difference(before: &Evaluator<'_>, after: &Evaluator<'_>) -> Difference {
    let groups = workloads(before);
    let (sources, destinations) = (others(before, after, Direction::Ingress), others(before, after, Direction::Egress));
    let rows: Vec<_> =
        groups.par_iter().map(|group| row(before, after, group, &groups, &sources, &destinations)).collect();
    let (mut opened, mut closed) = (Gathering::default(), Gathering::default());
    for (from, to, change) in rows.into_iter().flatten() {
        opened.add(&from, &to, change.0);
        closed.add(&from, &to, change.1);
    }
    Difference { opened: opened.flows(), closed: closed.flows() }
}

/// Workloads that no policy can tell apart.
fn workloads(evaluator: &Evaluator<'_>) -> Vec<Vec<Peer>> {
    let mut groups: BTreeMap<usize, Vec<Peer>> = BTreeMap::new();
    for at in 0..evaluator.world().workloads.len() {
        groups.entry(evaluator.alike(at)).or_default().push(Peer::Workload(at));
    }
    groups.into_values().collect()
}

/// Who else there is: addresses in pieces that no policy of either set cuts, and pods from elsewhere.
fn others(before: &Evaluator<'_>, after: &Evaluator<'_>, direction: Direction) -> Vec<Peer> {
    let (one, two) = (before.pieces(direction), after.pieces(direction));
    // IPv6 counts if one of the sets is about it.
    let whole = if one.iter().chain(&two).any(|piece| piece.family == super::Family::V6) {
        vec![IpRange::ALL_V4, IpRange::ALL_V6]
    } else {
        vec![IpRange::ALL_V4]
    };
    let pieces = whole.iter().flat_map(|whole| whole.pieces(one.iter().chain(&two)));
    let made: &[Peer] = match direction {
        Direction::Ingress => &[Peer::INGRESS_CONTROLLER],
        Direction::Egress => &Peer::DNS,
    };
    made.iter().copied().chain(pieces.map(Peer::Addresses)).collect()
}

type Changed = (Vec<Peer>, Vec<Peer>, (Connections, Connections));

/// What changes for a group of workloads: towards all others, and from outside.
fn row(
    before: &Evaluator<'_>,
    after: &Evaluator<'_>,
    group: &[Peer],
    groups: &[Vec<Peer>],
    sources: &[Peer],
    destinations: &[Peer],
) -> Vec<Changed> {
    let first = group[0];
    let decided = |peer: Peer, direction| before.is_isolated(peer, direction) || after.is_isolated(peer, direction);
    let (egress, ingress) = (decided(first, Direction::Egress), decided(first, Direction::Ingress));
    let mut changed = Vec::new();
    let mut compare = |from: Peer, to: Peer, all_from: Vec<Peer>, all_to: Vec<Peer>| {
        let (old, new) = (before.connections(from, to), after.connections(from, to));
        if old != new {
            changed.push((all_from, all_to, (new.difference(&old), old.difference(&new))));
        }
    };
    for other in groups.iter().filter(|other| egress || decided(other[0], Direction::Ingress)) {
        if other[0] == first {
            // One by one: a workload is no peer of its own.
            for from in group {
                let rest: Vec<Peer> = group.iter().copied().filter(|to| to != from).collect();
                if !rest.is_empty() {
                    compare(first, first, vec![*from], rest);
                }
            }
        } else {
            compare(first, other[0], group.to_vec(), other.clone());
        }
    }
    for to in destinations.iter().filter(|_| egress) {
        compare(first, *to, group.to_vec(), vec![*to]);
    }
    for from in sources.iter().filter(|_| ingress) {
        compare(*from, first, vec![*from], group.to_vec());
    }
    changed
}

/// Pairs of peers, put together where they have the same in common.
#[derive(Default)]
struct Gathering {
    /// The destinations of one source and some connections.
    by_source: BTreeMap<(Peer, Connections), Vec<Peer>>,
}

impl Gathering {
    fn add(&mut self, from: &[Peer], to: &[Peer], connections: Connections) {
        if connections.is_empty() {
            return;
        }
        for source in from {
            self.by_source.entry((*source, connections.clone())).or_default().extend(to);
        }
    }

    fn flows(self) -> Vec<Flow> {
        let mut by_destinations: BTreeMap<(Vec<Peer>, Connections), Vec<Peer>> = BTreeMap::new();
        for ((from, connections), mut to) in self.by_source {
            to.sort_unstable();
            to.dedup();
            by_destinations.entry((to, connections)).or_default().push(from);
        }
        let flow = |((to, connections), from)| Flow { from: joined(from), to: joined(to), connections };
        let mut flows: Vec<Flow> = by_destinations.into_iter().map(flow).collect();
        flows.sort_by(|one, two| (&one.from, &one.to, &one.connections).cmp(&(&two.from, &two.to, &two.connections)));
        flows
    }
}

/// Ranges that follow one another become one.
fn joined(peers: Vec<Peer>) -> Vec<Peer> {
    let mut all: Vec<Peer> = Vec::new();
    for peer in peers {
        match (all.last_mut(), peer) {
            (Some(Peer::Addresses(last)), Peer::Addresses(next))
                if last.family == next.family && last.last.checked_add(1) == Some(next.first) =>
            {
                last.last = next.last;
            }
            _ => all.push(peer),
        }
    }
    all
}
