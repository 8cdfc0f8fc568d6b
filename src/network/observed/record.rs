//! One line of a listing: who opened a connection to whom, or why it does not count.

use crate::network::world::Labels;
use crate::network::{IpRange, Protocol};
use std::net::IpAddr;

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A connection.
    Flow(Box<Record>),
    /// So many flows that are no need.
    Left(LeftOut, u64),
    /// Nothing: a heading, or an empty line.
    Nothing,
}

/// A connection, as its listing names it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// Who opened it.
    pub(super) from: Party,
    /// Who took it.
    pub(super) to: Party,
    /// Its protocol.
    pub(super) protocol: Protocol,
    /// The port of the destination.
    pub(super) port: u16,
    /// The port of the source, where the listing has replies as lines of their own and does not say which they are.
    pub(super) source_port: Option<u16>,
    /// How many there were.
    pub(super) count: u64,
}

/// One end, by whatever the listing says of it; empty texts are not stated.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Party {
    pub(super) what: What,
    pub(super) namespace: String,
    pub(super) kind: String,
    /// The name of a workload, or of a Service where it is one.
    pub(super) workload: String,
    /// The name of a pod, or of a workload where the listing does not tell them apart.
    pub(super) pod: String,
    /// Labels of the pod.
    pub(super) labels: Labels,
    pub(super) address: Option<IpAddr>,
    /// Addresses that are said to be outside of the cluster.
    pub(super) range: Option<IpRange>,
}

/// What an end is said to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum What {
    /// A pod, or whatever has the address.
    #[default]
    Unstated,
    Service,
    /// A node, whose kubelet may probe.
    Node,
    /// What is like a node and does not probe: another node than that of the pod, or the proxy that takes the traffic of routes.
    Remote,
    ApiServer,
    /// No part of the cluster.
    Outside,
    /// Addresses that the log adds up and does not name; the pod's name is that of their network.
    Unnamed,
}

/// Why a flow is no need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// It goes back to whoever opened the connection.
    Reply,
    /// It did not pass.
    Dropped,
    /// Whether it passed is not said.
    NoVerdict,
    /// Nobody answered.
    Unanswered,
    /// Who opened the connection is not said.
    NoDirection,
    /// No policy judges its protocol.
    OtherProtocol,
    /// It stays in the pod, or goes to many hosts at once.
    NoHost,
    /// All pods may resolve names.
    NameResolution,
    /// The kubelet probes, which its node may always do.
    Probe,
    /// Neither end is a workload of the input.
    Elsewhere,
    /// It is about something else.
    NoFlow,
}

impl LeftOut {
    /// So many of them: `1 reply`, `2 replies`.
    pub fn told(self, number: u64) -> String {
        let what = match self {
            Self::Reply if number == 1 => "reply",
            Self::Reply => "replies",
            Self::Dropped => "dropped",
            Self::NoVerdict => "without a verdict",
            Self::Unanswered => "unanswered",
            Self::NoDirection => "that may be requests or replies",
            Self::OtherProtocol => "of protocols other than TCP, UDP and SCTP",
            Self::NoHost => "to the pod itself or to many hosts",
            Self::NameResolution => "for name resolution, which all pods may do",
            Self::Probe => "from nodes to probed ports",
            Self::Elsewhere => "between others than the workloads of the input",
            Self::NoFlow if number == 1 => "event of another kind",
            Self::NoFlow => "events of another kind",
        };
        format!("{number} {what}")
    }
}

/// The protocol of a name in any case, or of a number that IANA assigned; `None` where policies do not judge it.
pub(super) fn protocol(text: &str) -> Option<Protocol> {
    match text {
        "6" => Some(Protocol::Tcp),
        "17" => Some(Protocol::Udp),
        "132" => Some(Protocol::Sctp),
        name => Protocol::named(&name.to_ascii_uppercase()),
    }
}

/// A port, which is never 0.
pub(super) fn port(text: &str) -> Result<u16, String> {
    let number = text.parse::<u16>().ok().filter(|port| *port > 0);
    number.ok_or_else(|| format!("expected a port from 1 to 65535, found {text:?}"))
}

/// An address; one of IPv4 in the form of IPv6 is the former.
pub(super) fn address(text: &str) -> Result<IpAddr, String> {
    text.parse::<IpAddr>().map(|one| one.to_canonical()).map_err(|_| format!("expected an address, found {text:?}"))
}
