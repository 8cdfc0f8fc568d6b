//! Addresses that are hidden in images: a Service that nobody names and nothing exposes is there for somebody.
//!
//! In a namespace that has one, all workloads but data stores may reach such Services, and a workload of which no address
//! is known may reach the others, too, except data stores that have a known client. Nothing of this crosses a namespace.

use super::directory::{Directory, Entry};
use super::evidence::{Store, calls_everybody, store_of};
use super::flow::{End, Flow, Number, Ports};
use super::targets;
use super::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// The port of name servers.
const DNS: u16 = 53;
/// As many pairs of a client and a Service are told one by one in a namespace.
const MOST: usize = 2500;

/// What is known before anything is assumed.
pub(super) struct Known<'k> {
    /// The flows that are known.
    pub(super) flows: &'k [Flow],
    /// The Services that are open to others than workloads, by their places in the directory.
    pub(super) open: &'k BTreeSet<usize>,
    /// The Services that somebody names, by their places in the directory, with who it is.
    pub(super) named: &'k BTreeMap<usize, BTreeSet<usize>>,
    /// The workloads that are given objects which are no part of the run, by their places.
    pub(super) incomplete: &'k BTreeSet<usize>,
}

/// The flows that have to be assumed.
pub(super) fn flows(world: &World, directory: &Directory<'_>, known: &Known<'_>, compat: bool) -> Vec<Flow> {
    let mut flows = Vec::new();
    let mut within: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, entry) in directory.entries.iter().enumerate().filter(|(_, entry)| !entry.behind.is_empty()) {
        within.entry(entry.namespace).or_default().push(at);
    }
    let speaks: BTreeSet<usize> = known.flows.iter().filter_map(speaker).collect();
    for (namespace, services) in within {
        let members: Vec<usize> = world.workloads_in(namespace).collect();
        let has_client = |at: &usize| {
            let entry = &directory.entries[*at];
            known.named.get(at).is_some_and(|clients| clients.iter().any(|client| is_client(world, *client, entry)))
        };
        let hidden: BTreeSet<usize> =
            services.iter().copied().filter(|at| !has_client(at) && !known.open.contains(at)).collect();
        // What governs a StatefulSet is no sign of a client where another Service leads to its pods, among others perhaps.
        let is_sign = |at: &&usize| {
            let entry = &directory.entries[**at];
            let other = |other: &usize| {
                *other != **at
                    && entry.behind.iter().all(|behind| directory.entries[*other].behind.contains(behind))
                    && (has_client(other) || known.open.contains(other))
            };
            !(entry.headless && services.iter().any(other))
        };
        let incomplete: Vec<usize> = members.iter().copied().filter(|at| known.incomplete.contains(at)).collect();
        let is_hiding = hidden.iter().any(|at| is_sign(&at));
        if !is_hiding && incomplete.is_empty() {
            continue;
        }
        let stores: BTreeMap<usize, Store> =
            members.iter().filter_map(|at| Some((*at, store_of(world, &world.workloads[*at])?))).collect();
        let mut pairs: Vec<(usize, usize, &str)> = Vec::new();
        let mut assume = |from: usize, service: usize, why| pairs.push((from, service, why));
        for from in incomplete.iter().filter(|at| !stores.contains_key(*at)) {
            let why = "the client is given an object that is not part of the input, where its address may be";
            services.iter().for_each(|at| assume(*from, *at, why));
        }
        for from in members.iter().filter(|_| is_hiding) {
            match stores.get(from) {
                None => {
                    let all = hidden.iter();
                    all.for_each(|at| assume(*from, *at, "nobody names it, so its address is hidden in an image"));
                    if !speaks.contains(from) {
                        let kept = |at: &&usize| {
                            let is_store =
                                directory.entries[**at].behind.iter().any(|behind| stores.contains_key(behind));
                            !(hidden.contains(at) || is_store && has_client(at))
                        };
                        let why = "no address is known of the client, so it is hidden in its image";
                        services.iter().filter(kept).for_each(|at| assume(*from, *at, why));
                    }
                }
                Some(store) if store.is_copy && !speaks.contains(from) => {
                    let same = |at: &&usize| {
                        let behind = &directory.entries[**at].behind;
                        behind.iter().any(|behind| stores.get(behind).is_some_and(|other| other.kind == store.kind))
                    };
                    let why = "the client is a copy of such a store and no address is known of it";
                    services.iter().filter(same).for_each(|at| assume(*from, *at, why));
                }
                Some(_) => {}
            }
        }
        match pairs.len() > MOST {
            true => wide(world, directory, &pairs, compat, &mut flows),
            false => one_by_one(world, directory, &pairs, compat, &mut flows),
        }
    }
    flows
}

/// Whether a workload that names a Service is somebody it is there for. The very workload behind it is none, nor is who scrapes
/// or tests it, or runs once: others use it, too.
fn is_client(world: &World, client: usize, entry: &Entry<'_>) -> bool {
    let workload = &world.workloads[client];
    let hook = world.objects[workload.object].at("/metadata/annotations").and_then(|all| all.get("helm.sh/hook"));
    let tests = hook.and_then(|hook| hook.as_str()).is_some_and(|hook| hook.contains("test"))
        || (workload.kind == "Pod" && workload.name.split('-').any(|word| word == "test"));
    !entry.behind.contains(&client) && workload.kind != "Job" && !tests && calls_everybody(world, workload).is_none()
}

fn one_by_one(
    world: &World,
    directory: &Directory<'_>,
    pairs: &[(usize, usize, &str)],
    compat: bool,
    flows: &mut Vec<Flow>,
) {
    for (from, service, why) in pairs {
        let entry = &directory.entries[*service];
        for to in entry.behind.iter().copied().filter(|to| to != from) {
            let ports = targets::of_workload(&entry.ports, &world.workloads[to], compat);
            if !ports.is_empty() {
                let why = format!("Service {}: {why}", entry.name);
                flows.push(Flow { from: End::Workload(*from), to: End::Workload(to), ports, why, assumed: true });
            }
        }
    }
}

/// The same for a great many pairs, by rules for all pods of the namespace: each client may use the ports of its Services,
/// and each Service takes all pods.
fn wide(world: &World, directory: &Directory<'_>, pairs: &[(usize, usize, &str)], compat: bool, flows: &mut Vec<Flow>) {
    let mut into: BTreeMap<usize, Ports> = BTreeMap::new();
    let mut ports_of: BTreeMap<usize, Ports> = BTreeMap::new();
    for service in pairs.iter().map(|(_, service, _)| *service).collect::<BTreeSet<_>>() {
        let entry = &directory.entries[service];
        for to in &entry.behind {
            let ports = targets::of_workload(&entry.ports, &world.workloads[*to], compat);
            into.entry(*to).or_default().extend(ports.iter().cloned());
            ports_of.entry(service).or_default().extend(ports);
        }
    }
    // Hundreds of Services have the same few ports.
    let kinds: BTreeSet<&Ports> = ports_of.values().collect();
    let numbers: BTreeMap<&Ports, usize> = kinds.into_iter().enumerate().map(|(at, ports)| (ports, at)).collect();
    let kind_of: BTreeMap<usize, usize> = ports_of.iter().map(|(service, ports)| (*service, numbers[ports])).collect();
    let used: BTreeSet<(usize, usize)> =
        pairs.iter().filter_map(|(from, service, _)| Some((*from, *kind_of.get(service)?))).collect();
    let by_number: Vec<&Ports> = numbers.into_keys().collect();
    let mut out: BTreeMap<usize, Ports> = BTreeMap::new();
    for (from, kind) in used {
        out.entry(from).or_default().extend(by_number[kind].iter().cloned());
    }
    let why = "many addresses of this namespace are hidden in images";
    let flow = |from, to, ports| Flow { from, to, ports, why: why.to_owned(), assumed: true };
    let with_ports = |(at, ports): (usize, Ports)| (!ports.is_empty()).then_some((at, ports));
    flows.extend(
        out.into_iter().filter_map(with_ports).map(|(at, ports)| flow(End::Workload(at), End::Siblings, ports)),
    );
    flows.extend(
        into.into_iter().filter_map(with_ports).map(|(at, ports)| flow(End::Siblings, End::Workload(at), ports)),
    );
}

/// The workload that a flow shows to call somebody other than its own pods, name servers and agents on
/// its node.
fn speaker(flow: &Flow) -> Option<usize> {
    let resolves = !flow.ports.is_empty() && flow.ports.iter().all(|port| port.number == Number::One(DNS));
    match (&flow.from, &flow.to) {
        _ if resolves || flow.is_to_agent() => None,
        (End::Workload(from), to) if to != &End::Workload(*from) => Some(*from),
        _ => None,
    }
}
