//! Policies of the whole cluster: tiers, priorities, actions.

use super::*;

/// A policy of the whole cluster with this subject: namespace x.
fn cluster(kind: &str, name: &str, spec: &str) -> String {
    let version = if kind == "ClusterNetworkPolicy" { "v1alpha2" } else { "v1alpha1" };
    format!(
        "---\napiVersion: policy.networking.k8s.io/{version}\nkind: {kind}\nmetadata: {{name: {name}}}\n\
         spec: {{subject: {{namespaces: {{matchLabels: {{ns: x}}}}}}, {spec}}}\n"
    )
}

fn admin(name: &str, spec: &str) -> String {
    cluster("AdminNetworkPolicy", name, spec)
}

const FROM_Y: &str = "from: [{namespaces: {matchLabels: {ns: y}}}]";
const FROM_ALL: &str = "from: [{namespaces: {}}]";

#[test]
fn the_first_rule_that_matches_wins_and_the_lowest_priority_comes_first() {
    let rules = format!(
        "priority: 5, ingress: [{{action: Allow, {FROM_Y}, ports: [{{portNumber: {{protocol: TCP, port: 80}}}}]}}, {{action: Deny, {FROM_Y}}}]"
    );
    let world = world_with(&[admin("one", &rules)]);
    assert_eq!(told(&world, "y/a", "x/a"), "TCP 80");
    assert_eq!(told(&world, "z/a", "x/a"), "all");

    let deny = admin("late", &format!("priority: 10, ingress: [{{action: Deny, {FROM_ALL}}}]"));
    let allow = admin("early", &format!("priority: 9, ingress: [{{action: Allow, {FROM_Y}}}]"));
    let world = world_with(&[deny.clone(), allow.clone()]);
    assert_eq!(told(&world, "y/a", "x/a"), "all");
    assert_eq!(told(&world, "z/a", "x/a"), "none");
    let world = world_with(&[deny, allow.replace("priority: 9", "priority: 11")]);
    assert_eq!(told(&world, "y/a", "x/a"), "none");
}

#[test]
fn network_policies_decide_what_the_admin_tier_leaves_or_passes() {
    let closed = policy("{podSelector: {matchLabels: {pod: a}}}");
    let pass = admin(
        "pass",
        &format!("priority: 1, ingress: [{{name: through, action: Pass, {FROM_Y}}}, {{action: Allow, {FROM_ALL}}}]"),
    );
    let base = cluster("BaselineAdminNetworkPolicy", "default", &format!("ingress: [{{action: Deny, {FROM_ALL}}}]"));
    let world = world_with(&[closed.clone(), pass, base.clone()]);
    // Passed: the NetworkPolicy has the last word over the pods that it selects, the baseline over the others.
    assert_eq!(told(&world, "y/b", "x/a"), "none");
    assert_eq!(told(&world, "y/b", "x/b"), "none");
    // Allowed by the first tier, whatever the others say.
    assert_eq!(told(&world, "z/b", "x/a"), "all");
    let evaluator = Evaluator::new(&world);
    let reasons = evaluator.allowed(at(&world, "y/b"), at(&world, "x/b")).reasons;
    let told_: Vec<_> = reasons.iter().skip(1).map(|reason| reason.told(evaluator.policies())).collect();
    assert_eq!(
        told_,
        [
            "AdminNetworkPolicy pass, spec.ingress[0] (through), passes it on",
            "BaselineAdminNetworkPolicy default, spec.ingress[0], denies it",
        ]
    );

    // A NetworkPolicy overrides the baseline for the pods that it selects.
    let open = policy("{podSelector: {matchLabels: {pod: a}}, ingress: [{}]}");
    let world = world_with(&[open, base]);
    assert_eq!(told(&world, "y/b", "x/a"), "all");
    assert_eq!(told(&world, "y/b", "x/b"), "none");
}

#[test]
fn cluster_network_policies_have_tiers_of_their_own_and_protocols() {
    let spec = "tier: Admin, priority: 3, egress: [{action: Accept, to: [{pods: {namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: b}}}}], protocols: [{tcp: {destinationPort: {number: 80}}}, {udp: {destinationPort: {range: {start: 50, end: 60}}}}, {destinationNamedPort: other}]}, {action: Deny, to: [{namespaces: {}}]}]";
    let world = world_with(&[cluster("ClusterNetworkPolicy", "admin", spec)]);
    assert_eq!(told(&world, "x/a", "y/b"), "TCP 80-81; UDP 50-60");
    assert_eq!(told(&world, "x/a", "y/a"), "none");
    assert_eq!(told(&world, "x/a", "203.0.113.7"), "all");
    let baseline = spec.replace("tier: Admin", "tier: Baseline");
    let closed = policy("{podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{}]}");
    let world = world_with(&[cluster("ClusterNetworkPolicy", "base", &baseline), closed]);
    assert_eq!(told(&world, "x/a", "y/a"), "all");
    assert_eq!(told(&world, "x/b", "y/a"), "none");
}

#[test]
fn networks_are_about_pods_too_where_they_are_everything() {
    let deny = |network: &str| {
        let spec = format!("priority: 1, egress: [{{action: Deny, to: [{{networks: [{network}]}}]}}]");
        world_with(&[admin("one", &spec)])
    };
    assert_eq!(told(&deny("0.0.0.0/0"), "x/a", "y/a"), "none");
    assert_eq!(told(&deny("0.0.0.0/0"), "x/a", "203.0.113.7"), "none");
    let world = deny("10.0.0.0/8");
    assert_eq!(told(&world, "x/a", "10.1.1.1"), "none");
    assert_eq!(told(&world, "x/a", "y/a"), "all");
    let doubts = Evaluator::new(&world).doubts(at(&world, "x/a"), at(&world, "y/a"));
    assert_eq!(doubts, ["whether y/a[Pod] has an address of 10.0.0.0/8 is not known"]);
}

#[test]
fn a_peer_of_a_newer_version_fails_closed() {
    let rule = |action: &str| {
        let spec = format!("tier: Admin, priority: 1, ingress: [{{action: {action}, from: [{{planets: {{}}}}]}}]");
        let world = world_with(&[cluster("ClusterNetworkPolicy", "new", &spec), policy("{podSelector: {}}")]);
        told(&world, "y/a", "x/a")
    };
    // An acceptance is about nothing then, and the NetworkPolicy below it decides; anything else denies.
    assert_eq!(rule("Accept"), "none");
    assert_eq!(rule("Deny"), "none");
    let spec = "tier: Admin, priority: 1, ingress: [{action: Accept, from: [{planets: {}}]}]";
    assert_eq!(told(&world_with(&[cluster("ClusterNetworkPolicy", "new", spec)]), "y/a", "x/a"), "all");
    let pass = "tier: Admin, priority: 1, ingress: [{action: Pass, from: [{planets: {}}]}]";
    assert_eq!(told(&world_with(&[cluster("ClusterNetworkPolicy", "new", pass)]), "y/a", "x/a"), "none");
}

#[test]
fn the_same_priority_twice_is_a_doubt() {
    let one = admin("one", &format!("priority: 7, ingress: [{{action: Deny, {FROM_Y}}}]"));
    let two = admin("two", &format!("priority: 7, ingress: [{{action: Allow, {FROM_Y}}}]"));
    let world = world_with(&[one, two]);
    let doubts = Evaluator::new(&world).doubts(at(&world, "y/a"), at(&world, "x/a"));
    assert!(doubts[0].contains("have the same priority"), "{doubts:?}");
}
