//! What is wrong with a policy whatever else there is.

use super::{Found, is_volatile};
use crate::network::policy::{
    Direction, Namespaces, NetworkPolicy, PeerRule, Policies, PolicyName, PortRule, Rule, Selector, Weight,
};
use crate::network::world::{Object, World};
use serde_json::Value;

pub(super) fn look(world: &World, policies: &Policies, found: &mut Found) {
    for problem in &policies.problems {
        let id = match problem.weight {
            Weight::Refused => "refused-policy",
            Weight::Dropped => "unknown-field",
        };
        found.add(id, &problem.policy, &problem.pointer, &problem.message);
    }
    for object in world.replaced.iter().filter(|object| is_policy(object)) {
        let message = format!("there is a later {} of this name in this namespace", object.kind());
        found.add("duplicate-policy-name", &PolicyName::of(object), "/metadata/name", message);
    }
    for policy in &policies.network {
        let object =
            world.find(Some(&policy.namespace), "networking.k8s.io", "NetworkPolicy", &policy.name.identity.name);
        if let Some(object) = object.filter(|object| object.input == policy.name.input) {
            stated(object, &policy.name, found);
        }
        rules(policy, found);
    }
    for policy in &policies.tiers {
        selector(&policy.namespaces, &policy.name, "/spec/subject", found);
        selector(&policy.pods, &policy.name, "/spec/subject", found);
    }
    for pair in policies.tiers.windows(2) {
        if (pair[0].tier, pair[0].priority) == (pair[1].tier, pair[1].priority) {
            let message = format!("{} has the priority {}, too", pair[0].name, pair[0].priority);
            found.add("same-priority", &pair[1].name, "/spec/priority", message);
        }
    }
    for name in &policies.foreign {
        found.add("foreign-policy", name, "", "it may allow or deny more than what is told here");
    }
}

fn is_policy(object: &Object) -> bool {
    matches!(object.group(), "networking.k8s.io" | "policy.networking.k8s.io")
        && object.kind().ends_with("NetworkPolicy")
}

/// What a policy leaves unsaid.
fn stated(object: &Object, name: &PolicyName, found: &mut Found) {
    if object.identity.namespace.is_none() {
        found.add(
            "missing-namespace",
            name,
            "/metadata",
            "it lands in whichever namespace is current, judged as `default`",
        );
    }
    let types: Vec<&str> = object.items("/spec/policyTypes").iter().filter_map(Value::as_str).collect();
    if types.is_empty() {
        let means = if object.items("/spec/egress").is_empty() { "[Ingress]" } else { "[Ingress, Egress]" };
        found.add("missing-policy-types", name, "/spec", format!("write out what it means: policyTypes: {means}"));
    }
    for (direction, policy_type) in [(Direction::Ingress, "Ingress"), (Direction::Egress, "Egress")] {
        let key = direction.key();
        let rules = object.items(&format!("/spec/{key}"));
        if !types.is_empty() && !types.contains(&policy_type) && !rules.is_empty() {
            let message = format!("add {policy_type} to policyTypes, or take the rules out");
            found.add(&format!("missing-policy-type-{key}"), name, format!("/spec/{key}"), message);
        }
        for (index, rule) in rules.iter().enumerate() {
            let ports = rule.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate();
            for (at, _) in ports.filter(|(_, port)| port.get("protocol").is_none_or(Value::is_null)) {
                let pointer = format!("/spec/{key}/{index}/ports/{at}");
                found.add("port-missing-protocol", name, pointer, "say protocol: TCP, or which one is meant");
            }
        }
    }
}

fn rules(policy: &NetworkPolicy, found: &mut Found) {
    selector(&policy.subject, &policy.name, "/spec/podSelector", found);
    for direction in [Direction::Ingress, Direction::Egress] {
        for (index, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
            let at = format!("/spec/{direction}/{index}");
            if rule.peers.is_empty() && rule.ports.is_empty() {
                let message = match direction {
                    Direction::Ingress => "name who may come in, or on which ports",
                    Direction::Egress => "name where it may go, or to which ports",
                };
                found.add(&format!("all-{direction}-allowed"), &policy.name, &at, message);
            }
            for (peer, rule) in rule.peers.iter().enumerate() {
                let at = format!("{at}/{}/{peer}", direction.peers_key());
                if let PeerRule::Pods { namespaces, pods } = rule {
                    selector(pods, &policy.name, &at, found);
                    if let Namespaces::Selected(namespaces) = namespaces {
                        selector(namespaces, &policy.name, &at, found);
                    }
                }
            }
            named_ports(direction, rule, &at, policy, found);
        }
    }
}

/// Names of ports where the destination is addresses only.
fn named_ports(direction: Direction, rule: &Rule, at: &str, policy: &NetworkPolicy, found: &mut Found) {
    let blocks = rule.peers.iter().any(|peer| matches!(peer, PeerRule::Block { .. }));
    for (port, rule) in rule.ports.iter().enumerate() {
        if let (PortRule::Name(_, name), Direction::Egress, true) = (rule, direction, blocks) {
            let message = format!("the name {name:?} means nothing for the ipBlock of this rule: write the number");
            found.add("named-port-on-ip-block", &policy.name, format!("{at}/ports/{port}"), message);
        }
    }
}

fn selector(selector: &Selector, policy: &PolicyName, at: &str, found: &mut Found) {
    for requirement in selector.requirements().iter().filter(|requirement| is_volatile(&requirement.key)) {
        found.add("volatile-label", policy, at, format!("`{}` will not stay what it is", requirement.key));
    }
}
