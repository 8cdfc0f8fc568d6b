//! Services by the names that clients call them, and who stands behind each.

use super::world::{Service, ServicePort, World};
use super::{Protocol, world::Target};
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// A Service with what is asked of it again and again.
#[derive(Debug)]
pub(super) struct Entry<'w> {
    pub(super) service: Service<'w>,
    pub(super) namespace: &'w str,
    pub(super) name: &'w str,
    pub(super) ports: Vec<ServicePort>,
    pub(super) headless: bool,
    /// The workloads behind it, by their places in the world.
    pub(super) behind: Vec<usize>,
    /// Addresses behind it that are no pods of the run.
    pub(super) addresses: BTreeSet<IpAddr>,
}

/// All Services of a world.
#[derive(Debug)]
pub(super) struct Directory<'w> {
    pub(super) entries: Vec<Entry<'w>>,
    by_name: HashMap<&'w str, HashMap<&'w str, usize>>,
    by_address: HashMap<IpAddr, usize>,
    /// By the begin of the variables that the kubelet makes of them, `CART_DB` of `cart-db`.
    links: HashMap<&'w str, HashMap<String, usize>>,
    namespaces: BTreeSet<&'w str>,
    domain: String,
}

/// What the name of a host stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A Service of the run, by its place among the entries.
    Service(usize),
    /// By its form a Service that is no part of the run.
    Absent {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A host outside of the cluster.
    Outside,
    /// Nothing by itself: a bare word.
    Word,
}

impl<'w> Directory<'w> {
    /// The Services of a world whose cluster has this DNS domain.
    pub(super) fn of(world: &'w World, domain: &str) -> Self {
        let mut directory = Self {
            entries: Vec::new(),
            by_name: HashMap::new(),
            by_address: HashMap::new(),
            links: HashMap::new(),
            namespaces: world.namespaces.keys().map(String::as_str).collect(),
            domain: domain.trim_matches('.').to_ascii_lowercase(),
        };
        for service in world.services() {
            let at = directory.entries.len();
            let (namespace, name) = (service.namespace(), service.object.name());
            directory.by_name.entry(namespace).or_default().insert(name, at);
            let link = name.replace(['-', '.'], "_").to_ascii_uppercase();
            directory.links.entry(namespace).or_default().insert(link, at);
            let own = service.object.text("/spec/clusterIP").and_then(|address| address.parse().ok());
            directory.by_address.extend(own.map(|address: IpAddr| (address, at)));
            directory.entries.push(Entry {
                namespace,
                name,
                ports: service.ports(),
                headless: service.is_headless(),
                behind: world.behind(&service),
                addresses: addresses(world, &service),
                service,
            });
        }
        directory
    }

    /// The Service of this name.
    pub(super) fn named(&self, namespace: &str, name: &str) -> Option<usize> {
        self.by_name.get(namespace)?.get(name).copied()
    }

    /// The Service with this cluster IP.
    pub(super) fn at_address(&self, address: IpAddr) -> Option<usize> {
        self.by_address.get(&address).copied()
    }

    /// The Service that a variable of the kubelet is of: `CART_DB_SERVICE_HOST`, `CART_DB_PORT_5432_TCP_ADDR`.
    pub(super) fn linked(&self, namespace: &str, variable: &str) -> Option<usize> {
        let links = self.links.get(namespace)?;
        if let Some((name, _)) = variable.split_once("_SERVICE_HOST").or_else(|| variable.split_once("_SERVICE_PORT")) {
            return links.get(name).copied();
        }
        let (name, rest) = variable.split_once("_PORT_")?;
        ["_TCP", "_UDP"].iter().any(|part| rest.contains(part)).then(|| links.get(name).copied()).flatten()
    }

    /// What a host stands for, called from a namespace. `host` is in lower case and has no dot at its end.
    pub(super) fn resolve(&self, host: &str, namespace: &str) -> Place {
        let inner = host.strip_suffix(self.domain.as_str()).and_then(|inner| inner.strip_suffix('.'));
        let labels: Vec<&str> = host.split('.').collect();
        let of = |namespace: &str, name: &str| match self.named(namespace, name) {
            Some(at) => Place::Service(at),
            None => Place::Absent { namespace: namespace.to_owned(), name: name.to_owned() },
        };
        match labels[..] {
            [name] => self.named(namespace, name).map_or(Place::Word, Place::Service),
            [name, of_namespace, "svc", ..] => of(of_namespace, name),
            [_pod, name, of_namespace, "svc", ..] => of(of_namespace, name),
            [name, of_namespace] if self.named(of_namespace, name).is_some() => of(of_namespace, name),
            // A pod of a headless Service.
            [_pod, name] if self.named(namespace, name).is_some_and(|at| self.entries[at].headless) => {
                of(namespace, name)
            }
            [_pod, name, of_namespace] if self.named(of_namespace, name).is_some() => of(of_namespace, name),
            [name, of_namespace] if self.namespaces.contains(of_namespace) => of(of_namespace, name),
            _ if inner.is_some() => Place::Word,
            _ => Place::Outside,
        }
    }

    /// The ports of a Service that a client with this port means: the one, or all of them. A headless one has whatever ports
    /// its pods listen on.
    pub(super) fn ports(&self, at: usize, port: Option<u16>) -> Vec<ServicePort> {
        let entry = &self.entries[at];
        let Some(port) = port else { return entry.ports.clone() };
        let own: Vec<ServicePort> = entry.ports.iter().filter(|one| one.port == port).cloned().collect();
        if entry.headless && own.is_empty() {
            let target = Target::Number(port);
            return vec![ServicePort { name: None, port, protocol: Protocol::Tcp, target }];
        }
        own
    }

    /// Whether a Service takes traffic on a port.
    pub(super) fn serves(&self, at: usize, port: u16) -> bool {
        self.entries[at].headless || self.entries[at].ports.iter().any(|one| one.port == port)
    }
}

/// The addresses that a Service without a selector leads to: those of its Endpoints and EndpointSlices.
pub(super) fn addresses(world: &World, service: &Service<'_>) -> BTreeSet<IpAddr> {
    if service.selector().is_some() || service.external_name().is_some() {
        return BTreeSet::new();
    }
    let namespace = service.object.namespace.as_deref();
    let text = |value: &serde_json::Value| value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
    let slices = world.of_kind("discovery.k8s.io", "EndpointSlice").filter(|slice| {
        slice.namespace.as_deref() == namespace
            && slice.text("/metadata/labels/kubernetes.io~1service-name") == Some(service.object.name())
    });
    let of_slices = slices.flat_map(|slice| slice.items("/endpoints"));
    let of_slices =
        of_slices.flat_map(|one| one.get("addresses").and_then(|list| list.as_array()).into_iter().flatten());
    let endpoints = world.find(namespace, "", "Endpoints", service.object.name());
    let subsets = endpoints.into_iter().flat_map(|object| object.items("/subsets"));
    let of_subsets =
        subsets.flat_map(|one| one.get("addresses").and_then(|list| list.as_array()).into_iter().flatten());
    of_slices.filter_map(text).chain(of_subsets.filter_map(|one| text(one.get("ip")?))).collect()
}
