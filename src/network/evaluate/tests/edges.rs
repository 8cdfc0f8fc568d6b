//! Addresses, pods in the network of their node, pods from elsewhere, and what is not known.

use super::*;

#[test]
fn an_ip_block_is_about_addresses_and_a_selector_about_pods() {
    let block = "{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 443}]}]}";
    let world = world_with(&[policy(block)]);
    assert_eq!(told(&world, "10.2.3.4", "x/a"), "all");
    assert_eq!(told(&world, "10.1.3.4", "x/a"), "none");
    assert_eq!(told(&world, "11.0.0.1", "x/a"), "none");
    assert_eq!(told(&world, "x/a", "11.0.0.1"), "TCP 443");
    // A block never is about a pod, wherever its address may lie.
    assert_eq!(told(&world, "y/a", "x/a"), "none");
    assert_eq!(told(&world, "x/a", "y/a"), "none");
    // A range is allowed what all of it is.
    assert_eq!(told(&world, "10.0.0.0/8", "x/a"), "none");
    assert_eq!(told(&world, "10.128.0.0/9", "x/a"), "all");
    let evaluator = Evaluator::new(&world);
    let verdict = evaluator.allowed(at(&world, "10.0.0.0/15"), at(&world, "x/a"));
    let ranges: Vec<_> =
        verdict.reasons.iter().filter_map(|reason| reason.range).map(|range| range.to_string()).collect();
    assert_eq!(ranges, ["10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/16", "10.1.0.0/16"]);
    let pieces: Vec<String> = evaluator.pieces(Direction::Ingress).iter().map(ToString::to_string).collect();
    assert_eq!(
        pieces,
        ["0.0.0.0-9.255.255.255", "10.0.0.0/16", "10.1.0.0/16", "10.2.0.0-10.255.255.255", "11.0.0.0-255.255.255.255"]
    );
    assert_eq!(evaluator.pieces(Direction::Egress), [IpRange::ALL_V4]);

    let selectors = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}";
    let world = world_with(&[policy(selectors)]);
    assert_eq!(told(&world, "10.2.3.4", "x/a"), "none");
    assert_eq!(told(&world, "y/a", "x/a"), "all");
}

#[test]
fn both_families_have_blocks() {
    let world = world_with(&[policy("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 'fd00::/8'}}]}]}")]);
    assert_eq!(told(&world, "fd00::1", "x/a"), "all");
    assert_eq!(told(&world, "fe80::1", "x/a"), "none");
    assert_eq!(told(&world, "10.0.0.1", "x/a"), "none");
    assert_eq!(Evaluator::new(&world).pieces(Direction::Ingress).len(), 4);
}

#[test]
fn pods_in_the_network_of_their_node_are_out_of_reach_and_said_to_be() {
    let agent = "---\n{apiVersion: v1, kind: Pod, metadata: {name: agent, namespace: x, labels: {pod: agent}}, spec: {hostNetwork: true, containers: []}}\n";
    let world = world_with(&[policy("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}"), agent.to_owned()]);
    assert_eq!(told(&world, "y/a", "x/agent"), "all");
    // No selector is about it.
    assert_eq!(told(&world, "x/agent", "x/a"), "none");
    assert_eq!(told(&world, "x/b", "x/a"), "all");
    let evaluator = Evaluator::new(&world);
    let doubts = evaluator.doubts(at(&world, "x/agent"), at(&world, "x/a"));
    assert!(doubts[0].starts_with("x/agent[Pod] is in the network of its node"), "{doubts:?}");
    assert!(evaluator.doubts(at(&world, "x/b"), at(&world, "x/a")).is_empty());
}

#[test]
fn the_ingress_controller_is_a_pod_of_no_label_in_a_namespace_of_its_own() {
    let from = |from: &str| {
        let world = world_with(&[policy(&format!("{{podSelector: {{}}, ingress: [{{from: {from}}}]}}"))]);
        told(&world, "{ingress-controller}", "x/a")
    };
    assert_eq!(from("[]"), "all");
    assert_eq!(from("[{namespaceSelector: {}}]"), "all");
    assert_eq!(from("[{podSelector: {}}]"), "none");
    assert_eq!(from("[{namespaceSelector: {matchLabels: {ns: ingress}}}]"), "none");
    assert_eq!(from("[{ipBlock: {cidr: 0.0.0.0/0}}]"), "none");
}

#[test]
fn name_servers_are_pods_of_their_namespace() {
    let to = |to: &str| {
        let policy = format!(
            "{{podSelector: {{}}, policyTypes: [Egress], egress: [{{to: [{to}], ports: [{{port: 53, protocol: UDP}}]}}]}}"
        );
        let world = world_with(&[self::policy(&policy)]);
        Peer::DNS.map(|dns| Evaluator::new(&world).connections(at(&world, "x/a"), dns).to_string())
    };
    assert_eq!(
        to("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}"),
        ["UDP 53", "none"]
    );
    assert_eq!(to("{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}"), ["UDP 53", "none"]);
    assert_eq!(
        to("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: openshift-dns}}}"),
        ["none", "UDP 53"]
    );
}

#[test]
fn what_is_not_known_is_said() {
    let database = "---\n{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, namespace: x}, spec: {template: {metadata: {labels: {pod: db}}, spec: {containers: []}}}}\n";
    let ordinal = "{podSelector: {matchLabels: {statefulset.kubernetes.io/pod-name: db-0}}}";
    let world = world_with(&[policy(ordinal), database.to_owned()]);
    let evaluator = Evaluator::new(&world);
    let doubts = evaluator.doubts(at(&world, "y/a"), at(&world, "x/db"));
    assert_eq!(
        doubts,
        [
            "the pods of x/db[StatefulSet] may differ in the label `statefulset.kubernetes.io/pod-name`, which a policy selects by"
        ]
    );
    assert!(evaluator.doubts(at(&world, "y/a"), at(&world, "x/a")).is_empty());

    // A namespace of which only the name is known.
    let stranger = "---\n{apiVersion: v1, kind: Pod, metadata: {name: w, namespace: w}, spec: {containers: []}}\n";
    let team = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: shop}}}]}]}";
    let world = world_with(&[policy(team), stranger.to_owned()]);
    let doubts = Evaluator::new(&world).doubts(at(&world, "w/w"), at(&world, "x/a"));
    assert!(doubts[0].starts_with("whether the namespace w has the label `team` is not known"), "{doubts:?}");
    assert!(Evaluator::new(&world).doubts(at(&world, "y/a"), at(&world, "x/a")).is_empty());

    let cilium =
        "---\n{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: own, namespace: x}, spec: {}}\n";
    let world = world_with(&[cilium.to_owned()]);
    let doubts = Evaluator::new(&world).doubts(at(&world, "y/a"), at(&world, "x/a"));
    assert_eq!(doubts, ["CiliumNetworkPolicy x/own: policies of network plugins are not judged here"]);
}

#[test]
fn workloads_that_no_policy_tells_apart_are_asked_for_once() {
    let twin = pods().replace("name: a,", "name: twin,");
    let world = world_of(&format!("{}{twin}", pods()));
    let evaluator = Evaluator::new(&world);
    let (one, two) = (at(&world, "x/a"), at(&world, "x/twin"));
    let (Peer::Workload(one), Peer::Workload(two)) = (one, two) else { panic!() };
    assert_eq!(evaluator.alike(one), evaluator.alike(two));
    let Peer::Workload(other) = at(&world, "y/a") else { panic!() };
    assert_ne!(evaluator.alike(one), evaluator.alike(other));
}
