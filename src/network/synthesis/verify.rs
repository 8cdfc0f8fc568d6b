//! The policies judged by the evaluator before anybody sees them: nothing that has to pass may be lost, and nothing may be
//! open that nobody opened.

use super::Options;
use super::covered::{connections, wanted, wanted_dns};
use super::own::is_own;
use super::rules::Rules;
use super::selector::Selected;
use crate::network::evaluate::{Evaluator, Reason};
use crate::network::flow::{End, Flow};
use crate::network::policy::{Direction, Policies};
use crate::network::world::{DEFAULT_NAMESPACE, Object, World};
use crate::network::{Connections, IpRange, MadePod, Peer};
use crate::workload::Identity;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong with the policies of a namespace.
pub(super) struct Fault {
    /// The namespace.
    pub(super) namespace: String,
    /// What is wrong, a sentence.
    pub(super) text: String,
}

/// What is to be judged.
pub(super) struct Case<'c> {
    /// The world, its pods with the labels that they are to get.
    pub(super) world: &'c World,
    /// The policies made.
    pub(super) policies: &'c [Value],
    /// What has to pass.
    pub(super) flows: &'c [Flow],
    /// What each workload got of it.
    pub(super) rules: &'c [Rules],
    /// What selects each workload.
    pub(super) selectors: &'c [Selected],
    /// The workloads that policies were made for.
    pub(super) managed: &'c BTreeSet<usize>,
}

/// What is wrong with the policies made; none when all is well. Policies for the whole cluster are left out of the question:
/// nothing made here changes what they deny.
pub(super) fn faults(case: &Case<'_>, options: &Options) -> Vec<Fault> {
    let Case { world, policies, flows, rules, selectors, managed } = *case;
    let others = || world.objects.iter().filter(|object| !is_own(object) && !is_of_cluster(object));
    let all = Policies::read(others().map(Cow::Borrowed).chain(objects(policies)));
    let mut faults: Vec<Fault> = Vec::new();
    let mut fault = |namespace: &str, text: String| faults.push(Fault { namespace: namespace.to_owned(), text });
    for problem in all.refused() {
        let namespace = problem.policy.identity.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        fault(namespace, format!("{}: {}", problem.policy, problem.message));
    }
    let flagged = options.ingress_controllers.iter().map(super::PodsOf::pod);
    let pods: Vec<MadePod> = options.known.made_pods().into_iter().chain(flagged).collect();
    let evaluator = Evaluator::with(world, all, pods);
    let others = Policies::read(others());
    // What was made comes behind them.
    let only_made = others.network.len();
    let others = Evaluator::with(world, others, options.known.made_pods());

    for flow in flows {
        let Some(wanted) = wanted(flow) else { continue };
        if let Some((from, to)) = ends(&evaluator, flow, managed)
            && !evaluator.connections(from, to).covers(&wanted)
        {
            let of = |end: &End| match end {
                End::Workload(at) => Some(world.workloads[*at].namespace.as_str()),
                _ => None,
            };
            let namespace = of(&flow.from).or_else(|| of(&flow.to)).unwrap_or(DEFAULT_NAMESPACE);
            let (from, to) = (flow.from.told(world), flow.to.told(world));
            fault(namespace, format!("{from} would not reach {to}, {wanted}: {}", flow.why));
        }
    }
    let mut sharing: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in managed.iter().copied() {
        selectors[at].shared.iter().for_each(|other| sharing.entry(*other).or_default().push(at));
    }
    for at in managed.iter().copied() {
        let workload = &world.workloads[at];
        let own = Peer::Workload(at);
        if !Peer::DNS.iter().any(|name_server| evaluator.egress(own, *name_server).covers(&wanted_dns())) {
            fault(&workload.namespace, format!("{workload} could not resolve names"));
        }
        let mut open = Connections::none();
        // The policies of others hold for it, too, where their selectors do not tell its pods from theirs.
        let sharing = sharing.get(&at).into_iter().flatten().copied().chain([at]);
        for ((_, end), grant) in sharing.flat_map(|one| &rules[one].ingress) {
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
                fault(&workload.namespace, format!("{workload} would be open to addresses on {more}"));
                break;
            }
        }
    }
    for policy in evaluator.policies().network.iter().skip(only_made) {
        let within = world.workloads_in(&policy.namespace);
        if !within.clone().any(|at| policy.subject.matches(&world.workloads[at].labels))
            && !policy.subject.is_everything()
        {
            fault(&policy.namespace, format!("{} would select nothing", policy.name));
        }
    }
    faults
}

/// What policies for the whole cluster deny of what has to pass, a sentence each.
pub(super) fn denied(case: &Case<'_>) -> Vec<String> {
    let Case { world, policies, flows, managed, .. } = *case;
    let others = world.objects.iter().filter(|object| !is_own(object));
    let all = Policies::read(others.map(Cow::Borrowed).chain(objects(policies)));
    if all.tiers.is_empty() {
        return Vec::new();
    }
    let evaluator = Evaluator::with(world, all, MadePod::usual());
    let mut told = Vec::new();
    let mut judge = |from: Peer, to: Peer, wanted: &Connections, what: String| {
        let verdict = evaluator.allowed(from, to);
        let denies = |reason: &&Reason| {
            reason.cause.allows() == Some(false) && !reason.connections.intersection(wanted).is_empty()
        };
        if !verdict.connections.covers(wanted)
            && let Some(reason) = verdict.reasons.iter().find(denies)
        {
            told.push(format!("{what}: {}", reason.told(evaluator.policies())));
        }
    };
    for flow in flows {
        if let (Some(wanted), Some((from, to))) = (wanted(flow), ends(&evaluator, flow, managed)) {
            let what = format!("{} does not reach {}, {wanted}", flow.from.told(world), flow.to.told(world));
            judge(from, to, &wanted, what);
        }
    }
    for at in managed.iter().copied() {
        let own = Peer::Workload(at);
        if !Peer::DNS.iter().any(|name_server| evaluator.egress(own, *name_server).covers(&wanted_dns())) {
            judge(own, Peer::DNS[0], &wanted_dns(), format!("{} cannot resolve names", world.workloads[at]));
        }
    }
    told
}

/// Whether an object is a policy for the whole cluster.
fn is_of_cluster(object: &Object) -> bool {
    object.group() == "policy.networking.k8s.io"
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
        End::Public | End::Outside | End::ApiServer | End::Anyone => outside(direction),
        End::Siblings | End::Pods { .. } => None,
    };
    Some((peer(&flow.from, Direction::Ingress)?, peer(&flow.to, Direction::Egress)?))
}

/// Policies as objects, each made when its turn comes: all of them at once take much room.
fn objects(policies: &[Value]) -> impl Iterator<Item = Cow<'_, Object>> {
    policies.iter().enumerate().map(|(at, value)| Cow::Owned(object(at, value)))
}

fn object(at: usize, value: &Value) -> Object {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Object::new(Identity::of(text("apiVersion"), text("kind"), value), value.clone(), at)
}
