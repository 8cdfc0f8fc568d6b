//! What Prometheus scrapes, by annotations and by the monitors of its operator. It sits in a namespace of its own: where nobody
//! knows which, the port takes all pods of the cluster.

use super::{Caller, Opened, into};
use crate::network::Protocol;
use crate::network::directory::{Directory, Entry};
use crate::network::flow::{Flow, Port, Ports};
use crate::network::synthesis::Options;
use crate::network::world::{Object, Target, World};
use crate::workload::selects;
use serde_json::{Value, json};

const SCRAPE: &str = "prometheus.io/scrape";
const PORT: &str = "prometheus.io/port";

/// The Services that are scraped.
pub(super) fn opened(world: &World, directory: &Directory<'_>) -> Vec<Opened> {
    let mut opened = Vec::new();
    for (service, entry) in directory.entries.iter().enumerate() {
        let annotations = entry.service.object.at("/metadata/annotations").unwrap_or(&Value::Null);
        if is_scraped(annotations) {
            let why = format!("annotation {SCRAPE} of Service {}/{}", entry.namespace, entry.name);
            let port = annotations.get(PORT).and_then(Target::read);
            opened.push(Opened { service, port, from: Caller::AnyPod, why });
        }
    }
    for monitor in world.of_kind("monitoring.coreos.com", "ServiceMonitor") {
        let why = format!("ServiceMonitor {}/{}", monitor.namespace.as_deref().unwrap_or_default(), monitor.name());
        for (service, entry) in directory.entries.iter().enumerate() {
            let labels = entry.service.object.at("/metadata/labels").unwrap_or(&Value::Null);
            if !is_watched(monitor, entry.namespace)
                || !selects(monitor.at("/spec/selector").unwrap_or(&json!({})), labels)
            {
                continue;
            }
            // `targetPort` is one of the pods: see `of_targets`.
            let named = |endpoint: &&Value| endpoint.get("port").is_some() || endpoint.get("targetPort").is_none();
            for endpoint in monitor.items("/spec/endpoints").iter().filter(named) {
                let port = endpoint.get("port").and_then(Target::read);
                opened.push(Opened { service, port, from: Caller::AnyPod, why: why.clone() });
            }
        }
    }
    opened
}

/// The pods that are scraped without a Service.
pub(super) fn of_pods(world: &World, options: &Options) -> Vec<Flow> {
    let callers = options.known.scraping();
    let mut flows = Vec::new();
    let monitors: Vec<&Object> = world.of_kind("monitoring.coreos.com", "PodMonitor").collect();
    for (at, workload) in world.workloads.iter().enumerate().filter(|(_, workload)| !workload.host_network) {
        let annotations = world.template(workload).pointer("/metadata/annotations").unwrap_or(&Value::Null);
        let number =
            |target: &Target| target.number(workload, Protocol::Tcp).map(|port| Port::new(Protocol::Tcp, port));
        if is_scraped(annotations) {
            let stated = annotations.get(PORT).and_then(Target::read);
            let ports: Ports = match stated {
                Some(target) => number(&target).into_iter().collect(),
                None => workload.ports.iter().map(|port| Port::new(port.protocol, port.port)).collect(),
            };
            if !ports.is_empty() {
                let why = format!("annotation {SCRAPE} of the pod template");
                flows.extend(callers.iter().map(|from| into(from.clone(), at, &ports, &why)));
            }
        }
        let labels = json!(workload.labels);
        for monitor in monitors.iter().filter(|monitor| is_watched(monitor, &workload.namespace)) {
            if !selects(monitor.at("/spec/selector").unwrap_or(&json!({})), &labels) {
                continue;
            }
            let target = |endpoint: &Value| {
                let stated = ["port", "portNumber", "targetPort"].into_iter().find_map(|key| endpoint.get(key));
                number(&Target::read(stated?)?)
            };
            let ports: Ports = monitor.items("/spec/podMetricsEndpoints").iter().filter_map(target).collect();
            if !ports.is_empty() {
                let own = monitor.namespace.as_deref().unwrap_or_default();
                let why = format!("PodMonitor {own}/{}", monitor.name());
                flows.extend(callers.iter().map(|from| into(from.clone(), at, &ports, &why)));
            }
        }
    }
    flows
}

/// The ports of pods that a ServiceMonitor names by themselves, whatever the Service has.
pub(super) fn of_targets(world: &World, directory: &Directory<'_>, options: &Options) -> Vec<Flow> {
    let callers = options.known.scraping();
    let mut flows = Vec::new();
    for monitor in world.of_kind("monitoring.coreos.com", "ServiceMonitor") {
        let own = |endpoint: &&Value| endpoint.get("port").is_none();
        let endpoints = monitor.items("/spec/endpoints").iter().filter(own);
        let targets: Vec<Target> =
            endpoints.filter_map(|endpoint| endpoint.get("targetPort").and_then(Target::read)).collect();
        let why = format!("ServiceMonitor {}/{}", monitor.namespace.as_deref().unwrap_or_default(), monitor.name());
        let watched = |entry: &&Entry<'_>| {
            let labels = entry.service.object.at("/metadata/labels").unwrap_or(&Value::Null);
            is_watched(monitor, entry.namespace) && selects(monitor.at("/spec/selector").unwrap_or(&json!({})), labels)
        };
        for entry in directory.entries.iter().filter(|_| !targets.is_empty()).filter(watched) {
            for at in entry.behind.iter().copied().filter(|at| !world.workloads[*at].host_network) {
                let number = |target: &Target| target.number(&world.workloads[at], Protocol::Tcp);
                let ports: Ports =
                    targets.iter().filter_map(number).map(|number| Port::new(Protocol::Tcp, number)).collect();
                if !ports.is_empty() {
                    flows.extend(callers.iter().map(|from| into(from.clone(), at, &ports, &why)));
                }
            }
        }
    }
    flows
}

fn is_scraped(annotations: &Value) -> bool {
    annotations.get(SCRAPE).is_some_and(|value| value.as_str() == Some("true") || value.as_bool() == Some(true))
}

/// Whether a monitor looks into a namespace: its own unless it names others.
fn is_watched(monitor: &Object, namespace: &str) -> bool {
    if monitor.at("/spec/namespaceSelector/any").and_then(Value::as_bool) == Some(true) {
        return true;
    }
    match monitor.items("/spec/namespaceSelector/matchNames") {
        [] => monitor.namespace.as_deref() == Some(namespace),
        names => names.iter().any(|name| name.as_str() == Some(namespace)),
    }
}
