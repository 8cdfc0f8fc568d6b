//! Sets of connections: what may pass between two peers.

use super::{PortRange, PortSet, Protocol};
use std::fmt;

/// A set of connections: for each protocol the ports of the destination.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connections {
    ports: [PortSet; Protocol::ALL.len()],
}

impl Connections {
    /// No connection.
    pub fn none() -> Self {
        Self::default()
    }

    /// Every connection of every protocol.
    pub fn all() -> Self {
        Self { ports: Protocol::ALL.map(|_| PortSet::all()) }
    }

    /// The connections to these ports.
    pub fn of(protocol: Protocol, range: PortRange) -> Self {
        let mut connections = Self::none();
        connections.insert(protocol, range);
        connections
    }

    /// The connections to one port.
    pub fn one(protocol: Protocol, port: u16) -> Self {
        Self::of(protocol, PortRange::one(port))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ports.iter().all(PortSet::is_empty)
    }

    /// Whether it is every connection.
    pub fn is_all(&self) -> bool {
        self.ports.iter().all(PortSet::is_all)
    }

    /// The ports of a protocol.
    pub fn ports(&self, protocol: Protocol) -> &PortSet {
        &self.ports[protocol.index()]
    }

    /// Whether it holds the connection to a port.
    pub fn contains(&self, protocol: Protocol, port: u16) -> bool {
        self.ports(protocol).contains(port)
    }

    /// Whether it holds all of another set.
    pub fn covers(&self, other: &Self) -> bool {
        other.difference(self).is_empty()
    }

    /// Add the connections to these ports.
    pub fn insert(&mut self, protocol: Protocol, range: PortRange) {
        self.ports[protocol.index()].insert(range);
    }

    /// Add all of another set.
    pub fn add(&mut self, other: &Self) {
        self.ports.iter_mut().zip(&other.ports).for_each(|(mine, theirs)| mine.add(theirs));
    }

    /// The connections of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.add(other);
        union
    }

    /// The connections of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.with(other, PortSet::intersection)
    }

    /// Its connections that the other set lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.with(other, PortSet::difference)
    }

    fn with(&self, other: &Self, of: impl Fn(&PortSet, &PortSet) -> PortSet) -> Self {
        Self { ports: Protocol::ALL.map(|protocol| of(self.ports(protocol), other.ports(protocol))) }
    }
}

impl fmt::Display for Connections {
    /// `all`, `none`, or such as `TCP 80,443; UDP 53; SCTP all`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all() {
            return out.write_str("all");
        }
        if self.is_empty() {
            return out.write_str("none");
        }
        let mut gap = "";
        for protocol in Protocol::ALL {
            match self.ports(protocol) {
                ports if ports.is_empty() => continue,
                ports if ports.is_all() => write!(out, "{gap}{protocol} all")?,
                ports => write!(out, "{gap}{protocol} {ports}")?,
            }
            gap = "; ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_several_protocols_are_told_and_cut() {
        let mut web = Connections::one(Protocol::Tcp, 443);
        web.insert(Protocol::Tcp, PortRange::one(80));
        web.insert(Protocol::Udp, PortRange::one(53));
        assert_eq!(web.to_string(), "TCP 80,443; UDP 53");
        let rest = Connections::all().difference(&Connections::of(Protocol::Sctp, PortRange::ALL));
        assert_eq!(rest.to_string(), "TCP all; UDP all");
        assert_eq!(rest.intersection(&web), web);
        assert!(rest.covers(&web) && !web.covers(&rest));
        assert_eq!(web.difference(&rest).to_string(), "none");
        assert!(rest.union(&Connections::of(Protocol::Sctp, PortRange::ALL)).is_all());
    }
}
