//! Services by the names that clients call them, and who stands behind each.

use super::endpoints::{Endpoints, Slices};
use super::world::{DEFAULT_NAMESPACE, Index, Service, ServicePort, World};
use super::{Protocol, world::Target};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    pub(super) endpoints: Vec<Endpoints>,
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
    /// The namespaces that Services state.
    stating: BTreeSet<&'w str>,
    /// The Services behind which each workload is, by the places of both.
    leading: BTreeMap<usize, Vec<usize>>,
    /// Namespaces that were taken for that of the objects which state none.
    taken: RefCell<BTreeSet<String>>,
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
            stating: world.services().filter_map(|service| service.object.identity.namespace.as_deref()).collect(),
            leading: BTreeMap::new(),
            taken: RefCell::default(),
            domain: domain.trim_matches('.').to_ascii_lowercase(),
        };
        let (index, slices) = (Index::of(world), Slices::of(world));
        for service in world.services() {
            let at = directory.entries.len();
            let (namespace, name) = (service.namespace(), service.object.name());
            directory.by_name.entry(namespace).or_default().insert(name, at);
            let link = name.replace(['-', '.'], "_").to_ascii_uppercase();
            directory.links.entry(namespace).or_default().insert(link, at);
            let more = service.object.items("/spec/clusterIPs").iter().filter_map(|address| address.as_str());
            let own = service.object.text("/spec/clusterIP").into_iter().chain(more);
            directory.by_address.extend(own.filter_map(|address| Some((address.parse().ok()?, at))));
            let behind = service.selector().map(|labels| index.with(namespace, &labels)).unwrap_or_default();
            behind.iter().for_each(|workload| directory.leading.entry(*workload).or_default().push(at));
            directory.entries.push(Entry {
                namespace,
                name,
                ports: service.ports(),
                headless: service.is_headless(),
                behind,
                endpoints: slices.behind(&service),
                service,
            });
        }
        directory
    }

    /// The Service of this name. Objects that state no namespace may be applied to any: where no Service states this one, it is
    /// taken for theirs.
    pub(super) fn named(&self, namespace: &str, name: &str) -> Option<usize> {
        let of = |namespace: &str| self.stated(namespace, name);
        let unstated = |at: &usize| self.entries[*at].service.object.identity.namespace.is_none();
        of(namespace).or_else(|| {
            let found = of(DEFAULT_NAMESPACE).filter(unstated).filter(|_| !self.stating.contains(namespace))?;
            self.taken.borrow_mut().insert(namespace.to_owned());
            Some(found)
        })
    }

    /// The Service of this name in a namespace that it is known to be in.
    fn stated(&self, namespace: &str, name: &str) -> Option<usize> {
        self.by_name.get(namespace)?.get(name).copied()
    }

    /// The namespaces that were taken for that of the objects which state none.
    pub(super) fn taken(&self) -> Vec<String> {
        self.taken.borrow().iter().cloned().collect()
    }

    /// The Services behind which a workload is.
    pub(super) fn leading(&self, workload: usize) -> impl Iterator<Item = &Entry<'w>> {
        self.leading.get(&workload).into_iter().flatten().map(|at| &self.entries[*at])
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
            [name, of_namespace] if self.stated(of_namespace, name).is_some() => of(of_namespace, name),
            // A pod of a headless Service.
            [_pod, name] if self.named(namespace, name).is_some_and(|at| self.entries[at].headless) => {
                of(namespace, name)
            }
            [_pod, name, of_namespace] if self.stated(of_namespace, name).is_some() => of(of_namespace, name),
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
