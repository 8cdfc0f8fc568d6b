//! From what is known of a container's image to what a rule says.

use crate::image::Known;
use crate::image::advice::{Because, Certainty, Start};
use crate::rules::{Assessment, Risk};
use crate::workload::{Container, Pod, lookup};
use serde_json::Value;

/// What would tell more about an image of which nothing is known.
pub(in crate::rules) const MORE: &str =
    "`--inspect-images`, `--image-source` or an entry under `images` in the profile would tell";

/// Where a manifest has commands that the kubelet runs in a container.
const HOOKS: [&str; 5] = [
    "lifecycle/postStart/exec/command",
    "lifecycle/preStop/exec/command",
    "startupProbe/exec/command",
    "livenessProbe/exec/command",
    "readinessProbe/exec/command",
];

/// How a container starts its image.
pub(in crate::rules) fn start_of<'a>(container: &Container<'a>) -> Start<'a> {
    let words = |path: &str| -> Vec<&'a str> { container.list_at(path).iter().filter_map(Value::as_str).collect() };
    // One whose value comes from elsewhere is known by its name.
    let variable = |item: &'a Value| {
        Some((lookup(item, "/name")?.as_str()?, lookup(item, "/value").and_then(Value::as_str).unwrap_or_default()))
    };
    let mounts = container.mounts();
    Start {
        command: words("command"),
        args: words("args"),
        writable_mounts: mounts.iter().filter(|mount| !mount.is_read_only).map(|mount| mount.path).collect(),
        mounts: mounts.iter().map(|mount| mount.path).collect(),
        hooks: HOOKS.iter().map(|hook| words(hook)).filter(|hook| !hook.is_empty()).collect(),
        env: container.list_at("env").iter().filter_map(variable).collect(),
    }
}

/// The risk of a change that rests on what is known of an image.
pub(in crate::rules) fn assessed(because: &Because) -> Assessment {
    risk_of(because.certainty).because(because.evidence.clone())
}

/// The risk that goes with a certainty.
pub(in crate::rules) fn risk_of(certainty: Certainty) -> Risk {
    match certainty {
        Certainty::Proven => Risk::Safe,
        Certainty::Inferred => Risk::Likely,
        Certainty::Guess => Risk::Unproven,
    }
}

/// The user a container starts as, as far as it is known: the one stated, else the image's own. `Some(0)` is root.
pub(in crate::rules) fn starting_user(pod: &Pod<'_>, container: &Container<'_>, known: &Known) -> Option<i64> {
    pod.user_of(container).or_else(|| known.own_user().map(i64::from))
}

/// Why a program cannot follow a rule: what it is, and what it needs of its node.
pub(in crate::rules) fn node_role(pod: &Pod<'_>, known: &Known, rule: &str) -> Option<String> {
    let facts = known.facts.as_ref()?;
    let node = facts.node.as_ref().filter(|node| node.rules.iter().any(|id| id == rule))?;
    if !pod.touches_node() {
        return None;
    }
    Some(format!("{} is a {}: {} [{}]", facts.id, node.what, node.why, known.facts_origin()))
}
