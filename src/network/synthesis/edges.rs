//! The flows that are known: by the addresses that workloads are given, by what they are, and by their use of the API.

use super::Options;
use crate::network::Protocol;
use crate::network::api_server::{Accounts, PORTS};
use crate::network::directory::{Directory, Place};
use crate::network::evidence::{Host, Sighting, addresses, calls_everybody};
use crate::network::flow::{End, Flow, Port, Ports};
use crate::network::known::Takers;
use crate::network::targets;
use crate::network::world::{Labels, Object, Workload, World};
use std::collections::{BTreeMap, BTreeSet};

/// As far as one name leads to another.
const DEEPEST: usize = 4;

/// What is known.
#[derive(Default)]
pub(super) struct Edges {
    pub(super) flows: Vec<Flow>,
    /// The Services that somebody names, with who it is, by their places.
    pub(super) named: BTreeMap<usize, BTreeSet<usize>>,
    /// What a person should know.
    pub(super) notes: BTreeSet<String>,
}

/// Who asks, and what for.
struct Asking<'a> {
    workload: usize,
    sighting: &'a Sighting,
}

/// All known flows out of the workloads of a world.
pub(super) fn of(world: &World, directory: &Directory<'_>, options: &Options) -> Edges {
    let mut finding = Finding { world, directory, options, hosts: route_hosts(world), edges: Edges::default() };
    let accounts = Accounts::of(world);
    for (at, workload) in world.workloads.iter().enumerate() {
        for sighting in addresses(world, directory, workload) {
            finding.follow(&Asking { workload: at, sighting: &sighting });
        }
        if let Some(why) = accounts.use_of(workload) {
            finding.api_server(at, why);
        }
        finding.peers(at, workload);
        if let Some(image) = calls_everybody(world, workload) {
            let why = format!("image {image} serves routes or scrapes, all pods of the cluster");
            let (from, to) = (End::Workload(at), End::AnyPod);
            finding.edges.flows.push(Flow { from, to, ports: Ports::new(), why, assumed: true });
        }
    }
    finding.edges
}

struct Finding<'a, 'w> {
    world: &'w World,
    directory: &'a Directory<'w>,
    options: &'a Options,
    /// The hosts of routes: who calls one leaves the cluster and comes in again.
    hosts: BTreeMap<String, Vec<&'w Object>>,
    edges: Edges,
}

impl<'w> Finding<'_, 'w> {
    /// Who takes the traffic of some routes, as far as it is known.
    fn takers(&self, routes: &[&'w Object]) -> Vec<End> {
        let flagged = &self.options.ingress_controllers;
        if !flagged.is_empty() {
            return flagged.iter().flat_map(|pods| pods.ends(self.world)).collect();
        }
        let takers = routes.iter().filter_map(|route| self.options.known.controllers.of_route(route));
        let places: BTreeSet<usize> = takers
            .filter_map(|takers| match takers {
                Takers::Pods(places) => Some(places),
                Takers::Elsewhere(_) => None,
            })
            .flatten()
            .collect();
        places.into_iter().map(End::Workload).collect()
    }

    fn follow(&mut self, asking: &Asking<'_>) {
        let Sighting { host, port, protocol, place, secret } = asking.sighting;
        let one = |port: &u16| Port::new(*protocol, *port);
        match host {
            Host::Service(at) => self.service(asking, *at, 0),
            Host::Absent { namespace, name } if (namespace.as_str(), name.as_str()) == ("default", "kubernetes") => {
                self.api_server(asking.workload, place.clone());
            }
            Host::Absent { namespace, name } => {
                let to = End::Pods { namespace: namespace.clone(), labels: Labels::new() };
                self.add(asking, to, Ports::new(), false);
                self.note(asking, format!("Service {namespace}/{name} is not part of the input, so every port of that namespace is allowed"));
            }
            Host::Outside(name) => {
                let ports: Ports = port.iter().map(one).collect();
                if ports.is_empty() {
                    self.note(asking, "its port is not known, so every port of public addresses is assumed".to_owned());
                }
                self.add(asking, End::Public, ports.clone(), ports.is_empty());
                if let Some(routes) = self.hosts.get(name) {
                    let takers = self.takers(routes);
                    let known = !takers.is_empty();
                    takers.into_iter().for_each(|end| self.add(asking, end, Ports::new(), false));
                    if !known {
                        self.note(asking, "a route of the input has this host; where its controller is, is not known (--ingress-controller)".to_owned());
                    }
                }
            }
            Host::Literal(address) => self.add(asking, End::Address(*address), port.iter().map(one).collect(), false),
            Host::Unknown(name) => {
                let shown = if *secret { "its host".to_owned() } else { format!("{name:?}") };
                self.note(asking, format!("{shown} is no Service of the input, so nothing is allowed for it"));
            }
        }
    }

    fn service(&mut self, asking: &Asking<'_>, at: usize, depth: usize) {
        let (directory, world) = (self.directory, self.world);
        let (entry, compat) = (&directory.entries[at], self.options.compat_service_port);
        let named = format!("Service {}/{}", entry.namespace, entry.name);
        self.edges.named.entry(at).or_default().insert(asking.workload);
        if let Some(name) = entry.service.external_name() {
            return self.external(asking, name, at, depth);
        }
        let mut ports = directory.ports(at, asking.sighting.port);
        if ports.is_empty() {
            ports.clone_from(&entry.ports);
            if let Some(port) = asking.sighting.port {
                self.note(asking, format!("{named} has no port {port}, so all of its ports are allowed"));
            }
        }
        match entry.service.selector() {
            None if (entry.namespace, entry.name) == ("default", "kubernetes") => {
                self.api_server(asking.workload, asking.sighting.place.clone());
            }
            None if entry.addresses.is_empty() => {
                self.note(
                    asking,
                    format!("{named} has no selector and the input has no Endpoints of it, so nothing is allowed"),
                );
            }
            None => {
                let ports = targets::of_addresses(&ports, compat);
                entry
                    .addresses
                    .iter()
                    .for_each(|address| self.add(asking, End::Address(*address), ports.clone(), false));
            }
            Some(labels) if entry.behind.is_empty() => {
                let namespace = entry.namespace.to_owned();
                self.add(asking, End::Pods { namespace, labels }, targets::unknown(&ports, compat), false);
                self.note(
                    asking,
                    format!("{named} selects no pod of the input; its pods have to take this themselves"),
                );
            }
            Some(_) => {
                for to in &entry.behind {
                    let workload = &world.workloads[*to];
                    let found = targets::of_workload(&ports, workload, compat);
                    // A headless Service without ports leads to whatever its pods listen on.
                    match found.is_empty() && !ports.is_empty() {
                        true => self.note(asking, format!("no container of {workload} declares a port of {named}")),
                        false => self.add(asking, End::Workload(*to), found, false),
                    }
                }
            }
        }
    }

    /// Another name for a host: of the cluster, or outside.
    fn external(&mut self, asking: &Asking<'_>, name: &str, at: usize, depth: usize) {
        let host = name.trim_end_matches('.').to_ascii_lowercase();
        let entry = &self.directory.entries[at];
        match self.directory.resolve(&host, entry.namespace) {
            Place::Service(other) if depth < DEEPEST && other != at => self.service(asking, other, depth + 1),
            Place::Outside => {
                let stated = asking.sighting.port.map(|port| Port::new(asking.sighting.protocol, port));
                let ports: Ports = match stated {
                    Some(port) => [port].into(),
                    None => targets::of_addresses(&entry.ports, false),
                };
                if ports.is_empty() {
                    self.note(asking, format!("Service {}/{} is another name for {host} and tells no port, so every port of public addresses is assumed", entry.namespace, entry.name));
                }
                self.add(asking, End::Public, ports.clone(), ports.is_empty());
            }
            _ => self.note(
                asking,
                format!(
                    "Service {}/{} is another name for {host}, of which nothing is known",
                    entry.namespace, entry.name
                ),
            ),
        }
    }

    fn api_server(&mut self, workload: usize, why: String) {
        let ports = PORTS.iter().map(|port| Port::new(Protocol::Tcp, *port)).collect();
        let why = format!("API server: {why}");
        self.edges.flows.push(Flow { from: End::Workload(workload), to: End::Anyone, ports, why, assumed: false });
    }

    /// The pods of a StatefulSet, or behind a headless Service, reach each other.
    fn peers(&mut self, at: usize, workload: &Workload) {
        let headless = || {
            let within = self.directory.entries.iter();
            let mut leading = within.filter(|entry| entry.namespace == workload.namespace && entry.headless);
            leading.find(|entry| entry.behind.contains(&at))
        };
        let governed = self.world.objects[workload.object].text("/spec/serviceName").filter(|name| !name.is_empty());
        let why = match governed {
            Some(name) => format!("serviceName {name}: its pods reach each other"),
            None => match headless() {
                Some(entry) => format!("headless Service {}: its pods reach each other", entry.name),
                None => return,
            },
        };
        let mut ports: Ports = workload.ports.iter().map(|port| Port::new(port.protocol, port.port)).collect();
        if ports.is_empty() {
            let named = governed.and_then(|name| self.directory.named(&workload.namespace, name));
            let entry = named.map(|at| &self.directory.entries[at]).or_else(headless);
            ports = entry.map(|entry| targets::of_workload(&entry.ports, workload, false)).unwrap_or_default();
        }
        let end = End::Workload(at);
        self.edges.flows.push(Flow { from: end.clone(), to: end, ports, why, assumed: false });
    }

    fn add(&mut self, asking: &Asking<'_>, to: End, ports: Ports, assumed: bool) {
        let Sighting { host, place, secret, .. } = asking.sighting;
        let why = match host {
            Host::Outside(name) if !secret => format!("host {name}: {place}"),
            _ => place.clone(),
        };
        self.edges.flows.push(Flow { from: End::Workload(asking.workload), to, ports, why, assumed });
    }

    fn note(&mut self, asking: &Asking<'_>, text: String) {
        let workload = &self.world.workloads[asking.workload];
        if !self.options.is_about(&workload.namespace) {
            return;
        }
        let end = format!("{} {}/{}", workload.kind, workload.namespace, workload.name);
        self.edges.notes.insert(format!("{end}, {}: {text}", asking.sighting.place));
    }
}

/// The routes that answer to each host.
fn route_hosts(world: &World) -> BTreeMap<String, Vec<&Object>> {
    let mut hosts: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
    let mut add = |host: &str, route| hosts.entry(host.to_ascii_lowercase()).or_default().push(route);
    for object in world.of_kind("networking.k8s.io", "Ingress") {
        let stated = object.items("/spec/rules").iter().filter_map(|rule| rule.get("host")?.as_str());
        stated.for_each(|host| add(host, object));
    }
    for object in world.of_kind("route.openshift.io", "Route") {
        object.text("/spec/host").into_iter().for_each(|host| add(host, object));
    }
    for kind in ["HTTPRoute", "GRPCRoute", "TLSRoute"] {
        for object in world.of_kind("gateway.networking.k8s.io", kind) {
            let stated = object.items("/spec/hostnames").iter().filter_map(|host| host.as_str());
            stated.for_each(|host| add(host, object));
        }
    }
    hosts
}
