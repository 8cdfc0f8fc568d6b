//! The ports that the kubelet probes.

use super::Options;
use crate::network::Protocol;
use crate::network::flow::{End, Flow, Port, Ports};
use crate::network::world::{Target, World};
use serde_json::Value;

/// Those of a workload, by its place in the world.
pub(in crate::network) fn probed(world: &World, at: usize) -> Ports {
    let workload = &world.workloads[at];
    let list = |name: &str| {
        let pointer = format!("/spec/{name}");
        world.template(workload).pointer(&pointer).and_then(Value::as_array).into_iter().flatten()
    };
    // Sidecars are probed as well.
    let sidecars = list("initContainers").filter(|one| one.get("restartPolicy").is_some_and(|when| when == "Always"));
    let number = |probe: &Value| {
        let places = ["/httpGet/port", "/tcpSocket/port", "/grpc/port"];
        let stated = places.into_iter().find_map(|place| probe.pointer(place))?;
        Some(Port::new(Protocol::Tcp, Target::read(stated)?.number(workload, Protocol::Tcp)?))
    };
    let kinds = ["livenessProbe", "readinessProbe", "startupProbe"];
    let probes = list("containers").chain(sidecars).flat_map(|one| kinds.into_iter().filter_map(|kind| one.get(kind)));
    probes.filter_map(number).collect()
}

/// The flows from the nodes that were named.
pub(super) fn flows(world: &World, options: &Options) -> Vec<Flow> {
    let mut flows = Vec::new();
    for at in 0..world.workloads.len() {
        let ports = probed(world, at);
        for from in options.nodes().filter(|_| !ports.is_empty()) {
            let (to, ports) = (End::Workload(at), ports.clone());
            flows.push(Flow { from, to, ports, why: "probes of the kubelet".to_owned(), assumed: false });
        }
    }
    flows
}
