//! Who a workload talks to, as far as the texts tell that its containers are given.
//!
//! Every word of every text that may be a host is looked up among the Services; it counts where its form, its port or its
//! key says that it is an address. What counts is data: `words.yaml`.

mod expand;
mod judge;
mod lead;
mod meaning;
mod missing;
mod node;
mod store;
#[cfg(test)]
mod tests;
mod texts;
mod token;
mod words;

pub(super) use missing::Missing;
pub(super) use store::{Store, calls_everybody, store_of};

use super::Protocol;
use super::directory::Directory;
use super::world::{Workload, World};
use judge::Judge;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What an address names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    /// A Service of the run, by its place in the directory.
    Service(usize),
    /// A Service that is no part of the run.
    Absent {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A host outside of the cluster.
    Outside(String),
    /// An address by itself.
    Literal(IpAddr),
    /// The node that the pod runs on.
    Node,
    /// The host of a URL that is neither a Service of the run nor a name of the world outside.
    Unknown(String),
}

/// An address that a workload was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sighting {
    /// What it names.
    pub(super) host: Host,
    /// The port, as far as the text tells it.
    pub(super) port: Option<u16>,
    /// The protocol that its scheme goes by.
    pub(super) protocol: Protocol,
    /// Where it stands: `env DB_URL of container api`.
    pub(super) place: String,
    /// Whether its host stands in a secret: then nothing of it is shown.
    pub(super) secret: bool,
}

/// What is known of the addresses that a workload is given.
pub(super) struct Addresses {
    /// Each once, in a stable order.
    pub(super) seen: Vec<Sighting>,
    /// Objects that may hold more of them and are no part of the run, in order.
    pub(super) missing: BTreeSet<Missing>,
}

/// The addresses that a workload is given.
pub(super) fn addresses(world: &World, directory: &Directory<'_>, workload: &Workload) -> Addresses {
    let judge = Judge { directory, namespace: &workload.namespace };
    let given = texts::of_workload(world, workload);
    let mut seen: Vec<Sighting> = given.texts.iter().flat_map(|text| judge.sightings(text)).collect();
    seen.sort();
    seen.dedup();
    // Another text says which port of the node is meant.
    let is_node = |one: &Sighting, ported: bool| one.host == Host::Node && one.port.is_some() == ported;
    if seen.iter().any(|one| is_node(one, true)) {
        seen.retain(|one| !is_node(one, false));
    }
    Addresses { seen, missing: given.missing }
}
