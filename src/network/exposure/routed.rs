//! The ports of workloads that routes lead to.

use super::super::directory::Directory;
use super::super::flow::Number;
use super::super::synthesis::Options;
use super::super::world::World;
use super::super::{Protocol, targets};
use super::routes;

/// A port that a route leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Routed {
    /// The workload, by its place in the world.
    pub workload: usize,
    /// The protocol.
    pub protocol: Protocol,
    /// The port of the pods.
    pub port: u16,
    /// The route: `Ingress shop/web`.
    pub why: String,
}

/// All ports that routes lead to: through their Services to the pods. What leads nowhere is left out.
pub(crate) fn routed(world: &World) -> Vec<Routed> {
    let options = Options::default();
    let directory = Directory::of(world, &options.cluster_domain);
    let mut all = Vec::new();
    for opened in routes::opened(world, &directory, &options.known.controllers) {
        let entry = &directory.entries[opened.service];
        let ports = targets::named(entry, opened.port.as_ref());
        for workload in entry.behind.iter().copied() {
            for port in targets::of_workload(&ports, &world.workloads[workload], false) {
                if let Number::One(number) = port.number {
                    all.push(Routed { workload, protocol: port.protocol, port: number, why: opened.why.clone() });
                }
            }
        }
    }
    all
}
