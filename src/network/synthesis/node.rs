//! What a workload calls on the node that it runs on.

use super::Options;
use crate::network::flow::{End, Flow, NODE, Number, Port};
use crate::network::world::{ContainerPort, World};

/// The flows to a port of a workload's node, with the DaemonSets that listen there as evidence. Without the ranges of the nodes
/// nobody knows their addresses, so any address is allowed on that port.
pub(super) fn flows(world: &World, options: &Options, workload: usize, place: &str, port: Port) -> Vec<Flow> {
    let is_at = |own: &ContainerPort, number: Option<u16>| {
        own.protocol == port.protocol && number.map(Number::One).as_ref() == Some(&port.number)
    };
    let (mut agents, mut ends) = (Vec::new(), Vec::new());
    for (at, agent) in world.workloads.iter().enumerate().filter(|(_, one)| one.kind == "DaemonSet") {
        let mapped: Vec<&ContainerPort> = agent.ports.iter().filter(|own| is_at(own, own.host_port)).collect();
        if agent.host_network && agent.ports.iter().any(|own| is_at(own, Some(own.port))) || !mapped.is_empty() {
            agents.push(End::Workload(at).told(world));
        }
        // A port of the node is that of a pod by the time that most network plugins look.
        let pods = mapped.into_iter().filter(|_| !agent.host_network && at != workload);
        ends.extend(pods.map(|own| (End::Workload(at), Port::new(own.protocol, own.port))));
    }
    let why = match agents.is_empty() {
        true => format!("{NODE}: {place}"),
        false => format!("{NODE}: {place}, where {} listens", agents.join(", ")),
    };
    let nodes: Vec<End> = options.nodes().collect();
    let nodes = if nodes.is_empty() { vec![End::Anyone] } else { nodes };
    ends.extend(nodes.into_iter().map(|end| (end, port.clone())));
    let flow = |(to, port): (End, Port)| {
        let (from, why) = (End::Workload(workload), why.clone());
        Flow { from, to, ports: [port].into(), why, assumed: false }
    };
    ends.into_iter().map(flow).collect()
}
