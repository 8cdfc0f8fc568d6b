//! What was observed, as evidence: it proves what is assumed, and shows what nothing else does.

use super::Options;
use crate::network::api_server::PORTS;
use crate::network::flow::{End, Flow, Port, Ports};
use crate::network::observed::{Observed, Spot};
use crate::network::world::World;
use crate::network::{IpRange, Protocol};
use std::collections::{BTreeMap, BTreeSet};

/// Why a rule is about everyone, by who was observed.
const FROM_NODES: &str =
    "nodes, or pods in their network, were observed to call, whom no selector names, so these take all sources";
const FROM_OUTSIDE: &str =
    "outside addresses were observed to call, of which there may be others, so these take all sources";
const FROM_API_SERVER: &str = "the API server was observed to call, whom no selector names, so these take all sources";
const TO_NODES: &str = "nodes, or pods in their network, were observed to be called, whom no selector names, so these may call any address";

/// The flows that were observed.
pub(super) fn flows(observed: &Observed) -> Vec<Flow> {
    let mut flows = Vec::new();
    for ((from, to, port), counts) in &observed.pairs {
        let why = observed.why(counts);
        let mut ports = Ports::from([port.clone()]);
        if to == &Spot::ApiServer {
            ports.extend(PORTS.map(|port| Port::new(Protocol::Tcp, port)));
        }
        flows.push(Flow { from: source(from), to: destination(to), ports, why, assumed: false });
    }
    flows
}

/// An address that comes in is one of many: an exposed port takes all of them. So it does where a node comes in, whose address
/// no selector names and no range is sure to.
fn source(spot: &Spot) -> End {
    match spot {
        Spot::Outside(_) | Spot::Node | Spot::ApiServer => End::Anyone,
        spot => of_pods(spot),
    }
}

/// The addresses of a public host change.
fn destination(spot: &Spot) -> End {
    match spot {
        Spot::Outside(_) => End::Public,
        Spot::Node => End::Anyone,
        spot => of_pods(spot),
    }
}

fn of_pods(spot: &Spot) -> End {
    match spot {
        Spot::Workload(at) => End::Workload(*at),
        Spot::Pods { namespace, labels } => End::Pods { namespace: namespace.clone(), labels: labels.clone() },
        Spot::Range(range) => block(range),
        Spot::ApiServer => End::ApiServer,
        Spot::Outside(_) | Spot::Node => End::Anyone,
    }
}

/// A range as an end: an address where it is one.
pub(super) fn block(range: &IpRange) -> End {
    let text = range.to_string();
    text.parse().map_or_else(|_| End::Block(text), End::Address)
}

/// Take out of what is assumed what something shows; what is left of it keeps its reason.
pub(super) fn prove(flows: &mut Vec<Flow>, observed: &Observed) {
    let mut known: BTreeMap<(End, End), Ports> = BTreeMap::new();
    for (from, to, port) in observed.pairs.keys() {
        known.entry((source(from), destination(to))).or_default().insert(port.clone());
    }
    flows.retain_mut(|flow| {
        // One that is about all ports is not shown by any of them.
        if !flow.assumed || flow.ports.is_empty() {
            return true;
        }
        if let Some(shown) = known.get(&(flow.from.clone(), flow.to.clone())) {
            flow.ports.retain(|port| !shown.contains(port));
        }
        !flow.ports.is_empty()
    });
}

/// What a person should know, a sentence each.
pub(super) fn notes(world: &World, options: &Options) -> Vec<String> {
    let observed = &options.observed;
    let mut notes = observed.told();
    let about = |spot: &Spot| matches!(spot, Spot::Workload(at) if options.is_about(&world.workloads[*at].namespace));
    let mut absent: BTreeSet<String> = BTreeSet::new();
    let mut open: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (from, to, port) in observed.pairs.keys().filter(|(from, to, _)| about(from) || about(to)) {
        for spot in [from, to].into_iter().filter(|spot| matches!(spot, Spot::Pods { .. })) {
            absent.insert(spot.told(world));
        }
        let of_source = match from {
            Spot::Node => Some(FROM_NODES),
            Spot::Outside(_) => Some(FROM_OUTSIDE),
            Spot::ApiServer => Some(FROM_API_SERVER),
            _ => None,
        };
        if let Some(why) = of_source {
            open.entry(why).or_default().insert(format!("{} {port}", to.told(world)));
        }
        if to == &Spot::Node {
            open.entry(TO_NODES).or_default().insert(format!("{} {port}", from.told(world)));
        }
    }
    if !absent.is_empty() {
        let all: Vec<String> = absent.into_iter().collect();
        notes.push(format!(
            "observed pods are not part of the input, so what is allowed is by these: {}",
            all.join("; ")
        ));
    }
    let opened = |(why, all): (&str, BTreeSet<String>)| format!("{why}: {}", Vec::from_iter(all).join("; "));
    notes.extend(open.into_iter().map(opened));
    notes
}
