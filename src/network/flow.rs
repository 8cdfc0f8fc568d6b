//! Flows: what has to pass from one end to the other, and how that is known.

use super::Protocol;
use super::world::{Labels, World};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// One end of a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// A workload, by its place in the world.
    Workload(usize),
    /// All pods of the same namespace.
    Siblings,
    /// Pods that no workload of the run is about.
    Pods {
        /// Their namespace.
        namespace: String,
        /// Their labels; none for all pods of it.
        labels: Labels,
    },
    /// All pods of the cluster.
    AnyPod,
    /// An address.
    Address(IpAddr),
    /// A range of addresses, as a CIDR.
    Block(String),
    /// Addresses outside of private networks.
    Public,
    /// Addresses of hosts outside of the cluster, wherever their names lead, less those of the link.
    Outside,
    /// The API server, wherever it is: no selector names it.
    ApiServer,
    /// Whoever it is, nodes and addresses included.
    Anyone,
}

/// A port of the destination.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The protocol.
    pub protocol: Protocol,
    /// The number, or a name where nobody knows the number.
    pub number: Number,
}

/// The number of a port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Number {
    /// The number itself.
    One(u16),
    /// The name that the containers of the destination declare.
    Named(String),
}

/// The ports of a flow; empty for all of them.
pub type Ports = BTreeSet<Port>;

/// Something that has to pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Who opens the connection.
    pub from: End,
    /// Who takes it.
    pub to: End,
    /// The ports; empty for all.
    pub ports: Ports,
    /// How it is known: `env DB_URL of container api`.
    pub why: String,
    /// Whether nothing shows it, and it is allowed so that nothing breaks.
    pub assumed: bool,
}

/// How the evidence of a flow to the node of the pod begins.
pub(super) const NODE: &str = "its node";

impl Flow {
    /// What it leads to where policies can only allow it at any address, and that is known.
    pub fn callee(&self) -> Option<&'static str> {
        match self.to {
            End::ApiServer => Some("API server"),
            End::Anyone => Some(NODE).filter(|_| self.is_to_agent()),
            _ => None,
        }
    }

    /// Whether it leads to an agent on the node of the pod, which says nothing of whom else it calls.
    pub(super) fn is_to_agent(&self) -> bool {
        self.why.strip_prefix(NODE).is_some_and(|rest| rest.starts_with(": "))
    }
}

impl Port {
    /// A port by its number.
    pub fn new(protocol: Protocol, number: u16) -> Self {
        Self { protocol, number: Number::One(number) }
    }

    /// Its number; `None` where only its name is known.
    pub fn one(&self) -> Option<u16> {
        match self.number {
            Number::One(number) => Some(number),
            Number::Named(_) => None,
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.number {
            Number::One(number) => write!(out, "{} {number}", self.protocol),
            Number::Named(name) => write!(out, "{} {name}", self.protocol),
        }
    }
}

impl End {
    /// Whether a rule for it names no peer.
    pub(super) fn is_unnamed(&self) -> bool {
        matches!(self, Self::ApiServer | Self::Anyone)
    }

    /// What it is, for people.
    pub fn told(&self, world: &World) -> String {
        match self {
            Self::Workload(at) => {
                let workload = &world.workloads[*at];
                format!("{} {}/{}", workload.kind, workload.namespace, workload.name)
            }
            Self::Siblings => "all pods of the namespace".to_owned(),
            Self::Pods { namespace, labels } if labels.is_empty() => format!("all pods of namespace {namespace}"),
            Self::Pods { namespace, labels } => {
                let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("pods {} of namespace {namespace}", labels.join(","))
            }
            Self::AnyPod => "all pods of the cluster".to_owned(),
            Self::Address(address) => address.to_string(),
            Self::Block(block) => block.clone(),
            Self::Public => "public addresses".to_owned(),
            Self::Outside => "outside addresses, private ones included".to_owned(),
            Self::ApiServer => "the API server".to_owned(),
            Self::Anyone => "anywhere".to_owned(),
        }
    }
}

/// Ports for people: `TCP 80, 443`, or `all ports`.
pub fn ports_told(ports: &Ports) -> String {
    if ports.is_empty() {
        return "all ports".to_owned();
    }
    let mut out = String::new();
    let mut last = None;
    for port in ports {
        let told = port.to_string();
        let short = told.split_once(' ').map_or(told.as_str(), |(_, number)| number);
        match last == Some(port.protocol) {
            true => out.push_str(&format!(", {short}")),
            false if out.is_empty() => out.push_str(&told),
            false => out.push_str(&format!("; {told}")),
        }
        last = Some(port.protocol);
    }
    out
}
