//! Hubble's flows: one JSON object a line, by the names of Cilium's `flow.proto`.

use super::record::{LeftOut, Line, Party, Record, What, address};
use crate::network::Protocol;
use crate::network::world::Labels;
use serde::Deserialize;
use serde_json::Value;

/// The prefix of labels that come from Kubernetes, and those of them that Cilium makes.
const OF_KUBERNETES: &str = "k8s:";
const MADE: [&str; 2] = ["io.cilium.", "io.kubernetes.pod."];
/// The kind of an event that a policy gave: always about a new connection.
const POLICY_VERDICT: i64 = 5;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Flow {
    verdict: String,
    #[serde(rename = "IP")]
    ip: Ip,
    l4: Layer4,
    source: Endpoint,
    destination: Endpoint,
    reply: bool,
    is_reply: Option<bool>,
    event_type: EventType,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Ip {
    source: String,
    destination: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct EventType {
    r#type: i64,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "UPPERCASE")]
struct Layer4 {
    tcp: Option<Ports>,
    udp: Option<Ports>,
    sctp: Option<Ports>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
struct Ports {
    destination_port: u16,
    flags: Flags,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default, rename_all = "UPPERCASE")]
struct Flags {
    syn: bool,
    ack: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Endpoint {
    namespace: String,
    pod_name: String,
    labels: Vec<String>,
    workloads: Vec<Owner>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Owner {
    name: String,
    kind: String,
}

/// Whether an object is an event of Hubble.
pub(super) fn fits(object: &serde_json::Map<String, Value>) -> bool {
    const EVENTS: [&str; 5] = ["flow", "lost_events", "node_status", "agent_event", "debug_event"];
    EVENTS.iter().any(|key| object.get(*key).is_some_and(Value::is_object))
        || (object.contains_key("verdict") && object.contains_key("IP"))
}

/// What an event says.
///
/// # Errors
/// What Hubble does not write.
pub(super) fn line(object: serde_json::Map<String, Value>) -> Result<Line, String> {
    let flow = match object.get("flow") {
        Some(flow) => flow.clone(),
        None if object.contains_key("verdict") => Value::Object(object),
        None => return Ok(Line::Left(LeftOut::NoFlow, 1)),
    };
    let flow: Flow = serde_json::from_value(flow).map_err(|error| format!("no flow of Hubble: {error}"))?;
    let left = |why| Ok(Line::Left(why, 1));
    match flow.verdict.as_str() {
        // What AUDIT marks has passed, though a policy would have dropped it.
        "FORWARDED" | "REDIRECTED" | "AUDIT" => {}
        "DROPPED" | "ERROR" => return left(LeftOut::Dropped),
        "" | "VERDICT_UNKNOWN" | "TRACED" | "TRANSLATED" => return left(LeftOut::NoVerdict),
        other => {
            return Err(format!("unknown verdict {other:?}: expected one of Hubble's, such as FORWARDED or DROPPED"));
        }
    }
    let layers = [(Protocol::Tcp, flow.l4.tcp), (Protocol::Udp, flow.l4.udp), (Protocol::Sctp, flow.l4.sctp)];
    let Some((protocol, ports)) = layers.into_iter().find_map(|(protocol, ports)| Some((protocol, ports?))) else {
        return left(LeftOut::OtherProtocol);
    };
    let opens = flow.event_type.r#type == POLICY_VERDICT || (ports.flags.syn && !ports.flags.ack);
    match flow.is_reply {
        Some(true) => return left(LeftOut::Reply),
        None if flow.reply || (ports.flags.syn && ports.flags.ack) => return left(LeftOut::Reply),
        None if !opens => return left(LeftOut::NoDirection),
        Some(false) | None => {}
    }
    if ports.destination_port == 0 {
        return Err(format!("a {protocol} flow without its destination_port"));
    }
    let from = party(flow.source, &flow.ip.source)?;
    let to = party(flow.destination, &flow.ip.destination)?;
    let port = ports.destination_port;
    Ok(Line::Flow(Box::new(Record { from, to, protocol, port, source_port: None, count: 1 })))
}

fn party(endpoint: Endpoint, ip: &str) -> Result<Party, String> {
    let reserved = |name: &str| endpoint.labels.iter().any(|label| label.strip_prefix("reserved:") == Some(name));
    let what = match () {
        () if reserved("kube-apiserver") => What::ApiServer,
        () if reserved("host") || reserved("health") => What::Node,
        // Traffic of Cilium's own Ingress and Gateway has an identity that no selector knows, as that of nodes.
        () if reserved("remote-node") || reserved("ingress") => What::Remote,
        () if reserved("world") || reserved("world-ipv4") || reserved("world-ipv6") => What::Outside,
        () => What::Unstated,
    };
    let label = |label: &String| {
        let (key, value) = label.strip_prefix(OF_KUBERNETES)?.split_once('=')?;
        (!MADE.iter().any(|made| key.starts_with(made))).then(|| (key.to_owned(), value.to_owned()))
    };
    let labels: Labels = endpoint.labels.iter().filter_map(label).collect();
    let address = if ip.is_empty() { None } else { Some(address(ip)?) };
    let owner = endpoint.workloads.into_iter().next().unwrap_or_default();
    let Endpoint { namespace, pod_name, .. } = endpoint;
    let (kind, workload, pod) = (owner.kind, owner.name, pod_name);
    Ok(Party { what, namespace, kind, workload, pod, labels, address, range: None })
}
