//! What is wrong with the traffic that policies leave.

use super::Found;
use crate::network::evaluate::Evaluator;
use crate::network::policy::{Direction, PolicyId};
use crate::network::{Connections, IpRange, Peer, Protocol};
use std::collections::BTreeMap;

/// Where name servers listen: everywhere, and in OpenShift's pods.
const DNS_PORTS: [u16; 2] = [53, 5353];
/// Name servers at link-local addresses: NodeLocal DNSCache, and the metadata servers of clouds.
const DNS_ADDRESSES: [&str; 2] = ["169.254.20.10", "169.254.169.254"];

pub(super) fn look(evaluator: &Evaluator<'_>, found: &mut Found) {
    let world = evaluator.world();
    let mut wrong: BTreeMap<(&'static str, Vec<PolicyId>), Vec<usize>> = BTreeMap::new();
    for at in 0..world.workloads.len() {
        let mut note = |id: &'static str, direction: Direction| {
            let by = evaluator.isolating(Peer::Workload(at), direction);
            wrong.entry((id, by)).or_default().push(at);
        };
        if evaluator.is_isolated(Peer::Workload(at), Direction::Egress) {
            for (protocol, id) in [(Protocol::Tcp, "dns-blocked-on-tcp"), (Protocol::Udp, "dns-blocked-on-udp")] {
                if !looks_up(evaluator, at, protocol) {
                    note(id, Direction::Egress);
                }
            }
            if everyone(evaluator, at, Direction::Egress).is_empty() {
                note("all-egress-blocked", Direction::Egress);
            }
        }
        let declares = !world.workloads[at].ports.is_empty();
        let isolated = evaluator.is_isolated(Peer::Workload(at), Direction::Ingress);
        if declares && isolated && everyone(evaluator, at, Direction::Ingress).is_empty() {
            note("all-ingress-blocked", Direction::Ingress);
        }
    }
    for ((id, by), workloads) in wrong {
        let Some(first) = by.first() else { continue };
        let policy = evaluator.policies().name(*first);
        let names: Vec<String> = workloads.iter().take(3).map(|at| world.workloads[*at].to_string()).collect();
        let more = match workloads.len() - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        found.add(id, policy, "/spec", format!("{}{more}", names.join(", ")));
    }
}

/// Whether a workload may reach anything that answers for names.
fn looks_up(evaluator: &Evaluator<'_>, workload: usize, protocol: Protocol) -> bool {
    let from = Peer::Workload(workload);
    let open = |to: Peer| {
        let egress = evaluator.egress(from, to);
        DNS_PORTS.iter().any(|port| egress.contains(protocol, *port))
    };
    let servers = evaluator.world().workloads.iter().enumerate().filter(|(_, server)| {
        server.ports.iter().any(|port| DNS_PORTS.contains(&port.port) && port.protocol == Protocol::Udp)
    });
    Peer::DNS.into_iter().any(open)
        || servers.into_iter().any(|(at, _)| at != workload && open(Peer::Workload(at)))
        || DNS_ADDRESSES.iter().filter_map(|address| address.parse().ok()).any(|address: IpRange| {
            // What is open to the rest of the world is so by chance, not for a name server.
            open(Peer::Addresses(address)) && !open_outside(evaluator, from, protocol)
        })
        || all_addresses(evaluator, from, protocol)
}

/// Whether name servers of the world may be asked.
fn open_outside(evaluator: &Evaluator<'_>, from: Peer, protocol: Protocol) -> bool {
    let public: Result<IpRange, _> = "1.1.1.1".parse();
    public.is_ok_and(|address| evaluator.egress(from, Peer::Addresses(address)).contains(protocol, 53))
}

/// Whether every address may be asked: network plugins that go by addresses let pods be asked then, too.
fn all_addresses(evaluator: &Evaluator<'_>, from: Peer, protocol: Protocol) -> bool {
    evaluator.egress(from, Peer::Addresses(IpRange::ALL_V4)).contains(protocol, 53)
}

/// All connections of a workload with anyone, one way.
fn everyone(evaluator: &Evaluator<'_>, workload: usize, direction: Direction) -> Connections {
    let me = Peer::Workload(workload);
    // One of those that no policy can tell apart is enough, but for its own like.
    let like = |other: usize| evaluator.alike(other) == other || evaluator.alike(other) == evaluator.alike(workload);
    let others = (0..evaluator.world().workloads.len()).filter(|other| *other != workload && like(*other));
    let others = others.map(Peer::Workload);
    let addresses = evaluator.pieces(direction).into_iter().map(Peer::Addresses);
    let made = [Peer::INGRESS_CONTROLLER].into_iter().chain(Peer::DNS);
    let mut all = Connections::none();
    for other in made.chain(addresses).chain(others) {
        all.add(&match direction {
            Direction::Egress => evaluator.egress(me, other),
            Direction::Ingress => evaluator.ingress(other, me),
        });
        if !all.is_empty() {
            break;
        }
    }
    all
}
