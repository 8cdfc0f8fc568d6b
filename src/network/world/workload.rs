//! Workloads: all pods of one owner as one peer.

use super::Labels;
use super::labels::labels_at;
use crate::network::Protocol;
use serde_json::Value;
use std::fmt;

/// The pods of one owner: a controller, a Pod without one, or one of several templates in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// Its namespace.
    pub namespace: String,
    /// The owner's kind.
    pub kind: String,
    /// The owner's name.
    pub name: String,
    /// Which of the owner's templates, where it has several: the JSON pointer. Empty otherwise.
    pub part: String,
    /// The labels that its pods have.
    pub labels: Labels,
    /// Labels in which its pods differ from one another, or whose value only the cluster knows, by their keys.
    pub varying: Vec<String>,
    /// The ports that its containers declare.
    pub ports: Vec<ContainerPort>,
    /// Whether its pods use the network of their node.
    pub host_network: bool,
    /// The object that its template stands in, as [`World::objects`](super::World::objects) counts.
    pub object: usize,
    /// The template's JSON pointer in that object; empty for a Pod.
    pub template: String,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerPort {
    /// The container's name.
    pub container: String,
    /// The port's name, if it has one.
    pub name: Option<String>,
    /// Its number.
    pub port: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The port of the node that it has, too.
    pub host_port: Option<u16>,
}

impl Workload {
    /// The number behind a port's name and protocol, as its containers declare it.
    pub fn port_named(&self, name: &str, protocol: Protocol) -> Option<u16> {
        let named = |port: &&ContainerPort| port.name.as_deref() == Some(name) && port.protocol == protocol;
        self.ports.iter().find(named).map(|port| port.port)
    }
}

impl fmt::Display for Workload {
    /// `shop/web[Deployment]`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}[{}", self.namespace, self.name, self.kind)?;
        if !self.part.is_empty() {
            write!(out, " {}", self.part.trim_start_matches('/'))?;
        }
        out.write_str("]")
    }
}

/// The labels that the controller of Jobs sets, with names and numbers of a single one.
const JOB_LABELS: [&str; 4] =
    ["job-name", "batch.kubernetes.io/job-name", "controller-uid", "batch.kubernetes.io/controller-uid"];

/// The workload of a template in an object, whose owner has this kind and name.
pub(super) fn of_template(
    (namespace, kind, name): (&str, &str, &str),
    (object, value): (usize, &Value),
    (template, part): (String, String),
) -> Workload {
    let pod = value.pointer(&template).unwrap_or(&Value::Null);
    let mut labels = labels_at(pod, "/metadata/labels");
    let mut varying: Vec<String> = Vec::new();
    match kind {
        // A generated name is not known before the object is.
        "Job" if value.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty) => {
            varying.extend(JOB_LABELS.map(str::to_owned));
        }
        "Job" => {
            for key in ["job-name", "batch.kubernetes.io/job-name"] {
                labels.entry(key.to_owned()).or_insert_with(|| name.to_owned());
            }
            varying.extend(["controller-uid", "batch.kubernetes.io/controller-uid"].map(str::to_owned));
        }
        "CronJob" => varying.extend(JOB_LABELS.map(str::to_owned)),
        "StatefulSet" => varying.extend(
            ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"]
                .map(str::to_owned),
        ),
        "Deployment" | "ReplicaSet" => varying.push("pod-template-hash".to_owned()),
        "DaemonSet" => varying.extend(["controller-revision-hash", "pod-template-generation"].map(str::to_owned)),
        _ => {}
    }
    varying.iter().for_each(|key| drop(labels.remove(key)));
    let host_network = pod.pointer("/spec/hostNetwork").and_then(Value::as_bool) == Some(true);
    let (namespace, kind, name) = (namespace.to_owned(), kind.to_owned(), name.to_owned());
    let ports = declared_ports(pod);
    Workload { namespace, kind, name, part, labels, varying, ports, host_network, object, template }
}

/// The ports of the containers that run as long as the pod does.
fn declared_ports(pod: &Value) -> Vec<ContainerPort> {
    let list = |key: &str| pod.pointer(&format!("/spec/{key}")).and_then(Value::as_array).into_iter().flatten();
    let sidecars = list("initContainers").filter(|container| container.get("restartPolicy") == Some(&"Always".into()));
    let containers = list("containers").chain(sidecars);
    containers
        .flat_map(|container| {
            let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten();
            ports.filter_map(|port| container_port(container, port))
        })
        .collect()
}

fn container_port(container: &Value, port: &Value) -> Option<ContainerPort> {
    let number = |key: &str| u16::try_from(port.get(key)?.as_u64()?).ok().filter(|port| *port > 0);
    let text = |value: &Value, key: &str| Some(value.get(key)?.as_str()?.to_owned());
    Some(ContainerPort {
        container: text(container, "name").unwrap_or_default(),
        name: text(port, "name").filter(|name| !name.is_empty()),
        port: number("containerPort")?,
        protocol: text(port, "protocol").map_or(Some(Protocol::Tcp), |name| Protocol::named(&name))?,
        host_port: number("hostPort"),
    })
}
