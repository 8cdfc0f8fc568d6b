//! Peers and ports by the words that people use for them.

mod service;

pub use service::{ServiceError, behind};

use super::world::{Workload, World};
use super::{IpRange, MadePod, Peer, Protocol};
use std::collections::BTreeSet;

/// How many names an error lists.
const MOST: usize = 10;

/// Kinds by the short names of kubectl.
const SHORT: [(&str, &str); 8] = [
    ("cj", "cronjob"),
    ("deploy", "deployment"),
    ("dc", "deploymentconfig"),
    ("ds", "daemonset"),
    ("po", "pod"),
    ("rc", "replicationcontroller"),
    ("rs", "replicaset"),
    ("sts", "statefulset"),
];

/// Why a word names no peer or port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// Nothing is called so.
    #[error("no workload is called {word:?}{}", listed(.close, "\n  there are: "))]
    Unknown {
        /// What was asked for.
        word: String,
        /// What there is instead, at most ten: behind a Service of this name, of a like name, else any.
        close: Vec<String>,
    },
    /// Several are called so.
    #[error("{word:?} may be any of several{}", listed(.candidates, "\n  say which: "))]
    Several {
        /// What was asked for.
        word: String,
        /// All that may be meant, at most ten.
        candidates: Vec<String>,
    },
    /// It is no port.
    #[error("expected a port such as 80, 53/udp or a name that containers declare, found {0:?}")]
    Port(String),
    /// No container declares a port of this name.
    #[error("no container of {peer} declares a port {name:?}{}", listed(.declared, "\n  it declares: "))]
    PortName {
        /// The name.
        name: String,
        /// Whose containers.
        peer: String,
        /// The names that they declare, with their protocols.
        declared: Vec<String>,
    },
}

fn listed(names: &[String], lead: &str) -> String {
    if names.is_empty() { String::new() } else { format!("{lead}{}", names.join(", ")) }
}

/// The peer that a word names: `ns/name`, `kind/name`, `ns/kind/name`, a name alone, an address, a CIDR, or one of `made`
/// by its name.
///
/// # Errors
/// What names nothing or several workloads.
pub fn peer(world: &World, made: &[MadePod], home: Option<&str>, word: &str) -> Result<Peer, QuestionError> {
    if let Ok(range) = word.parse::<IpRange>() {
        return Ok(Peer::Addresses(range));
    }
    if let Some(at) = made.iter().position(|pod| pod.name == word) {
        return Ok(Peer::Made(at));
    }
    let parts: Vec<&str> = word.split('/').collect();
    let fits = |workload: &Workload| match parts.as_slice() {
        [name] => workload.name == *name,
        [first, name] => workload.name == *name && (workload.namespace == *first || is_kind(&workload.kind, first)),
        [namespace, kind, name] => {
            workload.namespace == *namespace && is_kind(&workload.kind, kind) && workload.name == *name
        }
        _ => false,
    };
    let mut found: Vec<usize> = (0..world.workloads.len()).filter(|at| fits(&world.workloads[*at])).collect();
    let at_home = |at: &usize| Some(world.workloads[*at].namespace.as_str()) == home;
    if found.iter().any(at_home) {
        found.retain(at_home);
    }
    match found.as_slice() {
        [one] => Ok(Peer::Workload(*one)),
        [] => Err(QuestionError::Unknown { word: word.to_owned(), close: close(world, parts.last().unwrap_or(&"")) }),
        several => {
            let names = several.iter().take(MOST).map(|at| whole_name(&world.workloads[*at]));
            Err(QuestionError::Several { word: word.to_owned(), candidates: names.collect() })
        }
    }
}

/// The port that a word names, for a destination: `80`, `80/tcp`, `http`, `dns/udp`.
///
/// # Errors
/// What is no port, and names that the destination does not declare.
pub fn port(world: &World, to: Peer, name_of: &str, word: &str) -> Result<(Protocol, u16), QuestionError> {
    let wrong = || QuestionError::Port(word.to_owned());
    let (port, protocol) = match word.split_once('/') {
        None => (word, None),
        Some((port, protocol)) => (port, Some(Protocol::named(&protocol.to_uppercase()).ok_or_else(wrong)?)),
    };
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong)?;
        return Ok((protocol.unwrap_or(Protocol::Tcp), number));
    }
    let workload = match to {
        Peer::Workload(at) => Some(&world.workloads[at]),
        _ => None,
    };
    let protocols = protocol.map_or(Protocol::ALL.to_vec(), |protocol| vec![protocol]);
    let mut found =
        protocols.into_iter().filter_map(|protocol| Some((protocol, workload?.port_named(port, protocol)?)));
    found.next().ok_or_else(|| {
        let ports = workload.into_iter().flat_map(|workload| &workload.ports);
        let named = ports.filter_map(|port| Some(format!("{}/{}", port.name.as_ref()?, port.protocol).to_lowercase()));
        let declared: BTreeSet<String> = named.collect();
        let (name, peer) = (port.to_owned(), name_of.to_owned());
        QuestionError::PortName { name, peer, declared: declared.into_iter().collect() }
    })
}

/// Whether a word means a kind: its name in any case, one or many, a short name, with or without its group.
pub(in crate::network) fn is_kind(kind: &str, word: &str) -> bool {
    let word = word.split('.').next().unwrap_or_default().to_lowercase();
    let kind = kind.to_lowercase();
    word == kind
        || word.strip_suffix('s') == Some(&kind)
        || SHORT.iter().any(|(short, of)| *short == word && *of == kind)
}

/// A name that can be asked for again.
fn whole_name(workload: &Workload) -> String {
    format!("{}/{}/{}", workload.namespace, workload.kind.to_lowercase(), workload.name)
}

/// The workloads behind Services of this name, else those of a like name, else any.
fn close(world: &World, name: &str) -> Vec<String> {
    let services = world.services().filter(|service| service.object.name() == name);
    let behind: BTreeSet<usize> = services.flat_map(|service| world.behind(&service)).collect();
    if !behind.is_empty() {
        return behind.into_iter().take(MOST).map(|at| whole_name(&world.workloads[at])).collect();
    }
    let names: BTreeSet<&str> = world.workloads.iter().map(|workload| workload.name.as_str()).collect();
    let like = crate::profile::closest(name, names.iter().copied());
    let wanted = |workload: &&Workload| like.is_none_or(|like| workload.name == like);
    world.workloads.iter().filter(wanted).take(MOST).map(whole_name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::world::tests::world;
    use serde_json::{Value, json};

    fn workload(kind: &str, namespace: &str, name: &str) -> Value {
        let ports =
            json!([{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]);
        json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": namespace, "name": name},
            "spec": {"template": {"spec": {"containers": [{"name": "c", "ports": ports}]}}}})
    }

    #[test]
    fn a_peer_is_found_by_as_much_of_its_name_as_is_needed() {
        let world = world(&[
            workload("Deployment", "shop", "web"),
            workload("StatefulSet", "shop", "db"),
            workload("Deployment", "test", "web"),
            workload("DaemonSet", "test", "web"),
        ]);
        let found = |word: &str| peer(&world, &MadePod::usual(), None, word);
        for word in ["db", "shop/db", "sts/db", "statefulsets.apps/db", "StatefulSet/db", "shop/statefulset/db"] {
            assert_eq!(found(word), Ok(Peer::Workload(0)), "{word}");
        }
        assert_eq!(found("shop/web"), Ok(Peer::Workload(1)));
        assert_eq!(found("ds/web"), Ok(Peer::Workload(2)));
        assert_eq!(found("{ingress-controller}"), Ok(Peer::INGRESS_CONTROLLER));
        assert_eq!(found("10.0.0.0/8").map(|_| ()), Ok(()));
        let several = found("test/web").unwrap_err().to_string();
        assert_eq!(several, "\"test/web\" may be any of several\n  say which: test/daemonset/web, test/deployment/web");
        let unknown = found("shop/wbe").unwrap_err().to_string();
        assert!(
            unknown.starts_with("no workload is called \"shop/wbe\"\n  there are: shop/deployment/web, "),
            "{unknown}"
        );
        assert!(found("shop/deployment/web/0").is_err());
    }

    #[test]
    fn a_port_is_a_number_or_a_name_that_the_destination_declares() {
        let world = world(&[workload("Deployment", "shop", "web")]);
        let found = |word: &str| port(&world, Peer::Workload(0), "shop/web[Deployment]", word);
        assert_eq!(found("80"), Ok((Protocol::Tcp, 80)));
        assert_eq!(found("53/udp"), Ok((Protocol::Udp, 53)));
        assert_eq!(found("http"), Ok((Protocol::Tcp, 8080)));
        assert_eq!(found("dns"), Ok((Protocol::Udp, 53)));
        assert!(matches!(found("dns/tcp"), Err(QuestionError::PortName { .. })));
        for wrong in ["0", "65536", "80/icmp", ""] {
            assert!(matches!(found(wrong), Err(QuestionError::Port(_))), "{wrong}");
        }
        let message = found("https").unwrap_err().to_string();
        assert_eq!(
            message,
            "no container of shop/web[Deployment] declares a port \"https\"\n  it declares: dns/udp, http/tcp"
        );
    }
}
