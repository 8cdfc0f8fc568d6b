//! Services and pods that are reached from outside by their own fields.

use super::{Caller, Opened, into};
use crate::network::IpRange;
use crate::network::directory::Directory;
use crate::network::flow::{End, Flow, Port};
use crate::network::world::World;
use serde_json::Value;

/// The Services of types that the nodes or a load balancer serve.
///
/// With `externalTrafficPolicy: Cluster` the source is a node, so that only `Local` keeps the ranges of a load balancer.
pub(super) fn opened(directory: &Directory<'_>) -> Vec<Opened> {
    let mut opened = Vec::new();
    for (at, entry) in directory.entries.iter().enumerate() {
        let object = entry.service.object;
        let texts = |pointer: &str| -> Vec<String> {
            object.items(pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let named = format!("Service {}/{}", entry.namespace, entry.name);
        let mut open = |from, why| opened.push(Opened { service: at, port: None, from, why });
        match entry.service.kind() {
            "NodePort" => open(Caller::Anyone, format!("{named} is of type NodePort")),
            "LoadBalancer" => {
                let ranges: Vec<String> = texts("/spec/loadBalancerSourceRanges")
                    .into_iter()
                    .map(|range| range.trim().to_owned())
                    .filter(|range| IpRange::cidr(range).is_ok())
                    .collect();
                let local = object.text("/spec/externalTrafficPolicy") == Some("Local");
                match local && !ranges.is_empty() {
                    true => open(Caller::Blocks(ranges), format!("loadBalancerSourceRanges of {named}")),
                    false => open(Caller::Anyone, format!("{named} is of type LoadBalancer")),
                }
            }
            _ => {}
        }
        if !texts("/spec/externalIPs").is_empty() {
            open(Caller::Anyone, format!("{named} has externalIPs"));
        }
    }
    opened
}

/// The ports of containers that are ports of the node, too.
pub(super) fn host_ports(world: &World) -> Vec<Flow> {
    let mut flows = Vec::new();
    for (at, workload) in world.workloads.iter().enumerate().filter(|(_, workload)| !workload.host_network) {
        for port in workload.ports.iter().filter(|port| port.host_port.is_some()) {
            let why = format!("hostPort {} of container {}", port.host_port.unwrap_or_default(), port.container);
            flows.push(into(End::Anyone, at, &[Port::new(port.protocol, port.port)].into(), &why));
        }
    }
    flows
}
