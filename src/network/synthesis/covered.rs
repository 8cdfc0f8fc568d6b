//! What the policies of others allow already: policies only add up, so it is left out.

use super::Options;
use super::own::is_own;
use super::rules::{Grant, Grants, Rules};
use crate::network::evaluate::Evaluator;
use crate::network::flow::{End, Flow, Number, Ports};
use crate::network::policy::{Direction, NetworkPolicy, Policies};
use crate::network::world::World;
use crate::network::{Connections, IpRange, Peer, PortRange, Protocol};

/// The policies of others.
pub(super) struct Others<'w> {
    evaluator: Evaluator<'w>,
}

impl<'w> Others<'w> {
    /// Those of a world; `None` where there is none.
    pub(super) fn of(world: &'w World, options: &Options) -> Option<Self> {
        let policies = Policies::read(world.objects.iter().filter(|object| !is_own(object)));
        let some = !policies.network.is_empty();
        some.then(|| Self { evaluator: Evaluator::with(world, policies, options.known.made_pods()) })
    }

    /// The names of their policies in a namespace.
    pub(super) fn names<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = &'s str> {
        self.within(namespace).map(|policy| policy.name.identity.name.as_str())
    }

    /// Whether they cut off all pods of a namespace, both ways.
    pub(super) fn deny(&self, namespace: &str) -> bool {
        [Direction::Ingress, Direction::Egress].into_iter().all(|direction| self.isolates_all(namespace, direction))
    }

    /// Whether they let all pods of a namespace resolve names.
    pub(super) fn resolve(&self, world: &World, namespace: &str) -> bool {
        let dns = wanted_dns();
        self.isolates_all(namespace, Direction::Egress)
            && world.workloads_in(namespace).all(|at| {
                Peer::DNS.iter().any(|name_server| self.evaluator.egress(Peer::Workload(at), *name_server).covers(&dns))
            })
    }

    /// Leave out of the rules of a workload what they allow.
    pub(super) fn leave_out(&self, at: usize, rules: &mut Rules) {
        for (direction, grants) in [(Direction::Ingress, &mut rules.ingress), (Direction::Egress, &mut rules.egress)] {
            self.filter(Peer::Workload(at), direction, grants);
        }
    }

    fn filter(&self, own: Peer, direction: Direction, grants: &mut Grants) {
        if !self.evaluator.is_isolated(own, direction) {
            return;
        }
        grants.retain(|(_, end), grant| {
            let wanted = connections(grant);
            !wanted.and_then(|wanted| self.pass(own, end, direction, &wanted)).unwrap_or_default()
        });
    }

    /// Whether they let pass what goes between pods and an end; `None` where that cannot be told.
    fn pass(&self, own: Peer, end: &End, direction: Direction, wanted: &Connections) -> Option<bool> {
        let passes = |peer: Peer| match direction {
            Direction::Ingress => self.evaluator.ingress(peer, own).covers(wanted),
            Direction::Egress => self.evaluator.egress(own, peer).covers(wanted),
        };
        Some(self.peers(end, direction)?.into_iter().all(passes))
    }

    /// The one of them that says who calls the pods that a flow leads to, where it does not let that pass, and the flow is
    /// assumed or comes from anywhere: policies add up, so ours would open what it shuts.
    pub(super) fn decides<'s>(&'s self, world: &'s World, flow: &Flow) -> Option<&'s str> {
        let End::Workload(at) = flow.to else { return None };
        let is_anywhere = matches!(flow.from, End::Anyone | End::AnyPod);
        if !flow.assumed && !is_anywhere {
            return None;
        }
        let workload = &world.workloads[at];
        let says = |policy: &&NetworkPolicy| {
            let rules = policy.rules(Direction::Ingress);
            rules.is_some_and(|rules| !rules.is_empty()) && policy.subject.matches(&workload.labels)
        };
        let policy = self.within(&workload.namespace).find(says)?;
        let passes =
            wanted(flow).and_then(|wanted| self.pass(Peer::Workload(at), &flow.from, Direction::Ingress, &wanted));
        let is_shut = passes.map_or(is_anywhere, |passes| !passes);
        is_shut.then_some(policy.name.identity.name.as_str())
    }

    /// All that an end stands for; `None` where that cannot be told.
    fn peers(&self, end: &End, direction: Direction) -> Option<Vec<Peer>> {
        match end {
            End::Workload(at) => Some(vec![Peer::Workload(*at)]),
            End::Address(address) => Some(vec![Peer::Addresses(IpRange::from(*address))]),
            End::ApiServer | End::Anyone => {
                let pieces = self.evaluator.pieces(direction).into_iter().map(Peer::Addresses);
                Some(pieces.chain([Peer::INGRESS_CONTROLLER]).chain(Peer::DNS).collect())
            }
            _ => None,
        }
    }

    fn within<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = &'s NetworkPolicy> {
        self.evaluator.policies().network.iter().filter(move |policy| policy.namespace == namespace)
    }

    fn isolates_all(&self, namespace: &str, direction: Direction) -> bool {
        self.within(namespace).any(|policy| policy.subject.is_everything() && policy.rules(direction).is_some())
    }
}

/// Name resolution by both protocols.
pub(super) fn wanted_dns() -> Connections {
    Connections::one(Protocol::Udp, 53).union(&Connections::one(Protocol::Tcp, 53))
}

/// The connections of a grant; `None` where a port has only a name.
pub(super) fn connections(grant: &Grant) -> Option<Connections> {
    if grant.all { Some(Connections::all()) } else { numbered(&grant.ports) }
}

/// The connections of a flow; `None` where a port has only a name.
pub(super) fn wanted(flow: &Flow) -> Option<Connections> {
    if flow.ports.is_empty() { Some(Connections::all()) } else { numbered(&flow.ports) }
}

fn numbered(ports: &Ports) -> Option<Connections> {
    let mut all = Connections::none();
    for port in ports {
        match port.number {
            Number::One(number) => all.insert(port.protocol, PortRange::one(number)),
            Number::Named(_) => return None,
        }
    }
    Some(all)
}
