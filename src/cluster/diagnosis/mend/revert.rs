//! What was applied without what one rule did to the container: the least that mends.

use super::{Mended, Place};
use crate::workload::lookup;
use serde_json::Value;

/// Take back what a rule did to the container, and to the pod for it.
pub(in crate::cluster::diagnosis) fn revert(place: &Place<'_>, rule: &str) -> Option<Mended> {
    let mut value = place.target.after.clone();
    let mut lists = Vec::new();
    for reason in place.reasons(rule) {
        match reason.pointer.strip_suffix("/-") {
            Some(list) => lists.push(list),
            None => restore(&mut value, &place.target.live.value, &reason.pointer),
        }
    }
    lists.dedup();
    // Volumes and init containers go when nobody mounts or fills them any more: mounts first.
    let shared = |list: &&str| list.ends_with("/volumes") || list.ends_with("/initContainers");
    for list in lists.iter().filter(|list| !shared(list)) {
        if !is_of_others(place, list, rule) {
            truncate(&mut value, &place.target.live.value, list);
        }
    }
    drop_unused(&mut value, place);
    let words = format!("leave {rule} out (--skip {rule})");
    (value != place.target.after).then_some(Mended { value, words, is_revert: true })
}

/// Whether another rule has appended to a list, too: whose items are whose is not told.
fn is_of_others(place: &Place<'_>, list: &str, rule: &str) -> bool {
    let end = format!("{list}/-");
    place.target.reasons.iter().any(|reason| reason.pointer == end && reason.rule != rule)
}

/// Put back what stood at a place; with nothing there, also what was made to hold it.
fn restore(value: &mut Value, before: &Value, pointer: &str) {
    if let Some(old) = lookup(before, pointer) {
        if let Some(new) = value.pointer_mut(pointer) {
            new.clone_from(old);
        } else if let Some((parent, key)) = pointer.rsplit_once('/')
            && let Some(Value::Object(map)) = value.pointer_mut(parent)
        {
            map.insert(key.replace("~1", "/").replace("~0", "~"), old.clone());
        }
        return;
    }
    let Some((parent, key)) = pointer.rsplit_once('/') else { return };
    let Some(Value::Object(map)) = value.pointer_mut(parent) else { return };
    map.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
    if map.is_empty() && lookup(before, parent).is_none() {
        restore(value, before, parent);
    }
}

/// As many items as there were.
fn truncate(value: &mut Value, before: &Value, list: &str) {
    let length = lookup(before, list).and_then(Value::as_array).map_or(0, Vec::len);
    if length == 0 {
        restore(value, before, list);
    } else if let Some(Value::Array(items)) = value.pointer_mut(list) {
        items.truncate(length);
    }
}

/// Without the init containers that fill volumes which nobody else mounts any more, and without such volumes, as far as
/// they came with the change.
fn drop_unused(value: &mut Value, place: &Place<'_>) {
    let spec = format!("{}/spec", place.template);
    let before = |list: &str| lookup(&place.target.live.value, &format!("{spec}/{list}")).cloned().unwrap_or_default();
    let is_old =
        |list: &Value, name: &str| list.as_array().is_some_and(|items| items.iter().any(|one| one["name"] == name));
    let (volumes, inits) = (before("volumes"), before("initContainers"));
    let new_inits = |one: &Value| !is_old(&inits, one["name"].as_str().unwrap_or_default());
    let Some(Value::Object(pod)) = value.pointer_mut(&spec) else { return };

    let used = mounted(pod.get("containers"), |_| true);
    let used: Vec<String> = used.into_iter().chain(mounted(pod.get("initContainers"), |one| !new_inits(one))).collect();
    let is_used = |name: &str| used.iter().any(|one| one == name);
    if let Some(Value::Array(items)) = pod.get_mut("initContainers") {
        items.retain(|one| {
            let mounts = names(one);
            !new_inits(one) || mounts.is_empty() || mounts.iter().any(|name| is_used(name))
        });
    }
    if let Some(Value::Array(items)) = pod.get_mut("volumes") {
        items.retain(|one| {
            let name = one["name"].as_str().unwrap_or_default();
            is_old(&volumes, name) || is_used(name)
        });
    }
    for list in ["initContainers", "volumes"] {
        if pod.get(list).is_some_and(|items| items.as_array().is_some_and(Vec::is_empty)) && before(list).is_null() {
            pod.shift_remove(list);
        }
    }
}

fn mounted(containers: Option<&Value>, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let containers = containers.and_then(Value::as_array).into_iter().flatten();
    containers.filter(|one| wanted(one)).flat_map(names).collect()
}

/// The names of the volumes that a container mounts.
fn names(container: &Value) -> Vec<String> {
    let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
    mounts.filter_map(|mount| mount["name"].as_str().map(str::to_owned)).collect()
}
