//! Where names are resolved: the Services of the cluster's name server, and the caches on its nodes.

use super::programs::{images, is_of, words};
use crate::network::Protocol;
use crate::network::endpoints::Slices;
use crate::network::synthesis::PodsOf;
use crate::network::world::{Service, World};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::str::FromStr;

/// The port of name servers.
const PORT: u16 = 53;
/// Namespaces in which whatever answers for names answers for the cluster.
const NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];
/// The label of Services and pods that CoreDNS inherited from kube-dns.
const LABEL: (&str, &str) = ("k8s-app", "kube-dns");
/// The image of NodeLocal DNSCache, which takes the addresses behind its flag `-localip`.
const NODE_CACHE: &str = "k8s-dns-node-cache";

/// A name server as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameServer {
    /// Pods.
    Pods(PodsOf),
    /// An address that pods ask.
    Address(IpAddr),
}

impl FromStr for NameServer {
    type Err = String;

    /// `NAMESPACE`, `NAMESPACE:LABEL=VALUE,...`, or an address.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::Address).or_else(|_| text.parse().map(Self::Pods))
    }
}

/// Where names are resolved; nothing where nobody knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameServers {
    /// The pods.
    pub pods: Vec<PodsOf>,
    /// The addresses that pods ask: those of Services, and of caches on nodes.
    pub addresses: BTreeSet<IpAddr>,
    /// The ports of the pods beside 53.
    pub ports: BTreeSet<u16>,
    /// Whether some of the pods use the network of their nodes: no selector is sure to name them.
    pub on_nodes: bool,
    /// The Services that this is known by, as `namespace/name`.
    pub services: Vec<String>,
}

impl NameServers {
    /// Those of a live cluster.
    pub fn of(world: &World) -> Self {
        let mut servers = Self::default();
        let told = told_to_kubelets(world);
        for service in world.services() {
            if resolves(&service) && answers_for_all(&service, &told) {
                servers.add(world, &service);
            }
        }
        let caches = world.workloads.iter().filter(|workload| {
            NAMESPACES.contains(&workload.namespace.as_str())
                && images(world, workload).any(|image| is_of(image, NODE_CACHE))
        });
        servers.addresses.extend(caches.flat_map(|workload| local_addresses(words(world, workload))));
        servers
    }

    fn add(&mut self, world: &World, service: &Service<'_>) {
        self.addresses.extend(own_addresses(service));
        self.services.push(format!("{}/{}", service.namespace(), service.object.name()));
        let Some(labels) = service.selector() else {
            let slices = Slices::of(world);
            self.addresses.extend(slices.behind(service).into_iter().flat_map(|endpoints| endpoints.addresses));
            return;
        };
        let pods = PodsOf { namespace: service.namespace().to_owned(), labels };
        if !self.pods.contains(&pods) {
            self.pods.push(pods);
        }
        for at in world.behind(service) {
            let workload = &world.workloads[at];
            self.on_nodes |= workload.host_network;
            let ports = service.ports().into_iter().filter(|port| port.port == PORT);
            self.ports.extend(ports.filter_map(|port| port.target.number(workload, port.protocol)));
        }
        self.ports.remove(&PORT);
    }

    /// Those that people name.
    pub fn named(named: &[NameServer]) -> Self {
        let mut servers = Self::default();
        for one in named {
            match one {
                NameServer::Pods(pods) => servers.pods.push(pods.clone()),
                NameServer::Address(address) => drop(servers.addresses.insert(*address)),
            }
        }
        servers
    }

    /// What a person should know of it.
    pub(super) fn told(&self) -> String {
        if self.services.is_empty() {
            return "no Service for name resolution is known: it is allowed where clusters usually have it".to_owned();
        }
        let services = self.services.join(", ");
        match self.on_nodes {
            true => format!(
                "the name servers behind Service {services} use the network of their nodes, so that name resolution is allowed to anywhere"
            ),
            false => format!("names are resolved by Service {services}"),
        }
    }
}

fn resolves(service: &Service<'_>) -> bool {
    service.ports().iter().any(|port| (port.port, port.protocol) == (PORT, Protocol::Udp))
}

/// Whether a Service is the cluster's own: by its place, or because kubelets are told its address.
fn answers_for_all(service: &Service<'_>, told: &BTreeSet<IpAddr>) -> bool {
    let labels = service.object.at("/metadata/labels").and_then(|labels| labels.get(LABEL.0));
    let labelled = labels.and_then(|value| value.as_str()) == Some(LABEL.1);
    let system = service.namespace().starts_with("kube-") && labelled;
    system || NAMESPACES.contains(&service.namespace()) || own_addresses(service).any(|address| told.contains(&address))
}

fn own_addresses<'s>(service: &Service<'s>) -> impl Iterator<Item = IpAddr> + use<'s> {
    let object = service.object;
    let several = object.items("/spec/clusterIPs").iter().filter_map(|address| address.as_str());
    several.chain(object.text("/spec/clusterIP")).filter_map(|address| address.parse().ok())
}

/// What kubeadm keeps of the configuration of kubelets.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KubeletConfiguration {
    #[serde(rename = "clusterDNS")]
    cluster_dns: Vec<IpAddr>,
}

/// The name servers that kubelets give to pods, as kubeadm notes them for nodes that join.
fn told_to_kubelets(world: &World) -> BTreeSet<IpAddr> {
    let maps = world
        .of_kind("", "ConfigMap")
        .filter(|map| map.namespace.as_deref() == Some("kube-system") && map.name().starts_with("kubelet-config"));
    let read = |text: &str| serde_yaml::from_str::<KubeletConfiguration>(text).unwrap_or_default().cluster_dns;
    maps.filter_map(|map| map.text("/data/kubelet")).flat_map(read).collect()
}

/// The addresses behind `-localip`, as one word or two, with commas between them.
fn local_addresses<'w>(words: impl Iterator<Item = &'w str>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let mut next = false;
    for word in words {
        let list = match word.trim_start_matches('-').split_once('=') {
            Some(("localip", list)) => Some(list),
            _ => next.then_some(word),
        };
        next = word.trim_start_matches('-') == "localip";
        addresses.extend(
            list.into_iter().flat_map(|list| list.split(',')).filter_map(|one| one.trim().parse::<IpAddr>().ok()),
        );
    }
    addresses
}
