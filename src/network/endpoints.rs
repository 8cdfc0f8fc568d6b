//! Addresses behind Services without a selector: those of their Endpoints and EndpointSlices, with the ports that the data path
//! sends to.

use super::Protocol;
use super::flow::{Port, Ports};
use super::targets;
use super::world::{Object, Service, ServicePort, World};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// Addresses with their ports in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Endpoints {
    /// The addresses.
    pub(super) addresses: BTreeSet<IpAddr>,
    /// The names of hosts in their place, of EndpointSlices of the type FQDN.
    pub(super) hosts: BTreeSet<String>,
    /// The ports by the names that the Service has for them; empty where none are stated.
    ports: Vec<(String, Port)>,
}

/// The EndpointSlices of a world by the Services that they belong to.
pub(super) struct Slices<'w> {
    world: &'w World,
    by_service: HashMap<(&'w str, &'w str), Vec<&'w Object>>,
}

impl<'w> Slices<'w> {
    /// Those of a world.
    pub(super) fn of(world: &'w World) -> Self {
        let mut by_service: HashMap<_, Vec<&Object>> = HashMap::new();
        for slice in world.of_kind("discovery.k8s.io", "EndpointSlice") {
            let service = slice.text("/metadata/labels/kubernetes.io~1service-name");
            if let (Some(namespace), Some(service)) = (slice.namespace.as_deref(), service) {
                by_service.entry((namespace, service)).or_default().push(slice);
            }
        }
        Self { world, by_service }
    }

    /// What a Service without a selector leads to.
    pub(super) fn behind(&self, service: &Service<'_>) -> Vec<Endpoints> {
        if service.selector().is_some() || service.external_name().is_some() {
            return Vec::new();
        }
        let (namespace, name) = (service.namespace(), service.object.name());
        let slices = self.by_service.get(&(namespace, name)).into_iter().flatten().map(|slice| {
            let stated = || slice.items("/endpoints").iter().flat_map(|one| list(one, "addresses"));
            let is_named = slice.text("/addressType") == Some("FQDN");
            let hosts = stated().filter_map(|host| Some(host.as_str()?.to_owned()));
            Endpoints {
                addresses: addresses(stated()),
                hosts: hosts.filter(|host| is_named && !host.is_empty()).collect(),
                ports: ports(slice.items("/ports").iter()),
            }
        });
        let old = self.world.find(Some(namespace), "", "Endpoints", name);
        let subsets = old.into_iter().flat_map(|object| object.items("/subsets")).map(|subset| {
            let all = ["addresses", "notReadyAddresses"].into_iter().flat_map(|key| list(subset, key));
            let (addresses, hosts) = (addresses(all.filter_map(|one| one.get("ip"))), BTreeSet::new());
            Endpoints { addresses, hosts, ports: ports(list(subset, "ports")) }
        });
        slices.chain(subsets).filter(|one| !(one.addresses.is_empty() && one.hosts.is_empty())).collect()
    }
}

impl Endpoints {
    /// The ports of these addresses behind some ports of a Service, which the data path matches by their names.
    pub(super) fn ports(&self, wanted: &[ServicePort], compat: bool) -> Ports {
        if self.ports.is_empty() {
            return targets::of_addresses(wanted, compat);
        }
        let is = |name: &str| wanted.iter().any(|port| port.name.as_deref().unwrap_or_default() == name);
        let found: Ports = self.ports.iter().filter(|(name, _)| is(name)).map(|(_, port)| port.clone()).collect();
        match found.is_empty() {
            true => self.ports.iter().map(|(_, port)| port.clone()).collect(),
            false => found,
        }
    }
}

fn addresses<'v>(values: impl Iterator<Item = &'v Value>) -> BTreeSet<IpAddr> {
    values.filter_map(|value| value.as_str()?.parse().ok()).collect()
}

fn ports<'v>(values: impl Iterator<Item = &'v Value>) -> Vec<(String, Port)> {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let port = |value: &Value| {
        let number = u16::try_from(value.get("port")?.as_u64()?).ok().filter(|port| *port > 0)?;
        let protocol = text(value, "protocol").map_or(Some(Protocol::Tcp), |name| Protocol::named(&name))?;
        Some((text(value, "name").unwrap_or_default(), Port::new(protocol, number)))
    };
    values.filter_map(port).collect()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
