//! From what a listing says of an end to who that is.

use super::book::{Book, Home};
use super::pods::{Pods, Several};
use super::record::{LeftOut, Party, What};
use super::spot::Spot;
use crate::network::addresses::{PRIVATE, PRIVATE_V6};
use crate::network::directory::Directory;
use crate::network::known::NameServers;
use crate::network::policy::Direction;
use crate::network::synthesis::{FIRST, PodsOf};
use crate::network::targets;
use crate::network::world::{Labels, World};
use crate::network::{IpRange, Protocol};
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};

/// Where the cluster's name servers run, and the ports that they and OpenShift's listen on.
const DNS_NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];
const DNS_PORTS: [u16; 2] = [53, 5353];
/// NodeLocal DNSCache, and the name server of Google's clouds, which all pods may ask as well.
const DNS_ADDRESSES: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(169, 254, 20, 10)), IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254))];

/// Who has which name and address.
#[derive(Debug)]
pub struct Roster<'w> {
    world: &'w World,
    directory: Directory<'w>,
    pods: Pods<'w>,
    book: Book,
    compat: bool,
    /// The addresses that no policy tells apart, as sources and as destinations; none where it does not matter.
    pieces: [Vec<IpRange>; 2],
    /// Where all pods may resolve names; where nobody knows, in the usual places.
    name_servers: NameServers,
    /// Whether they may do so anywhere.
    resolves_anywhere: bool,
}

/// Why an end is nobody.
#[derive(Debug)]
pub(super) enum Nobody {
    /// The flow does not count.
    Left(LeftOut),
    /// Nobody is known to have this address.
    Unknown(String),
    /// The listing says something that cannot be.
    Wrong(String),
}

impl<'w> Roster<'w> {
    /// That of a world whose cluster has this DNS domain. `pods` are further Pods, by `metadata` and `status`; `compat` tells
    /// whether the port of a Service counts beside that of its pods.
    pub fn of(world: &'w World, domain: &str, pods: &[Value], compat: bool) -> Self {
        let directory = Directory::of(world, domain);
        let names = Pods::of(world);
        let book = Book::of(world, &directory, &names, pods);
        let (pieces, name_servers, resolves_anywhere) = Default::default();
        Self { world, directory, pods: names, book, compat, pieces, name_servers, resolves_anywhere }
    }

    /// The same, where all pods may ask these name servers, or `anywhere`.
    #[must_use]
    pub fn resolving(mut self, servers: &NameServers, anywhere: bool) -> Self {
        self.name_servers = servers.clone();
        self.resolves_anywhere = anywhere || servers.on_nodes;
        self
    }

    /// The same, where policies tell these addresses apart: those that come in, and those that are gone to.
    #[must_use]
    pub fn cut(mut self, sources: Vec<IpRange>, destinations: Vec<IpRange>) -> Self {
        self.pieces = [sources, destinations];
        self
    }

    /// Who opened a connection.
    pub(super) fn source(&self, party: &Party) -> Result<Spot, Nobody> {
        match self.named(party)? {
            Some(spot) => Ok(spot),
            None if party.what == What::Service => Err(Nobody::Unknown(told(party))),
            None => self.addressed(party, Direction::Ingress),
        }
    }

    /// Who took a connection to this port, with the ports that the pods have it on.
    pub(super) fn destination(&self, party: &Party, protocol: Protocol, port: u16) -> Result<Vec<(Spot, u16)>, Nobody> {
        let resolves = self.is_dns(port);
        let asks = |address: IpAddr| DNS_ADDRESSES.contains(&address) || self.name_servers.addresses.contains(&address);
        if resolves && (self.resolves_anywhere || party.address.is_some_and(asks)) {
            return Err(Nobody::Left(LeftOut::NameResolution));
        }
        if party.what == What::Service && !party.workload.is_empty() {
            let at = self.directory.named(&party.namespace, &party.workload);
            let at = at.ok_or_else(|| Nobody::Unknown(told(party)))?;
            return self.behind(at, protocol, port);
        }
        if let Some(spot) = self.named(party)? {
            let resolves = resolves && self.is_of_cluster(&spot);
            return if resolves { Err(Nobody::Left(LeftOut::NameResolution)) } else { Ok(vec![(spot, port)]) };
        }
        match party.address.and_then(|address| self.book.home(address)) {
            Some(Home::Service(at)) => self.behind(*at, protocol, port),
            Some(Home::ApiServer) => Ok(vec![(Spot::ApiServer, port)]),
            _ => match self.addressed(party, Direction::Egress) {
                Ok(spot) if resolves && self.is_of_cluster(&spot) => Err(Nobody::Left(LeftOut::NameResolution)),
                found => found.map(|spot| vec![(spot, port)]),
            },
        }
    }

    /// Whether an end serves a port, by what its containers declare and by its Services.
    pub(super) fn serves(&self, party: &Party, protocol: Protocol, port: u16) -> bool {
        let Ok(spots) = self.destination(party, protocol, port) else { return false };
        let declares = |spot: &Spot, port: u16| match spot {
            Spot::Workload(at) => {
                let workload = &self.world.workloads[*at];
                let declared = workload.ports.iter().any(|one| (one.port, one.protocol) == (port, protocol));
                declared
                    || self.directory.leading(*at).any(|entry| {
                        targets::of_workload(&entry.ports, workload, false)
                            .contains(&crate::network::flow::Port::new(protocol, port))
                    })
            }
            _ => false,
        };
        spots.iter().any(|(spot, port)| declares(spot, *port))
    }

    /// Whether a port of a workload is one that the kubelet probes.
    pub(super) fn is_probed(&self, at: usize, port: u16) -> bool {
        crate::network::synthesis::probed(self.world, at)
            .iter()
            .any(|one| one == &crate::network::flow::Port::new(Protocol::Tcp, port))
    }

    /// Who is stated by a name, or in so many words.
    fn named(&self, party: &Party) -> Result<Option<Spot>, Nobody> {
        match party.what {
            What::ApiServer => return Ok(Some(Spot::ApiServer)),
            What::Node | What::Remote => return Ok(Some(Spot::Node)),
            What::Unnamed => return Err(Nobody::Unknown(told(party))),
            What::Outside if party.address.is_none() && party.range.is_none() => return Ok(Some(Spot::Outside(None))),
            What::Outside | What::Service => return Ok(None),
            What::Unstated => {}
        }
        let Party { namespace, kind, workload, pod, labels, .. } = party;
        if namespace.is_empty() || (workload.is_empty() && pod.is_empty()) {
            return Ok(None);
        }
        let several = |Several(all): Several| {
            let names = all.iter().map(|at| {
                let one = &self.world.workloads[*at];
                format!("{namespace}/{}/{}", one.kind.to_lowercase(), one.name)
            });
            Nobody::Wrong(format!("{} may be any of {}: say which", told(party), names.collect::<Vec<_>>().join(", ")))
        };
        let mut found = None;
        if !workload.is_empty() {
            found = self.pods.workload(namespace, kind, workload).map_err(several)?;
        }
        if found.is_none() && !pod.is_empty() {
            found = self.pods.pod(namespace, pod);
            if found.is_none() {
                found = self.pods.workload(namespace, "", pod).map_err(several)?;
            }
        }
        Ok(Some(match found {
            Some(at) => Spot::Workload(at),
            None => Spot::Pods { namespace: namespace.clone(), labels: telling(labels) },
        }))
    }

    /// Who has the address of an end.
    fn addressed(&self, party: &Party, direction: Direction) -> Result<Spot, Nobody> {
        if let Some(range) = party.range {
            return Ok(Spot::Range(range));
        }
        let Some(address) = party.address else { return Err(Nobody::Unknown(told(party))) };
        match self.book.home(address) {
            Some(Home::Workload(at)) => return Ok(Spot::Workload(*at)),
            Some(Home::Pod { namespace, labels }) => {
                return Ok(Spot::Pods { namespace: namespace.clone(), labels: telling(labels) });
            }
            Some(Home::Node | Home::ApiServer) => return Ok(Spot::Node),
            Some(Home::Host) => return Ok(Spot::Range(address.into())),
            Some(Home::Service(_)) | None => {}
        }
        let goes_nowhere = address.is_loopback()
            || address.is_multicast()
            || address.is_unspecified()
            || matches!(address, IpAddr::V4(one) if one.is_broadcast());
        if goes_nowhere {
            return Err(Nobody::Left(LeftOut::NoHost));
        }
        let private = is_private(address);
        match (direction, party.what == What::Outside) {
            // A host that is named as an outside one may have an address of a private network.
            (Direction::Egress, true) if private => Ok(Spot::Range(address.into())),
            (_, true) => Ok(Spot::Outside(self.piece(address, direction))),
            _ if private => Err(Nobody::Unknown(address.to_string())),
            _ => Ok(Spot::Outside(self.piece(address, direction))),
        }
    }

    /// The addresses beside this one that no policy tells from it.
    fn piece(&self, address: IpAddr, direction: Direction) -> Option<IpRange> {
        let [sources, destinations] = &self.pieces;
        let pieces = if direction == Direction::Ingress { sources } else { destinations };
        let own = IpRange::from(address);
        let whole = if address.is_ipv4() { IpRange::ALL_V4 } else { IpRange::ALL_V6 };
        // Where no policy is about a family, none tells its addresses apart.
        let found = pieces.iter().find(|piece| piece.covers(&own)).copied().unwrap_or(whole);
        (!pieces.is_empty()).then_some(found)
    }

    /// The pods behind a port of a Service.
    fn behind(&self, at: usize, protocol: Protocol, port: u16) -> Result<Vec<(Spot, u16)>, Nobody> {
        let entry = &self.directory.entries[at];
        if self.is_dns(port) && self.has_name_servers(entry.namespace) {
            return Err(Nobody::Left(LeftOut::NameResolution));
        }
        if (entry.namespace, entry.name) == ("default", "kubernetes") {
            return Ok(vec![(Spot::ApiServer, port)]);
        }
        let unknown = || Nobody::Unknown(format!("Service {}/{}, {protocol} {port}", entry.namespace, entry.name));
        let ports: Vec<_> =
            self.directory.ports(at, Some(port)).into_iter().filter(|one| one.protocol == protocol).collect();
        let mut all = Vec::new();
        for workload in entry.behind.iter().copied() {
            let found = targets::of_workload(&ports, &self.world.workloads[workload], self.compat);
            all.extend(found.iter().filter_map(|port| Some((Spot::Workload(workload), port.one()?))));
        }
        if entry.service.selector().is_none() {
            for endpoints in &entry.endpoints {
                let found = endpoints.ports(&ports, self.compat);
                for address in &endpoints.addresses {
                    all.extend(found.iter().filter_map(|port| Some((Spot::Range((*address).into()), port.one()?))));
                }
            }
        }
        if all.is_empty() { Err(unknown()) } else { Ok(all) }
    }

    /// Whether the cluster's name servers, which all pods may ask, are there.
    fn is_of_cluster(&self, spot: &Spot) -> bool {
        match spot {
            Spot::Workload(at) => {
                let workload = &self.world.workloads[*at];
                let has = |(key, value): (&String, &String)| workload.labels.get(key) == Some(value);
                let is = |pods: &PodsOf| pods.namespace == workload.namespace && pods.labels.iter().all(has);
                match self.name_servers.pods.is_empty() {
                    true => self.has_name_servers(&workload.namespace),
                    false => self.name_servers.pods.iter().any(is),
                }
            }
            Spot::Pods { namespace, .. } => self.has_name_servers(namespace),
            _ => false,
        }
    }

    /// Whether name servers run in a namespace.
    fn has_name_servers(&self, namespace: &str) -> bool {
        let pods = &self.name_servers.pods;
        pods.iter().any(|one| one.namespace == namespace) || pods.is_empty() && DNS_NAMESPACES.contains(&namespace)
    }

    /// Whether name servers listen on a port.
    fn is_dns(&self, port: u16) -> bool {
        DNS_PORTS.contains(&port) || self.name_servers.ports.contains(&port)
    }
}

/// The labels that tell who a pod is.
fn telling(labels: &Labels) -> Labels {
    labels
        .iter()
        .filter(|(key, _)| FIRST.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn is_private(address: IpAddr) -> bool {
    let own = IpRange::from(address);
    let networks = PRIVATE.iter().chain(&PRIVATE_V6);
    networks.filter_map(|network| IpRange::cidr(network).ok()).any(|network| network.covers(&own))
}

/// An end for people.
fn told(party: &Party) -> String {
    let name = if party.workload.is_empty() { &party.pod } else { &party.workload };
    if party.what == What::Unnamed {
        return match party.pod.as_str() {
            "pvt" | "" => "private addresses that the log does not name".to_owned(),
            set => format!("addresses of network {set} that the log does not name"),
        };
    }
    match (party.namespace.is_empty(), party.address) {
        (true, Some(address)) => address.to_string(),
        (true, None) => "an end without a name".to_owned(),
        (false, _) if party.what == What::Service => format!("Service {}/{name}", party.namespace),
        (false, _) => format!("{}/{name}", party.namespace),
    }
}
