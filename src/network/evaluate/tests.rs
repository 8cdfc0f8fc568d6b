//! The rules of meaning, one by one, on three namespaces of three pods each: `x`, `y`, `z` with `a`, `b`, `c`.

use super::*;
use crate::network::Protocol;
use crate::network::policy::PolicyId;
use crate::network::world::tests::world_of;
use std::fmt::Write as _;

mod cluster;
mod edges;
mod oracle;

/// The pods of three namespaces, each with the label `ns`; each pod has the label `pod`, and serves on ports 80 and 81.
fn pods() -> String {
    let mut text = String::new();
    for namespace in ["x", "y", "z"] {
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}, labels: {{ns: {namespace}}}}}}}\n"
        );
        for pod in ["a", "b", "c"] {
            let _ = write!(
                text,
                "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {pod}, namespace: {namespace}, labels: {{pod: {pod}}}}}\n\
                 spec:\n  containers:\n  - name: main\n    ports:\n    - {{name: http, containerPort: 80}}\n    \
                 - {{name: other, containerPort: 81}}\n    - {{name: query, containerPort: 53, protocol: UDP}}\n"
            );
        }
    }
    text
}

/// A NetworkPolicy of `x`.
fn policy(spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: policy, namespace: x}}\nspec: {spec}\n"
    )
}

fn world_with(policies: &[String]) -> World {
    world_of(&format!("{}{}", pods(), policies.concat()))
}

fn at(world: &World, word: &str) -> Peer {
    crate::network::question::peer(world, &MadePod::usual(), None, word).unwrap()
}

/// What may pass, as text.
fn told(world: &World, from: &str, to: &str) -> String {
    Evaluator::new(world).connections(at(world, from), at(world, to)).to_string()
}

/// The pairs of pods that may not speak over a port, `x/a>y/b`, in order.
fn closed(world: &World, protocol: Protocol, port: u16) -> Vec<String> {
    let evaluator = Evaluator::new(world);
    let short = |at: usize| format!("{}/{}", world.workloads[at].namespace, world.workloads[at].name);
    let mut closed = Vec::new();
    for from in 0..world.workloads.len() {
        for to in (0..world.workloads.len()).filter(|to| *to != from) {
            let open = evaluator.connections(Peer::Workload(from), Peer::Workload(to)).contains(protocol, port);
            closed.extend((!open).then(|| format!("{}>{}", short(from), short(to))));
        }
    }
    closed
}

fn closed_by(spec: &str) -> Vec<String> {
    closed(&world_with(&[policy(spec)]), Protocol::Tcp, 80)
}

const ALL: [&str; 9] = ["x/a", "x/b", "x/c", "y/a", "y/b", "y/c", "z/a", "z/b", "z/c"];

/// All pairs for which this holds, in order.
fn pairs(wanted: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let pairs = ALL.iter().flat_map(|from| ALL.iter().map(move |to| (*from, *to)));
    pairs.filter(|(from, to)| from != to && wanted(from, to)).map(|(from, to)| format!("{from}>{to}")).collect()
}

#[test]
fn without_a_policy_everything_is_open() {
    let world = world_with(&[]);
    assert!(closed(&world, Protocol::Tcp, 80).is_empty());
    let verdict = Evaluator::new(&world).allowed(at(&world, "x/a"), at(&world, "y/b"));
    assert!(verdict.connections.is_all());
    assert!(verdict.reasons.iter().all(|reason| reason.cause == Cause::Open) && verdict.reasons.len() == 2);
}

#[test]
fn a_policy_isolates_the_pods_that_it_selects_in_the_ways_that_it_is_about() {
    let within_x = |name: &str| name.starts_with("x/");
    assert_eq!(closed_by("{podSelector: {}}"), pairs(|_, to| within_x(to)));
    assert_eq!(closed_by("{podSelector: {}, policyTypes: [Ingress]}"), pairs(|_, to| within_x(to)));
    assert_eq!(closed_by("{podSelector: {}, policyTypes: []}"), pairs(|_, to| within_x(to)));
    assert_eq!(closed_by("{podSelector: {}, policyTypes: [Egress]}"), pairs(|from, _| within_x(from)));
    assert_eq!(
        closed_by("{podSelector: {}, policyTypes: [Ingress, Egress]}"),
        pairs(|from, to| within_x(from) || within_x(to))
    );
    assert_eq!(closed_by("{podSelector: {matchLabels: {pod: a}}}"), pairs(|_, to| to == "x/a"));
    // Egress counts without a policyType if there are such rules, and ingress does so always.
    assert_eq!(
        closed_by("{egress: [{to: [{podSelector: {}}]}]}"),
        pairs(|from, to| { within_x(to) || (within_x(from) && !within_x(to)) })
    );
    // Rules of a way that policyTypes leave out count for nothing.
    assert!(closed_by("{policyTypes: [Egress], ingress: [], egress: [{}]}").is_empty());
}

#[test]
fn no_peers_are_everyone_and_no_rules_are_nobody() {
    for open in ["[{}]", "[{from: []}]", "[{from: null, ports: []}]", "[{from: [{namespaceSelector: {}}]}]"] {
        let spec = format!("{{podSelector: {{}}, ingress: {open}}}");
        assert!(closed_by(&spec).is_empty(), "{open}");
    }
    for shut in ["[]", "null"] {
        assert!(!closed_by(&format!("{{podSelector: {{}}, ingress: {shut}}}")).is_empty(), "{shut}");
    }
}

#[test]
fn selectors_in_one_peer_are_and_and_two_peers_are_or() {
    let to_a = |from: &str| {
        let spec = format!("{{podSelector: {{matchLabels: {{pod: a}}}}, ingress: [{{from: {from}}}]}}");
        closed_by(&spec).iter().map(|pair| pair.split('>').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let except = |open: &[&str]| {
        ALL.iter()
            .filter(|name| **name != "x/a" && !open.contains(*name))
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    // A podSelector alone is about the policy's own namespace.
    assert_eq!(to_a("[{podSelector: {matchLabels: {pod: b}}}]"), except(&["x/b"]));
    assert_eq!(to_a("[{namespaceSelector: {matchLabels: {ns: y}}}]"), except(&["y/a", "y/b", "y/c"]));
    assert_eq!(
        to_a("[{namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: b}}}]"),
        except(&["y/b"])
    );
    assert_eq!(
        to_a("[{namespaceSelector: {matchLabels: {ns: y}}}, {podSelector: {matchLabels: {pod: b}}}]"),
        except(&["x/b", "y/a", "y/b", "y/c"])
    );
    // Every namespace has its name as a label.
    assert_eq!(
        to_a("[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: z}}, podSelector: {}}]"),
        except(&["z/a", "z/b", "z/c"])
    );
    assert_eq!(
        to_a(
            "[{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}, podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}}]"
        ),
        except(&["y/b", "y/c", "z/b", "z/c"])
    );
    assert_eq!(to_a("[{podSelector: {matchExpressions: [{key: pod, operator: Exists}]}}]"), except(&["x/b", "x/c"]));
    assert_eq!(to_a("[{podSelector: {matchExpressions: [{key: pod, operator: DoesNotExist}]}}]"), except(&[]));
    assert_eq!(
        to_a("[{podSelector: {matchLabels: {pod: b}, matchExpressions: [{key: pod, operator: NotIn, values: [b]}]}}]"),
        except(&[])
    );
}

#[test]
fn ports_are_those_of_the_destination() {
    let ingress = |ports: &str| {
        told(&world_with(&[policy(&format!("{{podSelector: {{}}, ingress: [{{ports: {ports}}}]}}"))]), "y/a", "x/a")
    };
    assert_eq!(ingress("[{port: 80}]"), "TCP 80");
    assert_eq!(ingress("[{port: 53, protocol: UDP}, {port: 80, protocol: TCP}]"), "TCP 80; UDP 53");
    assert_eq!(ingress("[{protocol: SCTP}]"), "SCTP all");
    assert_eq!(ingress("[{}]"), "TCP all");
    assert_eq!(ingress("[{port: 8000, endPort: 8080}, {port: 8081}]"), "TCP 8000-8081");
    assert_eq!(ingress("[{port: http}]"), "TCP 80");
    assert_eq!(ingress("[{port: query, protocol: UDP}]"), "UDP 53");
    // The name is that of a port of another protocol, or of none.
    assert_eq!(ingress("[{port: query}]"), "none");
    assert_eq!(ingress("[{port: lost}]"), "none");

    let egress = |ports: &str, to: &str| {
        let policy = policy(&format!("{{podSelector: {{}}, policyTypes: [Egress], egress: [{{ports: {ports}}}]}}"));
        let server = "---\n{apiVersion: v1, kind: Pod, metadata: {name: d, namespace: y}, spec: {containers: [{name: d, ports: [{name: http, containerPort: 8080}]}]}}\n";
        told(&world_with(&[policy, server.to_owned()]), "x/a", to)
    };
    assert_eq!(egress("[{port: 443}]", "y/a"), "TCP 443");
    // The same name is another number with another destination, and none at all with addresses.
    assert_eq!(egress("[{port: http}]", "y/a"), "TCP 80");
    assert_eq!(egress("[{port: http}]", "y/d"), "TCP 8080");
    assert_eq!(egress("[{port: http}, {port: 443}]", "203.0.113.7"), "TCP 443");
}

#[test]
fn policies_and_rules_add_up_and_both_ends_must_agree() {
    let one =
        policy("{podSelector: {}, ingress: [{ports: [{port: 80}]}, {ports: [{port: 81}], from: [{podSelector: {}}]}]}");
    let two = one.replace("name: policy", "name: two").replace("port: 80", "port: 443");
    let out = policy("{podSelector: {matchLabels: {pod: b}}, policyTypes: [Egress], egress: [{ports: [{port: 81}]}]}");
    let world = world_with(&[one, two, out.replace("name: policy", "name: out")]);
    assert_eq!(told(&world, "y/a", "x/a"), "TCP 80,443");
    assert_eq!(told(&world, "x/c", "x/a"), "TCP 80-81,443");
    assert_eq!(told(&world, "x/b", "x/a"), "TCP 81");
    assert_eq!(told(&world, "x/b", "y/a"), "TCP 81");
    let evaluator = Evaluator::new(&world);
    let (from, to) = (at(&world, "x/b"), at(&world, "x/a"));
    assert_eq!(evaluator.egress(from, to).to_string(), "TCP 81");
    assert_eq!(evaluator.ingress(from, to).to_string(), "TCP 80-81,443");
}

#[test]
fn a_reason_names_the_rule_or_those_who_isolate() {
    let world = world_with(&[policy("{podSelector: {}, ingress: [{ports: [{port: 443}]}, {ports: [{port: 80}]}]}")]);
    let evaluator = Evaluator::new(&world);
    let verdict = evaluator.allowed(at(&world, "y/a"), at(&world, "x/a"));
    let into: Vec<_> = verdict.reasons.iter().filter(|reason| reason.direction == Direction::Ingress).collect();
    let told: Vec<_> =
        into.iter().map(|reason| (reason.connections.to_string(), reason.told(evaluator.policies()))).collect();
    let policy = "NetworkPolicy x/policy";
    assert_eq!(
        told,
        [
            ("TCP 443".to_owned(), format!("{policy}, spec.ingress[0], allows it")),
            ("TCP 80".to_owned(), format!("{policy}, spec.ingress[1], allows it")),
            (
                "TCP 1-79,81-442,444-65535; UDP all; SCTP all".to_owned(),
                format!("{policy} isolates the pod for ingress, and none of its rules allows it")
            ),
        ]
    );
    assert_eq!(evaluator.isolating(at(&world, "x/a"), Direction::Ingress), [PolicyId::Network(0)]);
    assert!(!evaluator.is_isolated(at(&world, "x/a"), Direction::Egress));
}
