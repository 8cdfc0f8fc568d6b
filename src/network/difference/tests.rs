use super::*;
use crate::network::MadePod;
use crate::network::policy::Policies;
use crate::network::world::tests::world_of;

const WORKLOADS: &str = "\
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: db, namespace: shop}, spec: {template: {metadata: {labels: {app: db}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: twin, namespace: test}, spec: {template: {metadata: {labels: {app: t}}, spec: {containers: []}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: twin2, namespace: test}, spec: {template: {metadata: {labels: {app: t}}, spec: {containers: []}}}}
";

fn policy(namespace: &str, spec: &str) -> String {
    format!(
        "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: p, namespace: {namespace}}}, spec: {spec}}}\n"
    )
}

/// What opens and closes, as text.
fn changes(before: &str, after: &str) -> Vec<String> {
    let world = world_of(WORKLOADS);
    let policies = |text: &str| Policies::of(&world_of(&format!("{text}\n---\n{{}}\n")));
    let [old, new] = [before, after].map(|text| Evaluator::with(&world, policies(text), MadePod::usual()));
    let difference = difference(&old, &new);
    let names = |peers: &[Peer]| peers.iter().map(|peer| new.name(*peer)).collect::<Vec<_>>().join(" ");
    let told =
        |sign: &str, flow: &Flow| format!("{sign} {} > {}: {}", names(&flow.from), names(&flow.to), flow.connections);
    let opened = difference.opened.iter().map(|flow| told("+", flow));
    opened.chain(difference.closed.iter().map(|flow| told("-", flow))).collect()
}

const WEB: &str = "shop/web[Deployment]";
const TWINS: &str = "test/twin[Deployment] test/twin2[Deployment]";

#[test]
fn the_same_meaning_in_other_words_is_no_difference() {
    let one = policy("shop", "{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80, endPort: 90}]}]}");
    let other = policy(
        "shop",
        "{podSelector: {matchExpressions: [{key: app, operator: In, values: [db]}]}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}, {ports: [{port: 81, endPort: 90}]}]}",
    );
    assert!(changes(&one, &other).is_empty());
    assert!(changes("", "").is_empty());
}

#[test]
fn what_opens_and_what_closes_is_told_by_peers_and_connections() {
    let db = |rule: &str| policy("shop", &format!("{{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{rule}]}}"));
    let (web, world) = (
        "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}",
        "{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}",
    );
    assert_eq!(
        changes(&db(web), &db(world)),
        ["+ 10.0.0.0/8 > shop/db[Deployment]: all".to_owned(), format!("- {WEB} > shop/db[Deployment]: TCP 5432"),]
    );
    let all = format!("{WEB} {TWINS} {{ingress-controller}} 0.0.0.0/0");
    assert_eq!(changes("", &db("")), [format!("- {all} > shop/db[Deployment]: all")]);
    assert_eq!(changes(&db(""), ""), [format!("+ {all} > shop/db[Deployment]: all")]);
}

#[test]
fn a_workload_is_no_peer_of_its_own_and_like_ones_are_peers() {
    let test = policy(
        "test",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [test]}]}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]}",
    );
    assert_eq!(
        changes("", &test),
        [
            "- test/twin[Deployment] > test/twin2[Deployment]: all",
            "- test/twin2[Deployment] > test/twin[Deployment]: all",
        ]
    );
}

#[test]
fn name_servers_are_among_the_destinations() {
    let out = policy(
        "shop",
        "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 0.0.0.0/0}}]}]}",
    );
    assert_eq!(changes("", &out), [format!("- {WEB} > {TWINS} {{dns}} {{openshift-dns}}: all")]);
}
