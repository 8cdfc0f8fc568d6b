//! Services: who stands behind them, and on which ports.

use super::labels::labels_at;
use super::{Labels, Object, Workload, World};
use crate::network::Protocol;
use serde_json::Value;

/// A Service as the data path sees it.
#[derive(Debug, Clone, Copy)]
pub struct Service<'w> {
    /// The object.
    pub object: &'w Object,
}

/// A port of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port of the pods.
    pub target: Target,
}

/// A port of a pod as others name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// By its number.
    Number(u16),
    /// By the name that containers declare.
    Name(String),
}

impl Target {
    /// A number or a name; `None` for what is neither.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(_) => {
                let port = u16::try_from(value.as_u64()?).ok().filter(|port| *port > 0)?;
                Some(Self::Number(port))
            }
            Value::String(name) if !name.is_empty() => {
                Some(name.parse().map_or_else(|_| Self::Name(name.clone()), Self::Number))
            }
            _ => None,
        }
    }

    /// The number that it is in the pods of a workload.
    pub fn number(&self, workload: &Workload, protocol: Protocol) -> Option<u16> {
        match self {
            Self::Number(port) => Some(*port),
            Self::Name(name) => workload.port_named(name, protocol),
        }
    }
}

impl<'w> Service<'w> {
    /// Its namespace.
    pub fn namespace(&self) -> &'w str {
        self.object.namespace.as_deref().unwrap_or_default()
    }

    /// Its type, `ClusterIP` where it states none.
    pub fn kind(&self) -> &'w str {
        self.object.text("/spec/type").unwrap_or("ClusterIP")
    }

    /// Whether clients get the addresses of the pods themselves.
    pub fn is_headless(&self) -> bool {
        self.object.text("/spec/clusterIP") == Some("None")
    }

    /// The host that it is another name for.
    pub fn external_name(&self) -> Option<&'w str> {
        self.object.text("/spec/externalName").filter(|_| self.kind() == "ExternalName")
    }

    /// The labels of the pods behind it; `None` where others say who that is.
    pub fn selector(&self) -> Option<Labels> {
        let selector = labels_at(&self.object.value, "/spec/selector");
        (!selector.is_empty() && self.external_name().is_none()).then_some(selector)
    }

    /// Its ports, in order.
    pub fn ports(&self) -> Vec<ServicePort> {
        self.object.items("/spec/ports").iter().filter_map(service_port).collect()
    }
}

fn service_port(value: &Value) -> Option<ServicePort> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let port = u16::try_from(value.get("port")?.as_u64()?).ok().filter(|port| *port > 0)?;
    let protocol = text("protocol").map_or(Some(Protocol::Tcp), Protocol::named)?;
    // kubectl writes a 0 where none is stated.
    let target = value.get("targetPort").and_then(Target::read).unwrap_or(Target::Number(port));
    Some(ServicePort { name: text("name").map(str::to_owned), port, protocol, target })
}

impl World {
    /// All Services, in the order of their namespaces and names.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.of_kind("", "Service").map(|object| Service { object })
    }

    /// The Service of this name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<Service<'_>> {
        self.find(Some(namespace), "", "Service", name).map(|object| Service { object })
    }

    /// The workloads behind a Service, by their places in [`World::workloads`].
    pub fn behind(&self, service: &Service<'_>) -> Vec<usize> {
        let Some(selector) = service.selector() else { return Vec::new() };
        let within = self.workloads_in(service.namespace());
        let selected = |at: &usize| {
            let labels = &self.workloads[*at].labels;
            selector.iter().all(|(key, value)| labels.get(key) == Some(value))
        };
        within.filter(selected).collect()
    }
}
