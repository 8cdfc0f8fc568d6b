//! What a container may do and who it is: capabilities, user, group, low ports, variables.

use super::{Groups, Mended, Place};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the file of a web server that opens port 80 asks for, where the facts do not tell.
const USUAL: &str = "NET_BIND_SERVICE";
const LOW_PORTS: &str = "net.ipv4.ip_unprivileged_port_start";

/// Add capabilities.
pub(super) fn capabilities(place: &Place<'_>, names: &[String]) -> Option<Mended> {
    let (pointer, list) = place.with_pod(|_, container| {
        let field = container?.field("securityContext/capabilities/add");
        let stated = field.items();
        let mut list: Vec<String> = stated.iter().filter_map(|item| item.as_str()).map(str::to_owned).collect();
        list.extend(names.iter().cloned());
        list.sort();
        list.dedup();
        (list.len() > stated.len()).then_some((field.pointer, list))
    })?;
    place.with(vec![(pointer, json!(list))], format!("give {} back to it (capabilities.add)", names.join(" and ")))
}

/// Add what the file of its program asks for.
pub(super) fn file_capabilities(place: &Place<'_>, groups: &Groups) -> Option<Mended> {
    let facts = place.known()?.facts;
    let path = groups.get("path");
    let programs = facts.iter().flat_map(|facts| &facts.file_caps);
    let found = programs.filter(|one| path.is_none_or(|path| one.path == *path)).map(|one| one.caps.clone()).next();
    capabilities(place, &found.unwrap_or_else(|| vec![USUAL.to_owned()]))
}

/// Run it as the user that its image is made for.
pub(super) fn user(place: &Place<'_>) -> Option<Mended> {
    let known = place.known()?;
    let (uid, gid) = known.user().or_else(|| Some((known.own_user()?, None))).filter(|(uid, _)| *uid > 0)?;
    let edits = place.with_pod(|_, container| {
        let container = container?;
        let mut edits = vec![(container.field("securityContext/runAsUser").pointer, json!(uid))];
        if let Some(gid) = gid {
            edits.push((container.field("securityContext/runAsGroup").pointer, json!(gid)));
        }
        Some(edits)
    })?;
    place.with(edits, format!("run it as user {uid}, which its image is made for (runAsUser)"))
}

/// Give the volume that a path lies in to the group of the container's user.
pub(super) fn group(place: &Place<'_>, groups: &Groups) -> Option<Mended> {
    let path = groups.get("path")?;
    let (pointer, group) = place.with_pod(|pod, container| {
        let container = container?;
        let inside = |mount: &crate::workload::Mount<'_>| {
            path.strip_prefix(mount.path.trim_end_matches('/'))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_given = container.mounts().iter().any(|mount| inside(mount) && pod.is_claimed(mount.volume));
        let stated = ["securityContext/runAsGroup", "securityContext/runAsUser"]
            .into_iter()
            .find_map(|field| container.field(field).as_i64().or_else(|| pod.field(field).as_i64()));
        let group = stated.filter(|group| is_given && *group > 0)?;
        Some((pod.field("securityContext").pointer, group))
    })?;
    let edits = vec![
        (format!("{pointer}/fsGroup"), json!(group)),
        (format!("{pointer}/fsGroupChangePolicy"), json!("OnRootMismatch")),
    ];
    place.with(edits, format!("give its volumes to group {group} (fsGroup)"))
}

/// Let any user of the pod open low ports.
pub(super) fn low_ports(place: &Place<'_>) -> Option<Mended> {
    let pointer = place.with_pod(|pod, _| {
        let field = pod.field("securityContext/sysctls");
        let is_open = field.items().iter().any(|item| item.field("name").as_str() == Some(LOW_PORTS));
        // The network of the node has settings of its own, which no pod may change.
        let refused = is_open || pod.field("hostNetwork").as_bool() == Some(true);
        (!refused).then(|| format!("{}/-", field.pointer))
    })?;
    let setting = json!({"name": LOW_PORTS, "value": "0"});
    place.with(vec![(pointer, setting)], format!("let its user open low ports (sysctl {LOW_PORTS})"))
}

/// Set variables that are not set.
pub(super) fn env(place: &Place<'_>, variables: &BTreeMap<String, String>) -> Option<Mended> {
    let edits: Vec<(String, Value)> = place.with_pod(|_, container| {
        let field = container?.field("env");
        let stated = field.items();
        let is_set = |name: &String| stated.iter().any(|item| item.field("name").as_str() == Some(name));
        let new = variables.iter().filter(|(name, _)| !is_set(name));
        Some(new.map(|(name, value)| (format!("{}/-", field.pointer), json!({"name": name, "value": value}))).collect())
    })?;
    let names: Vec<&str> = variables.keys().map(String::as_str).collect();
    place.with(edits, format!("set {} for it", names.join(", ")))
}
