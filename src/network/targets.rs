//! From the ports of a Service to those of the pods behind it: policies see the latter.

use super::directory::Entry;
use super::flow::{Number, Port, Ports};
use super::world::{ServicePort, Target, Workload};

/// The ports of a workload behind some ports of a Service. A name that its containers do not declare leads nowhere and is
/// left out. With `compat` the Service's own ports are there, too: a few data paths judge them.
pub(super) fn of_workload(ports: &[ServicePort], workload: &Workload, compat: bool) -> Ports {
    let own =
        ports.iter().filter_map(|port| Some(Port::new(port.protocol, port.target.number(workload, port.protocol)?)));
    own.chain(of_service(ports, compat)).collect()
}

/// The same where nobody knows the pods: names stay.
pub(super) fn unknown(ports: &[ServicePort], compat: bool) -> Ports {
    let own = ports.iter().map(|port| Port {
        protocol: port.protocol,
        number: match &port.target {
            Target::Number(number) => Number::One(*number),
            Target::Name(name) => Number::Named(name.clone()),
        },
    });
    own.chain(of_service(ports, compat)).collect()
}

/// The same for addresses, which have no names for ports.
pub(super) fn of_addresses(ports: &[ServicePort], compat: bool) -> Ports {
    unknown(ports, compat).into_iter().filter(|port| matches!(port.number, Number::One(_))).collect()
}

fn of_service(ports: &[ServicePort], compat: bool) -> impl Iterator<Item = Port> {
    ports.iter().filter(move |_| compat).map(|port| Port::new(port.protocol, port.port))
}

/// The port of a Service that a route names, by its number or name, or by the port behind it; all ports where it names
/// none or one that the Service does not have.
pub(super) fn named(entry: &Entry<'_>, wanted: Option<&Target>) -> Vec<ServicePort> {
    let is = |port: &&ServicePort| match wanted {
        None => true,
        Some(Target::Number(number)) => port.port == *number,
        Some(Target::Name(name)) => port.name.as_deref() == Some(name),
    };
    let behind = |port: &&ServicePort| Some(&port.target) == wanted;
    let pick = |wanted: &dyn Fn(&&ServicePort) -> bool| -> Vec<ServicePort> {
        entry.ports.iter().filter(|port| wanted(port)).cloned().collect()
    };
    let found = [pick(&is), pick(&behind)].into_iter().find(|found| !found.is_empty());
    found.unwrap_or_else(|| entry.ports.clone())
}
