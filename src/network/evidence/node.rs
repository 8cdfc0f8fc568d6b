//! Agents on the node: a pod that is told the address of its node by the downward API may call one there.

use super::expand::Variables;
use super::words::words;
use crate::network::Protocol;

/// What stands for the address of the pod's node in texts: a name that no host has (RFC 6761, section 6.4).
pub(super) const HOST: &str = "address-of-its-node.invalid";
/// Endings of variables with a host; the port has the same name with another ending.
const ENDINGS: [&str; 5] = ["_HOST", "_HOSTNAME", "_ADDR", "_ADDRESS", "_SERVER"];

/// Whether a field of the downward API is the address or the name of the node.
pub(super) fn is_node(field: &str) -> bool {
    ["status.hostIP", "status.hostIPs", "spec.nodeName"].contains(&field)
}

/// A variable with the address of the node as URLs of what it leads to there: by the ports of an agent that is known, or that of
/// the variable which goes with it. The bare host where neither tells a port.
pub(super) fn urls(name: &str, variables: &Variables) -> Vec<String> {
    let number = |name: &str| variables.get(name)?.value.trim().parse::<u16>().ok().filter(|port| *port > 0);
    if let Some(ports) = words().agents.get(name) {
        let url = |port: &super::words::AgentPort| {
            let number = port.variable.as_deref().and_then(number).unwrap_or(port.port);
            format!("{}://{HOST}:{number}", port.protocol.name().to_ascii_lowercase())
        };
        return ports.iter().map(url).collect();
    }
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    match stem.and_then(|stem| number(&format!("{stem}_PORT"))) {
        Some(port) => vec![format!("{HOST}:{port}")],
        None => vec![HOST.to_owned()],
    }
}

/// The protocol of a port on the node of which no scheme tells it: that of the agents which have it.
pub(super) fn protocol(port: Option<u16>) -> Protocol {
    let ports = words().agents.values().flatten();
    ports.filter(|known| Some(known.port) == port).map(|known| known.protocol).min().unwrap_or(Protocol::Tcp)
}
