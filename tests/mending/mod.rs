//! Rules at work on a value, without the plan engine: find, apply what is proposed, find again.

// Shared by test crates, in which nothing is reachable from outside.
#![allow(unreachable_pub)]

use kubectl_harden::rules::{Finding, Proposal, REGISTRY, Risk, Rule};
use kubectl_harden::workload::{Minor, Pod, lookup, lookup_mut};
use serde_json::Value;
use std::collections::BTreeMap;

/// The rules of the baseline level.
pub const BASELINE: &[&str] = &[
    "app-armor-profile",
    "capabilities-baseline",
    "host-namespaces",
    "host-path-volumes",
    "host-ports",
    "host-probes",
    "privileged",
    "proc-mount",
    "se-linux-options",
    "seccomp-profile-baseline",
    "sysctls",
    "windows-host-process",
];

/// The rules of the restricted level.
pub const RESTRICTED: &[&str] = &[
    "allow-privilege-escalation",
    "app-armor-profile",
    "capabilities",
    "host-namespaces",
    "host-ports",
    "host-probes",
    "privileged",
    "proc-mount-restricted",
    "restricted-volumes",
    "run-as-non-root",
    "run-as-user",
    "se-linux-options",
    "seccomp-profile",
    "sysctls",
    "windows-host-process",
];

/// The rules with these ids.
pub fn rules(ids: &[&str]) -> Vec<&'static Rule> {
    ids.iter().map(|id| *REGISTRY.iter().find(|rule| rule.id == *id).expect("a registered rule")).collect()
}

/// What the rules find in the pod template at `pointer`.
pub fn find(rules: &[&'static Rule], object: &Value, pointer: &str, minor: Minor) -> Vec<(&'static str, Finding)> {
    let pod = Pod::new(lookup(object, pointer).expect("a pod template"), pointer, minor);
    rules.iter().flat_map(|rule| rule.run(&pod, rule.defaults()).into_iter().map(|found| (rule.id, found))).collect()
}

/// Apply proposals; those to one place must agree.
pub fn apply<'p>(object: &mut Value, proposals: impl IntoIterator<Item = &'p Proposal>) {
    let mut made: BTreeMap<&str, &Option<Value>> = BTreeMap::new();
    for proposal in proposals {
        let before = made.insert(&proposal.pointer, &proposal.value);
        assert!(before.is_none_or(|before| before == &proposal.value), "two minds about {}", proposal.pointer);
        match &proposal.value {
            Some(value) => *lookup_mut(object, &proposal.pointer).expect("a place") = value.clone(),
            None => {
                let (parent, key) = proposal.pointer.rsplit_once('/').expect("a key");
                let parent = lookup_mut(object, parent).and_then(Value::as_object_mut).expect("a mapping");
                parent.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
            }
        }
    }
}

/// Mend to a fixed point as far as `max_risk` allows. Returns the rounds that changed something and what is left.
pub fn settle(
    rules: &[&'static Rule],
    object: &mut Value,
    pointer: &str,
    minor: Minor,
    max_risk: Risk,
) -> (usize, Vec<(&'static str, Finding)>) {
    for round in 0..8 {
        let found = find(rules, object, pointer, minor);
        let before = object.clone();
        let allowed = found.iter().filter(|(_, finding)| finding.risk().is_some_and(|risk| risk <= max_risk));
        apply(object, allowed.flat_map(|(_, finding)| &finding.proposals));
        if *object == before {
            return (round, found);
        }
    }
    panic!("no fixed point: {object}");
}
