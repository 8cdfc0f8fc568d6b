use super::*;
use crate::network::world::tests::world_of;

/// The problems of a NetworkPolicy with this spec: place, weight, message.
fn problems(spec: &str) -> Vec<(String, Weight, String)> {
    problems_of("networking.k8s.io/v1", "NetworkPolicy", spec).1
}

fn problems_of(api_version: &str, kind: &str, spec: &str) -> (usize, Vec<(String, Weight, String)>) {
    let text = format!("{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: default}}, spec: {spec}}}");
    let policies = Policies::of(&world_of(&text));
    let problems = policies.problems.into_iter().map(|problem| (problem.pointer, problem.weight, problem.message));
    (policies.network.len() + policies.tiers.len(), problems.collect())
}

#[test]
fn what_the_api_server_refuses_is_no_policy_and_said_why() {
    for (spec, pointer, message) in [
        ("{podSelector: {matchLabels: {app: 1}}}", "/spec/podSelector/matchLabels/app", "put 1 in quotes"),
        (
            "{podSelector: {matchExpressions: [{key: app, operator: Is, values: [a]}]}}",
            "/spec/podSelector/matchExpressions/0/operator",
            "found \"Is\"",
        ),
        (
            "{podSelector: {matchExpressions: [{key: app, operator: In}]}}",
            "/spec/podSelector/matchExpressions/0/values",
            "In needs values",
        ),
        (
            "{podSelector: {matchExpressions: [{key: app, operator: Exists, values: [a]}]}}",
            "/spec/podSelector/matchExpressions/0/values",
            "Exists takes no values",
        ),
        ("{podSelector: {matchExpressions: [{operator: Exists}]}}", "/spec/podSelector/matchExpressions/0", "no `key`"),
        ("{policyTypes: [ingress]}", "/spec/policyTypes/0", "found \"ingress\""),
        ("{ingress: {from: []}}", "/spec/ingress", "expected a list"),
        ("{ingress: [{from: [{}]}]}", "/spec/ingress/0/from/0", "a peer needs"),
        (
            "{ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}",
            "/spec/ingress/0/from/0",
            "a peer of its own",
        ),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]}",
            "/spec/ingress/0/from/0/ipBlock/cidr",
            "found \"10.0.0.1\"",
        ),
        (
            "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}",
            "/spec/ingress/0/from/0/ipBlock/except/0",
            "no part of 10.0.0.0/8",
        ),
        ("{ingress: [{ports: [{port: 80, protocol: tcp}]}]}", "/spec/ingress/0/ports/0/protocol", "found \"tcp\""),
        ("{ingress: [{ports: [{port: \"80\"}]}]}", "/spec/ingress/0/ports/0/port", "write 80 without quotes"),
        ("{ingress: [{ports: [{port: 0}]}]}", "/spec/ingress/0/ports/0/port", "from 1 to 65535"),
        ("{ingress: [{ports: [{port: Web_Port}]}]}", "/spec/ingress/0/ports/0/port", "no name of a port"),
        (
            "{ingress: [{ports: [{port: 80, endPort: 79}]}]}",
            "/spec/ingress/0/ports/0/endPort",
            "endPort 79 is below port 80",
        ),
        ("{ingress: [{ports: [{endPort: 79}]}]}", "/spec/ingress/0/ports/0/endPort", "needs a port"),
        ("{ingress: [{ports: [{port: http, endPort: 79}]}]}", "/spec/ingress/0/ports/0/endPort", "named port"),
    ] {
        let (number, found) = problems_of("networking.k8s.io/v1", "NetworkPolicy", spec);
        assert_eq!(number, 0, "{spec}");
        let [(place, Weight::Refused, told)] = found.as_slice() else { panic!("{spec}: {found:?}") };
        assert!(place == pointer && told.contains(message), "{spec}: {place}: {told}");
    }
}

#[test]
fn a_field_that_does_not_exist_is_dropped_and_told() {
    let spec = "{podSelector: {}, ingress: [{from: [{podSelector: {}, namespaceSelectors: {}}]}]}";
    let found = problems(spec);
    let [(place, Weight::Dropped, message)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(place, "/spec/ingress/0/from/0/namespaceSelectors");
    assert_eq!(message, "there is no field `namespaceSelectors` here; did you mean `namespaceSelector`?");
}

#[test]
fn good_policies_have_no_problems() {
    for spec in [
        "null",
        "{}",
        "{podSelector: {}, ingress: null, egress: [{to: null, ports: null}], policyTypes: [Egress]}",
        "{podSelector: {matchLabels: null, matchExpressions: null}, ingress: [{ports: [{port: 80, endPort: 80, protocol: SCTP}, {}]}]}",
        "{ingress: [{from: [{ipBlock: {cidr: '::/0', except: ['fd00::/8']}}]}]}",
    ] {
        assert_eq!(problems_of("networking.k8s.io/v1", "NetworkPolicy", spec), (1, Vec::new()), "{spec}");
        assert_eq!(problems_of("extensions/v1beta1", "NetworkPolicy", spec), (1, Vec::new()), "{spec}");
    }
}

#[test]
fn policies_of_the_whole_cluster_are_read_as_strictly() {
    let subject = "subject: {namespaces: {}}";
    let alpha = "policy.networking.k8s.io/v1alpha1";
    for (kind, spec, pointer, message) in [
        ("AdminNetworkPolicy", format!("{{{subject}}}"), "/spec/priority", "from 0 to 1000"),
        ("AdminNetworkPolicy", format!("{{{subject}, priority: 1001}}"), "/spec/priority", "found 1001"),
        ("AdminNetworkPolicy", "{priority: 1}".to_owned(), "/spec", "no `subject`"),
        (
            "AdminNetworkPolicy",
            "{priority: 1, subject: {namespaces: {}, pods: {}}}".to_owned(),
            "/spec/subject",
            "exactly one of namespaces, pods",
        ),
        (
            "AdminNetworkPolicy",
            format!("{{{subject}, priority: 1, ingress: [{{action: Accept, from: [{{namespaces: {{}}}}]}}]}}"),
            "/spec/ingress/0/action",
            "expected the action Allow",
        ),
        (
            "AdminNetworkPolicy",
            format!("{{{subject}, priority: 1, egress: [{{action: Deny, to: []}}]}}"),
            "/spec/egress/0/to",
            "needs peers",
        ),
        (
            "AdminNetworkPolicy",
            format!("{{{subject}, priority: 1, egress: [{{action: Deny, to: [{{networks: [ten]}}]}}]}}"),
            "/spec/egress/0/to/0/networks/0",
            "found \"ten\"",
        ),
        ("ClusterNetworkPolicy", format!("{{{subject}, priority: 1, tier: Middle}}"), "/spec/tier", "found \"Middle\""),
        (
            "ClusterNetworkPolicy",
            format!(
                "{{{subject}, priority: 1, tier: Admin, ingress: [{{action: Allow, from: [{{namespaces: {{}}}}]}}]}}"
            ),
            "/spec/ingress/0/action",
            "expected the action Accept",
        ),
        (
            "ClusterNetworkPolicy",
            format!(
                "{{{subject}, priority: 1, tier: Admin, ingress: [{{action: Deny, from: [{{namespaces: {{}}}}], protocols: [{{tcp: {{destinationPort: {{range: {{start: 9, end: 8}}}}}}}}]}}]}}"
            ),
            "/spec/ingress/0/protocols/0/tcp/destinationPort/range/end",
            "below the start",
        ),
    ] {
        let (number, found) = problems_of(alpha, kind, &spec);
        assert_eq!(number, 0, "{kind} {spec}");
        let [(place, Weight::Refused, told)] = found.as_slice() else { panic!("{spec}: {found:?}") };
        assert!(place == pointer && told.contains(message), "{spec}: {place}: {told}");
    }
    assert_eq!(problems_of(alpha, "BaselineAdminNetworkPolicy", &format!("{{{subject}}}")), (1, Vec::new()));
}

#[test]
fn a_selector_is_told_as_kubectl_takes_it() {
    let text = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {podSelector: {matchLabels: {app: web}, matchExpressions: [{key: tier, operator: In, values: [a, b]}, {key: x, operator: NotIn, values: [y]}, {key: z, operator: DoesNotExist}, {key: w, operator: Exists}]}}}";
    let policies = Policies::of(&world_of(text));
    assert_eq!(policies.network[0].subject.to_string(), "app=web,tier in (a,b),x!=y,!z,w");
    assert_eq!(Selector::everything().to_string(), "<all>");
    assert_eq!(Selector::of_labels([("app", "web")]).to_string(), "app=web");
}

#[test]
fn no_value_in_any_place_is_too_odd() {
    use crate::network::evaluate::Evaluator;
    use crate::network::world::tests::world;
    use serde_json::{Value, json};

    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 80}]}]}});
    let network = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": {
        "podSelector": {"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "app", "operator": "In", "values": ["a"]}]},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {}}, {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": "http"}, {"port": 1, "endPort": 2, "protocol": "UDP"}]}]}});
    let cluster = json!({"apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy", "metadata": {"name": "c"}, "spec": {
        "tier": "Admin", "priority": 1, "subject": {"pods": {"namespaceSelector": {}, "podSelector": {}}},
        "egress": [{"name": "n", "action": "Deny", "to": [{"networks": ["10.0.0.0/8"]}], "protocols": [{"tcp": {"destinationPort": {"range": {"start": 1, "end": 2}}}}]}]}});
    let admin = json!({"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": "AdminNetworkPolicy", "metadata": {"name": "a"}, "spec": {
        "priority": 1, "subject": {"namespaces": {}},
        "ingress": [{"action": "Pass", "from": [{"namespaces": {}}], "ports": [{"portNumber": {"protocol": "TCP", "port": 1}}, {"portRange": {"start": 1, "end": 2}}, {"namedPort": "http"}]}]}});
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!("é\u{202e}"),
        json!([]),
        json!([null]),
        json!({}),
        json!({"x": [1]}),
    ];
    let mut seen = 0;
    for policy in [&network, &cluster, &admin] {
        for pointer in pointers(policy, String::new()) {
            for value in &odd {
                let mut changed = policy.clone();
                *changed.pointer_mut(&pointer).unwrap() = value.clone();
                if changed["kind"] != policy["kind"] || !changed["apiVersion"].is_string() {
                    continue;
                }
                let world = world(&[pod.clone(), changed]);
                let evaluator = Evaluator::new(&world);
                crate::network::lint::findings(&evaluator);
                // A policy is either taken or refused with a reason.
                let policies = evaluator.policies();
                let taken = policies.network.len() + policies.tiers.len();
                let group = policy["apiVersion"].as_str().unwrap().split('/').next().unwrap();
                let is_policy = world.objects.iter().any(|object| object.group() == group);
                let refused = policies.refused().next().is_some();
                assert_eq!(is_policy, (taken == 1) != refused, "{pointer} = {value}");
                // What cannot be read must not widen a rule.
                let of_port = pointer.contains("/ports/") || pointer.contains("/protocols/");
                // A field that does not exist is dropped, as the API server drops it.
                let unset = value.is_null() || value.is_object();
                // A name that no container can declare is taken, and matches nothing.
                let unset = unset || (pointer.ends_with("/namedPort") && value.is_string());
                assert!(refused || !of_port || unset, "{pointer} = {value}");
                seen += 1;
            }
        }
    }
    assert!(seen > 500, "{seen}");

    fn pointers(value: &Value, at: String) -> Vec<String> {
        let below: Vec<String> = match value {
            Value::Object(map) => map.iter().flat_map(|(key, value)| pointers(value, format!("{at}/{key}"))).collect(),
            Value::Array(list) => {
                list.iter().enumerate().flat_map(|(index, value)| pointers(value, format!("{at}/{index}"))).collect()
            }
            _ => Vec::new(),
        };
        let own = (!at.is_empty()).then_some(at);
        own.into_iter().chain(below).collect()
    }
}
