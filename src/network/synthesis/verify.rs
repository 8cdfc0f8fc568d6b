//! The policies judged by the evaluator before anybody sees them: nothing that has to pass may be lost, and nothing may be
//! open that nobody opened.

use super::Options;
use super::covered::{connections, wanted_dns};
use super::own::is_own;
use super::rules::{Grant, Rules};
use crate::network::evaluate::Evaluator;
use crate::network::flow::{End, Flow};
use crate::network::policy::{Direction, Policies};
use crate::network::world::{Object, World};
use crate::network::{Connections, IpRange, MadePod, Peer};
use crate::workload::Identity;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is wrong with the policies made; none when all is well.
///
/// `flows` are those that have to pass, `rules` what the workloads in `managed` got of them.
pub(super) fn faults(
    world: &World,
    policies: &[Value],
    (flows, rules): (&[Flow], &[Rules]),
    managed: &BTreeSet<usize>,
    options: &Options,
) -> Vec<String> {
    let made: Vec<Object> = policies.iter().enumerate().map(|(at, value)| object(at, value)).collect();
    let others = world.objects.iter().filter(|object| !is_own(object));
    let all = Policies::read(others.chain(&made));
    let mut faults: Vec<String> =
        all.refused().map(|problem| format!("{}: {}", problem.policy, problem.message)).collect();
    let pods: Vec<MadePod> = options
        .known
        .made_pods()
        .into_iter()
        .chain(options.ingress_controllers.iter().map(super::PodsOf::pod))
        .collect();
    let evaluator = Evaluator::with(world, all, pods);
    let others = Policies::read(world.objects.iter().filter(|object| !is_own(object)));
    let others = Evaluator::with(world, others, options.known.made_pods());
    let only_made = Policies::read(&made);

    for flow in flows {
        let grant = Grant { all: flow.ports.is_empty(), ports: flow.ports.clone(), why: BTreeSet::new() };
        let Some(wanted) = connections(&grant) else { continue };
        if let Some((from, to)) = ends(&evaluator, flow, managed)
            && !evaluator.connections(from, to).covers(&wanted)
        {
            let (from, to) = (flow.from.told(world), flow.to.told(world));
            faults.push(format!("{from} would not reach {to}, {wanted}: {}", flow.why));
        }
    }
    for at in managed.iter().copied() {
        let workload = &world.workloads[at];
        let own = Peer::Workload(at);
        if !Peer::DNS.iter().any(|name_server| evaluator.egress(own, *name_server).covers(&wanted_dns())) {
            faults.push(format!("{workload} could not resolve names"));
        }
        let mut open = Connections::none();
        for ((_, end), grant) in &rules[at].ingress {
            if matches!(end, End::Anyone | End::Block(_)) {
                open.add(&connections(grant).unwrap_or_default());
            }
        }
        let theirs = others.is_isolated(own, Direction::Ingress);
        for piece in evaluator.pieces(Direction::Ingress) {
            let peer = Peer::Addresses(piece);
            let mut more = evaluator.ingress(peer, own).difference(&open);
            if theirs {
                more = more.difference(&others.ingress(peer, own));
            }
            if !more.is_empty() {
                faults.push(format!("{workload} would be open to addresses on {more}"));
                break;
            }
        }
    }
    for policy in &only_made.network {
        let within = world.workloads_in(&policy.namespace);
        if !within.clone().any(|at| policy.subject.matches(&world.workloads[at].labels))
            && !policy.subject.is_everything()
        {
            faults.push(format!("{} would select nothing", policy.name));
        }
    }
    faults
}

/// The ends of a flow that the evaluator can judge, as far as both are pods that policies are made for.
fn ends(evaluator: &Evaluator<'_>, flow: &Flow, managed: &BTreeSet<usize>) -> Option<(Peer, Peer)> {
    let outside = |direction: Direction| {
        let public = IpRange::cidr("203.0.113.0/24").ok()?;
        let piece = evaluator.pieces(direction).into_iter().find(|piece| piece.meets(&public))?;
        Some(Peer::Addresses(piece))
    };
    let peer = |end: &End, direction: Direction| match end {
        End::Workload(at) => managed.contains(at).then_some(Peer::Workload(*at)),
        End::Address(address) => Some(Peer::Addresses(IpRange::from(*address))),
        End::Block(block) => IpRange::cidr(block).ok().map(Peer::Addresses),
        End::AnyPod => Some(Peer::INGRESS_CONTROLLER),
        End::Public | End::Anyone => outside(direction),
        End::Siblings | End::Pods { .. } => None,
    };
    Some((peer(&flow.from, Direction::Ingress)?, peer(&flow.to, Direction::Egress)?))
}

fn object(at: usize, value: &Value) -> Object {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Object::new(Identity::of(text("apiVersion"), text("kind"), value), value.clone(), at)
}
