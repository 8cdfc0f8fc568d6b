//! Rules at work on a value, without the plan engine: find, apply what is proposed, find again.

// Shared by test crates, in which nothing is reachable from outside.
#![allow(unreachable_pub)]

use kubectl_harden::rules::{Finding, Proposal, REGISTRY, Risk, Rule, Stage};
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
    let mut appended: Vec<&Proposal> = Vec::new();
    for proposal in proposals {
        if let (Some(list), Some(value)) = (proposal.pointer.strip_suffix("/-"), &proposal.value) {
            // Two findings may want the same item.
            if !appended.iter().any(|one| one.pointer == proposal.pointer && one.value == proposal.value) {
                let list = lookup_mut(object, list).expect("a place");
                if list.is_null() {
                    *list = Value::Array(Vec::new());
                }
                list.as_array_mut().expect("a list").push(value.clone());
                appended.push(proposal);
            }
            continue;
        }
        let before = made.insert(&proposal.pointer, &proposal.value);
        assert!(before.is_none_or(|before| before == &proposal.value), "two minds about {}", proposal.pointer);
        match &proposal.value {
            Some(value) => *lookup_mut(object, &proposal.pointer).expect("a place") = value.clone(),
            None => {
                let (parent, key) = proposal.pointer.rsplit_once('/').expect("a key");
                match lookup_mut(object, parent).expect("a parent") {
                    Value::Array(list) => drop(list.remove(key.parse().expect("an index"))),
                    parent => {
                        let key = key.replace("~1", "/").replace("~0", "~");
                        drop(parent.as_object_mut().expect("a mapping").shift_remove(&key));
                    }
                }
            }
        }
    }
}

/// The changes of a finding that a run makes which allows this risk.
fn allowed(finding: &Finding, max_risk: Risk) -> &[Proposal] {
    let within = |proposals: &[Proposal]| proposals.iter().all(|proposal| proposal.assessment.risk <= max_risk);
    if within(&finding.proposals) {
        &finding.proposals
    } else if within(&finding.fallback) {
        &finding.fallback
    } else {
        &[]
    }
}

/// Mend to a fixed point as far as `max_risk` allows. Returns the most rounds of a stage that changed something, and what
/// is left.
pub fn settle(
    rules: &[&'static Rule],
    object: &mut Value,
    pointer: &str,
    minor: Minor,
    max_risk: Risk,
) -> (usize, Vec<(&'static str, Finding)>) {
    let (mut most, mut left) = (0, Vec::new());
    for stage in Stage::ALL {
        let rules: Vec<_> = rules.iter().copied().filter(|rule| rule.stage <= stage).collect();
        for round in 0.. {
            assert!(round < 8, "no fixed point: {object}");
            left = find(&rules, object, pointer, minor);
            let before = object.clone();
            apply(object, left.iter().flat_map(|(_, finding)| allowed(finding, max_risk)));
            if *object == before {
                most = most.max(round);
                break;
            }
        }
    }
    (most, left)
}
