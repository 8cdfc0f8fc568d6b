//! Who has which address: pods by their status, Services, Endpoints and EndpointSlices.

use super::pods::Pods;
use crate::network::directory::Directory;
use crate::network::world::{DEFAULT_NAMESPACE, Labels, World, labels_at};
use serde_json::Value;
use std::collections::HashMap;
use std::net::IpAddr;

/// Who has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    Workload(usize),
    /// A pod that no object of the input is about.
    Pod {
        namespace: String,
        labels: Labels,
    },
    Node,
    ApiServer,
    /// By its place in the directory.
    Service(usize),
    /// What somebody put behind a Service by hand.
    Host,
}

/// The addresses that are known.
#[derive(Debug, Default)]
pub(super) struct Book {
    homes: HashMap<IpAddr, Home>,
}

impl Book {
    /// Those of a world and of further pods.
    pub(super) fn of(world: &World, directory: &Directory<'_>, pods: &Pods<'_>, more: &[Value]) -> Self {
        let mut book = Self::default();
        let of_world = world.of_kind("", "Pod").map(|object| &object.value);
        // A pod that has ended has left its address to others.
        let (running, ended): (Vec<&Value>, Vec<&Value>) = of_world.chain(more).partition(|pod| !has_ended(pod));
        for pod in running.into_iter().chain(ended) {
            book.pod(world, pods, pod);
        }
        for (at, entry) in directory.entries.iter().enumerate() {
            let is_api_server = (entry.namespace, entry.name) == (DEFAULT_NAMESPACE, "kubernetes");
            let object = entry.service.object;
            let lists = ["/spec/clusterIPs", "/spec/externalIPs"].into_iter().flat_map(|list| object.items(list));
            let single = ["/spec/clusterIP", "/spec/loadBalancerIP"].into_iter().filter_map(|one| object.at(one));
            let home = if is_api_server { Home::ApiServer } else { Home::Service(at) };
            lists.chain(single).for_each(|address| book.add(address.as_str(), || home.clone()));
        }
        for slice in world.of_kind("discovery.k8s.io", "EndpointSlice") {
            let namespace = slice.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
            let service = slice.text("/metadata/labels/kubernetes.io~1service-name").unwrap_or_default();
            let behind = Behind { world, directory, pods, namespace, service };
            for endpoint in slice.items("/endpoints") {
                let addresses = endpoint.get("addresses").and_then(Value::as_array).into_iter().flatten();
                addresses.for_each(|address| behind.add(&mut book, endpoint, address.as_str()));
            }
        }
        for object in world.of_kind("", "Endpoints") {
            let namespace = object.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
            let behind = Behind { world, directory, pods, namespace, service: object.name() };
            let lists = object.items("/subsets").iter();
            let all = lists.flat_map(|subset| ["addresses", "notReadyAddresses"].map(|key| subset.get(key)));
            for endpoint in all.flatten().filter_map(Value::as_array).flatten() {
                behind.add(&mut book, endpoint, endpoint.get("ip").and_then(Value::as_str));
            }
        }
        book
    }

    /// Who has an address.
    pub(super) fn home(&self, address: IpAddr) -> Option<&Home> {
        self.homes.get(&address)
    }

    fn pod(&mut self, world: &World, pods: &Pods<'_>, pod: &Value) {
        let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str);
        let namespace = text("/metadata/namespace").unwrap_or(DEFAULT_NAMESPACE);
        self.add(text("/status/hostIP"), || Home::Node);
        let more = pod.pointer("/status/podIPs").and_then(Value::as_array).into_iter().flatten();
        let more = more.filter_map(|one| one.get("ip")?.as_str());
        let on_node = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
        let home = || match (on_node, pods.of_object(namespace, pod)) {
            (true, _) => Home::Node,
            (false, Some(at)) if world.workloads[at].host_network => Home::Node,
            (false, Some(at)) => Home::Workload(at),
            (false, None) => Home::Pod { namespace: namespace.to_owned(), labels: labels_at(pod, "/metadata/labels") },
        };
        text("/status/podIP").into_iter().chain(more).for_each(|address| self.add(Some(address), home));
    }

    /// The first that is known to have an address has it.
    fn add(&mut self, address: Option<&str>, home: impl FnOnce() -> Home) {
        if let Some(address) = address.and_then(|address| address.parse::<IpAddr>().ok()) {
            self.homes.entry(address.to_canonical()).or_insert_with(home);
        }
    }
}

/// The Service that endpoints are of.
struct Behind<'b, 'w> {
    world: &'b World,
    directory: &'b Directory<'w>,
    pods: &'b Pods<'w>,
    namespace: &'b str,
    service: &'b str,
}

impl Behind<'_, '_> {
    fn add(&self, book: &mut Book, endpoint: &Value, address: Option<&str>) {
        let target = |key: &str| endpoint.pointer(&format!("/targetRef/{key}")).and_then(Value::as_str);
        if target("kind") == Some("Pod") {
            let namespace = target("namespace").unwrap_or(self.namespace);
            return match target("name").and_then(|name| self.pods.pod(namespace, name)) {
                Some(at) => book.add(address, || self.of_workload(at)),
                None => book.add(address, || Home::Pod { namespace: namespace.to_owned(), labels: Labels::new() }),
            };
        }
        if (self.namespace, self.service) == (DEFAULT_NAMESPACE, "kubernetes") {
            return book.add(address, || Home::ApiServer);
        }
        let entry = self.directory.named(self.namespace, self.service).map(|at| &self.directory.entries[at]);
        match entry {
            Some(entry) if entry.service.selector().is_none() => book.add(address, || Home::Host),
            Some(entry) => {
                if let [at] = entry.behind.as_slice() {
                    book.add(address, || self.of_workload(*at));
                }
            }
            None => {}
        }
    }

    fn of_workload(&self, at: usize) -> Home {
        if self.world.workloads[at].host_network { Home::Node } else { Home::Workload(at) }
    }
}

fn has_ended(pod: &Value) -> bool {
    pod.pointer("/status/phase").and_then(Value::as_str).is_some_and(|phase| ["Succeeded", "Failed"].contains(&phase))
}
