//! What a set of policies allows.
//!
//! A connection passes where the egress of its source and the ingress of its destination let it. Each way is decided by
//! tiers: the cluster's `Admin` policies, rule by rule; NetworkPolicies, for the pods that any of them selects; the
//! cluster's `Baseline` policies; and what nobody decides is open.
//!
//! Left out: the traffic of a pod with its own node, which is always open, and the replicas of one workload, which are
//! one peer.

mod classes;
mod compiled;
mod decide;
mod doubt;
mod members;
mod reason;
#[cfg(test)]
mod tests;

pub use reason::{Cause, Reason};

use super::policy::{Direction, Policies, PolicyId};
use super::{Connections, Family, IpRange, MadePod, Peer, World};
use classes::Classes;
use compiled::Compiled;

/// Tells what the policies of a world allow.
#[derive(Debug)]
pub struct Evaluator<'w> {
    world: &'w World,
    policies: Policies,
    made: Vec<MadePod>,
    classes: Classes,
    compiled: Compiled,
}

/// What may pass from one peer to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The connections that both ends let pass.
    pub connections: Connections,
    /// Those that the source lets out.
    pub egress: Connections,
    /// Those that the destination lets in.
    pub ingress: Connections,
    /// Who decides, first for egress, then for ingress. Together the reasons of a way are about every connection;
    /// a connection that several rules allow is in the reasons of all of them.
    pub reasons: Vec<Reason>,
}

/// One end, as the policies see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Pods that nothing tells apart, by their class.
    Pod(usize),
    /// Addresses that no block cuts.
    Range(IpRange),
}

impl<'w> Evaluator<'w> {
    /// What the world's own policies allow, with the usual pods from elsewhere: [`MadePod::usual`].
    pub fn new(world: &'w World) -> Self {
        Self::with(world, Policies::of(world), MadePod::usual())
    }

    /// What these policies allow instead. `made` are pods from elsewhere, which [`Peer::Made`] counts.
    pub fn with(world: &'w World, policies: Policies, made: Vec<MadePod>) -> Self {
        let classes = Classes::of(world, &made);
        let compiled = Compiled::of(&policies, &classes);
        Self { world, policies, made, classes, compiled }
    }

    /// The world that it is about.
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// The policies that it goes by.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// What may pass from one peer to another. Addresses are allowed what all of them are.
    pub fn connections(&self, from: Peer, to: Peer) -> Connections {
        let mut all: Option<Connections> = None;
        for (from, to) in self.spots(from, to) {
            let egress = self.decide(Direction::Egress, from, to, None);
            let mut both = match egress.is_empty() {
                true => egress,
                false => egress.intersection(&self.decide(Direction::Ingress, to, from, None)),
            };
            if let Some(before) = all {
                both = both.intersection(&before);
            }
            all = Some(both);
        }
        all.unwrap_or_default()
    }

    /// What the source lets out to the destination, whatever that lets in.
    pub fn egress(&self, from: Peer, to: Peer) -> Connections {
        let ways = self.spots(from, to).into_iter().map(|(from, to)| self.decide(Direction::Egress, from, to, None));
        ways.reduce(|one, two| one.intersection(&two)).unwrap_or_default()
    }

    /// What the destination lets in from the source, whatever that lets out.
    pub fn ingress(&self, from: Peer, to: Peer) -> Connections {
        let ways = self.spots(from, to).into_iter().map(|(from, to)| self.decide(Direction::Ingress, to, from, None));
        ways.reduce(|one, two| one.intersection(&two)).unwrap_or_default()
    }

    /// The same as [`Self::connections`], with those who decide.
    pub fn allowed(&self, from: Peer, to: Peer) -> Verdict {
        let (mut egress, mut ingress) = (Connections::all(), Connections::all());
        let (mut out, mut into) = (Vec::new(), Vec::new());
        let mut connections = Connections::all();
        let spots = self.spots(from, to);
        let several = spots.len() > 1;
        for (from, to) in spots {
            let range = match (from, to) {
                (Spot::Range(range), _) | (_, Spot::Range(range)) if several => Some(range),
                _ => None,
            };
            let mut notes = (Vec::new(), Vec::new());
            let may_leave = self.decide(Direction::Egress, from, to, Some(&mut notes.0));
            let may_enter = self.decide(Direction::Ingress, to, from, Some(&mut notes.1));
            connections = connections.intersection(&may_leave.intersection(&may_enter));
            egress = egress.intersection(&may_leave);
            ingress = ingress.intersection(&may_enter);
            out.extend(notes.0.into_iter().map(|reason| Reason { range, ..reason }));
            into.extend(notes.1.into_iter().map(|reason| Reason { range, ..reason }));
        }
        out.append(&mut into);
        Verdict { connections, egress, ingress, reasons: out }
    }

    /// Whether any policy decides over this way of a workload's or made pod's traffic.
    pub fn is_isolated(&self, peer: Peer, direction: Direction) -> bool {
        self.class_of(peer).is_some_and(|class| self.compiled.decides(direction, class))
    }

    /// The policies that select a workload or made pod for a way: those of the whole cluster before NetworkPolicies.
    pub fn isolating(&self, peer: Peer, direction: Direction) -> Vec<PolicyId> {
        let (Some(class), way) = (self.class_of(peer), self.compiled.way(direction)) else { return Vec::new() };
        let tiers = way.tiers[class].iter().copied().map(PolicyId::Tier);
        tiers.chain(way.network[class].iter().copied().map(PolicyId::Network)).collect()
    }

    /// The ends of connections that no selector can tell apart: of each workload the first that is like it.
    pub fn alike(&self, workload: usize) -> usize {
        self.classes.representative(self.classes.of_workload(workload))
    }

    /// All addresses, in pieces that the policies do not cut: as sources for [`Direction::Ingress`], as destinations for
    /// [`Direction::Egress`]. IPv6 only where a policy is about it.
    pub fn pieces(&self, direction: Direction) -> Vec<IpRange> {
        let cuts = self.compiled.cuts(direction);
        let mut pieces = IpRange::ALL_V4.pieces(cuts);
        if cuts.iter().any(|cut| cut.family == Family::V6) {
            pieces.extend(IpRange::ALL_V6.pieces(cuts));
        }
        pieces
    }

    /// A peer's name: `shop/web[Deployment]`, `{ingress-controller}`, `10.0.0.0/8`.
    pub fn name(&self, peer: Peer) -> String {
        match peer {
            Peer::Workload(at) => self.world.workloads[at].to_string(),
            Peer::Made(at) => self.made[at].name.clone(),
            Peer::Addresses(range) => range.to_string(),
        }
    }

    fn class_of(&self, peer: Peer) -> Option<usize> {
        match peer {
            Peer::Workload(at) => Some(self.classes.of_workload(at)),
            Peer::Made(at) => Some(self.classes.of_made(at)),
            Peer::Addresses(_) => None,
        }
    }

    /// The ends in pieces that policies do not tell apart.
    fn spots(&self, from: Peer, to: Peer) -> Vec<(Spot, Spot)> {
        let spots = |peer: Peer, direction: Direction| match (peer, self.class_of(peer)) {
            (_, Some(class)) => vec![Spot::Pod(class)],
            (Peer::Addresses(range), None) => {
                range.pieces(self.compiled.cuts(direction)).into_iter().map(Spot::Range).collect()
            }
            (_, None) => Vec::new(),
        };
        let (from, to) = (spots(from, Direction::Ingress), spots(to, Direction::Egress));
        from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))).collect()
    }
}
