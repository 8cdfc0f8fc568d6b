//! What a pod needs beside a user other than root: a group for its volumes, the right to open low ports.

use super::choice::Choice;
use super::image::start_of;
use crate::image::advice;
use crate::workload::{Container, Pod};
use std::collections::BTreeMap;

/// Variables that tell programs which port to open.
const PORT_VARIABLES: [&str; 6] = ["PORT", "APP_PORT", "HTTP_PORT", "HTTPS_PORT", "LISTEN_PORT", "SERVER_PORT"];

/// The name of the kernel setting below which a port takes a capability.
const LOW_PORTS: &str = "net.ipv4.ip_unprivileged_port_start";

/// The group that has to own the pod's volumes, and why; `None` where none needs one or one is stated.
///
/// An emptyDir is open to everybody. A claim belongs to root until a group is stated; so do the files of a Secret with a
/// narrow mode; and two users that share a volume need a group in common.
pub(in crate::rules) fn group(pod: &Pod<'_>, chosen: &[(&Container<'_>, Choice)]) -> Option<(i64, String)> {
    if pod.field("securityContext/fsGroup").is_stated() || !pod.takes_security_context() {
        return None;
    }
    let mut writers: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    let mut needed: Option<(i64, String)> = None;
    for (container, choice) in chosen {
        let (uid, group) = match choice {
            Choice::Run { uid, gid, .. } => (*uid, gid.unwrap_or(*uid)),
            Choice::Stated(uid) if *uid > 0 => (*uid, *uid),
            _ => continue,
        };
        let becomes = matches!(choice, Choice::Run { .. });
        if becomes && insists_on_modes(pod, container) {
            continue;
        }
        for mount in container.mounts() {
            let why = match pod.volume(mount.volume) {
                _ if becomes && !mount.is_read_only && gets_group(pod, mount.volume) => {
                    format!("the claim behind {} belongs to root until a group is stated", mount.volume)
                }
                Some(volume) if becomes && volume.is_secretive() => {
                    format!("not everybody may read the files of {}", mount.volume)
                }
                Some(volume) if volume.is("emptyDir") || pod.is_claimed(mount.volume) => {
                    match writers.insert(mount.volume, (uid, container.name())) {
                        Some((other, name)) if other != uid => {
                            format!("{name} and {} share {} under two users", container.name(), mount.volume)
                        }
                        _ => continue,
                    }
                }
                _ => continue,
            };
            needed.get_or_insert((group, why));
        }
    }
    needed
}

/// Whether a claim is behind a volume, and stating a group may help it.
fn gets_group(pod: &Pod<'_>, volume: &str) -> bool {
    pod.is_claimed(volume) && !pod.ungrouped(volume).is_some_and(|ungrouped| ungrouped.never)
}

/// Whether the program reads a secret from a file and refuses one that its group may read, as a group for volumes makes it.
fn insists_on_modes(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    let known = pod.image_of(container);
    let Some(variables) = known.facts.as_ref().and_then(|facts| facts.file_env.as_ref()) else { return false };
    let start = start_of(container);
    !variables.mode.is_empty() && start.env.keys().any(|name| name.ends_with(&variables.suffix))
}

/// The low ports that a container opens, and what says so.
pub(in crate::rules) fn low_port(pod: &Pod<'_>, container: &Container<'_>) -> Option<(u16, String)> {
    let low = |port: &u16| (1..1024).contains(port);
    let stated = container.ports();
    if let Some(port) = stated.iter().copied().find(low) {
        return Some((port, "the manifest".to_owned()));
    }
    let alone = pod.containers().iter().filter(|it| it.list() == crate::workload::List::Main).nth(1).is_none();
    for service in pod.services().into_iter().filter(|_| alone) {
        if let Some(port) = service.target_ports.iter().copied().find(low) {
            return Some((port, service.neighbour.identity.to_string()));
        }
    }
    let start = start_of(container);
    if let Some((name, port)) = start.env.iter().find_map(|(name, value)| {
        let port = value.parse().ok().filter(low)?;
        PORT_VARIABLES.contains(name).then_some((*name, port))
    }) {
        return Some((port, format!("its variable {name}")));
    }
    // One that states its ports and configures its program has told them all; the others are those of, say, its metrics.
    let is_configured = start.is_configured();
    if (stated.is_empty() || !is_configured) && container.list() == crate::workload::List::Main {
        return advice::low_ports(&pod.image_of(container)).into_iter().next();
    }
    None
}

/// Whether the pod's kernel settings open low ports to everybody already.
pub(in crate::rules) fn opens_low_ports(pod: &Pod<'_>) -> bool {
    pod.field("securityContext/sysctls").items().iter().any(|item| item.field("name").as_str() == Some(LOW_PORTS))
}

/// The kernel setting that opens them.
pub(in crate::rules) fn low_ports_setting() -> serde_json::Value {
    serde_json::json!({"name": LOW_PORTS, "value": "0"})
}
