//! The flows that are known: by the addresses that workloads are given, by what they are, and by their use of the API.

use super::{Options, node};
use crate::network::Protocol;
use crate::network::api_server::{Accounts, PORTS};
use crate::network::directory::{Directory, Place};
use crate::network::evidence::{Host, Missing, Sighting, addresses, calls_everybody, store_of};
use crate::network::flow::{End, Flow, Port, Ports};
use crate::network::known::Takers;
use crate::network::targets;
use crate::network::world::{Labels, Object, Workload, World};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// As far as one name leads to another.
const DEEPEST: usize = 4;

/// What is known.
#[derive(Default)]
pub(super) struct Edges {
    pub(super) flows: Vec<Flow>,
    /// The Services that somebody names, with who it is, by their places.
    pub(super) named: BTreeMap<usize, BTreeSet<usize>>,
    /// The workloads that are given objects which are no part of the run, by their places.
    pub(super) incomplete: BTreeSet<usize>,
    /// What a person should know.
    pub(super) notes: BTreeSet<String>,
}

/// As many objects that are missing are named in one note.
const MOST: usize = 5;
/// The port of name servers.
const DNS: u16 = 53;
/// Ports of Services behind which pods have others more often than not.
const COMMON: [u16; 2] = [80, 443];

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
        let known = addresses(world, directory, workload);
        for sighting in &known.seen {
            finding.follow(&Asking { workload: at, sighting });
        }
        if !known.missing.is_empty() {
            finding.missing(at, &known.missing);
        }
        finding.name_servers(at, workload);
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
    finding.edges.notes.extend(directory.taken().into_iter().map(|namespace| {
        format!(
            "objects that state no namespace are taken for those of namespace {namespace}, by which others name them"
        )
    }));
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
                let named = if *secret { "its Service".to_owned() } else { format!("Service {namespace}/{name}") };
                // Name servers are allowed to all.
                if namespace == "kube-system" && ["kube-dns", "coredns"].contains(&name.as_str()) {
                    return;
                }
                let to = End::Pods { namespace: namespace.clone(), labels: Labels::new() };
                let known: Ports = port.iter().filter(|port| !COMMON.contains(port)).map(one).collect();
                let told = match port.filter(|_| !known.is_empty()) {
                    Some(port) => format!(
                        "so port {port} of that namespace is allowed; where its pods have another one, add the Service to the input"
                    ),
                    None => "so every port of that namespace is allowed".to_owned(),
                };
                self.add(asking, to, known, false);
                self.note(asking, format!("{named} is not part of the input, {told}"));
            }
            Host::Outside(name) => {
                let ports: Ports = port.iter().map(one).collect();
                if ports.is_empty() {
                    self.note(asking, "its port is not known, so every port of public addresses is assumed; a private address stays shut until its port is stated".to_owned());
                }
                let to = if ports.is_empty() { End::Public } else { End::Outside };
                self.add(asking, to, ports.clone(), ports.is_empty());
                if let Some(routes) = self.hosts.get(name) {
                    let takers = self.takers(routes);
                    let known = !takers.is_empty();
                    takers.into_iter().for_each(|end| self.add(asking, end, Ports::new(), false));
                    if !known {
                        self.note(asking, "a route of the input has this host; where its controller is, is not known (--ingress-controller)".to_owned());
                    }
                }
            }
            Host::Node => match port {
                Some(port) => {
                    let flows = node::flows(self.world, self.options, asking.workload, place, one(port));
                    self.edges.flows.extend(flows);
                }
                None if self.world.workloads[asking.workload].host_network => {}
                None => self.note(
                    asking,
                    "it holds the address of the node and no port is known, so nothing is allowed there".to_owned(),
                ),
            },
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
            let ports = targets::of_addresses(&entry.ports, false);
            return self.external(asking, (name, &ports), at, depth);
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
            None if entry.endpoints.is_empty() => {
                self.note(
                    asking,
                    format!("{named} has no selector and the input has no Endpoints of it, so nothing is allowed"),
                );
            }
            None => {
                for endpoints in &entry.endpoints {
                    let ports = endpoints.ports(&ports, compat);
                    let addresses = endpoints.addresses.iter();
                    addresses.for_each(|address| self.add(asking, End::Address(*address), ports.clone(), false));
                    for host in &endpoints.hosts {
                        self.note(asking, format!("an EndpointSlice of {named} leads to host {host} by its name, which few data paths follow: it is taken for an outside host"));
                        self.external(asking, (host, &ports), at, depth);
                    }
                }
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

    /// Another name for a host, of the cluster or outside, and the ports that the Service has for it.
    fn external(&mut self, asking: &Asking<'_>, (name, ports): (&str, &Ports), at: usize, depth: usize) {
        let host = name.trim_end_matches('.').to_ascii_lowercase();
        let entry = &self.directory.entries[at];
        match self.directory.resolve(&host, entry.namespace) {
            Place::Service(other) if depth < DEEPEST && other != at => self.service(asking, other, depth + 1),
            Place::Outside => {
                let stated = asking.sighting.port.map(|port| Port::new(asking.sighting.protocol, port));
                let ports: Ports = match stated.filter(|_| entry.service.external_name().is_some() || ports.is_empty())
                {
                    Some(port) => [port].into(),
                    None => ports.clone(),
                };
                if ports.is_empty() {
                    self.note(asking, format!("Service {}/{} is another name for {host} and tells no port, so every port of public addresses is assumed; a private address stays shut until its port is stated", entry.namespace, entry.name));
                }
                let to = if ports.is_empty() { End::Public } else { End::Outside };
                self.add(asking, to, ports.clone(), ports.is_empty());
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
        let (from, to) = (End::Workload(workload), End::ApiServer);
        self.edges.flows.push(Flow { from, to, ports, why, assumed: false });
    }

    /// Objects that a workload is given and that nobody here knows: what they name is not known.
    fn missing(&mut self, at: usize, missing: &BTreeSet<Missing>) {
        let workload = &self.world.workloads[at];
        let mut by_object: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for one in missing {
            by_object.entry(&one.object).or_default().push(&one.place);
        }
        let objects: Vec<String> =
            by_object.iter().take(MOST).map(|(object, places)| format!("{object} ({})", places.join(", "))).collect();
        let more = match by_object.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let verb = if by_object.len() == 1 { "is" } else { "are" };
        let then = match (self.options.strict, store_of(self.world, workload)) {
            (true, _) => "so nothing is allowed for them".to_owned(),
            (false, Some(_)) => "and as a data store it is taken to call nobody for them".to_owned(),
            (false, None) => {
                format!("so it may reach the Services of namespace {} and nothing else for them", workload.namespace)
            }
        };
        self.edges.notes.insert(format!(
            "{}: {}{more} {verb} not part of the input: addresses in there are not known, {then}",
            End::Workload(at).told(self.world),
            objects.join(", ")
        ));
        self.edges.incomplete.insert(at);
    }

    /// Name servers of a pod's own.
    fn name_servers(&mut self, at: usize, workload: &Workload) {
        let spec = self.world.template(workload).get("spec").unwrap_or(&Value::Null);
        let ports: Ports = [Protocol::Udp, Protocol::Tcp].map(|protocol| Port::new(protocol, DNS)).into();
        let mut flow = |to, why: &str| {
            let (from, ports, why) = (End::Workload(at), ports.clone(), why.to_owned());
            self.edges.flows.push(Flow { from, to, ports, why, assumed: false });
        };
        let stated = spec.pointer("/dnsConfig/nameservers").and_then(Value::as_array).into_iter().flatten();
        stated
            .filter_map(|address| address.as_str()?.parse().ok())
            .for_each(|address| flow(End::Address(address), "dnsConfig.nameservers"));
        if spec.get("dnsPolicy").and_then(Value::as_str) == Some("Default") && !self.options.dns_any {
            flow(End::Anyone, "dnsPolicy Default: it asks the name servers of its node");
        }
    }

    /// The pods of a StatefulSet, or behind a headless Service, reach each other.
    fn peers(&mut self, at: usize, workload: &Workload) {
        let headless = || self.directory.leading(at).find(|entry| entry.headless);
        let governed = self.world.objects[workload.object].text("/spec/serviceName").filter(|name| !name.is_empty());
        let why = match governed {
            Some(name) => format!("serviceName {name}: its pods reach each other"),
            None => match headless() {
                Some(entry) => format!("headless Service {}: its pods reach each other", entry.name),
                None => return,
            },
        };
        // What containers declare says nothing of what they listen on besides.
        let mut ports: Ports = workload.ports.iter().map(|port| Port::new(port.protocol, port.port)).collect();
        let named = governed.and_then(|name| self.directory.named(&workload.namespace, name));
        let governing = named.map(|at| &self.directory.entries[at]);
        for entry in self.directory.leading(at).chain(governing) {
            ports.extend(targets::of_workload(&entry.ports, workload, false));
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
