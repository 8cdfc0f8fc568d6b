//! NetworkPolicies as part of a plan for live objects, through the binary: which namespaces get them, and what is read for it.
#![cfg(feature = "cluster")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "common/api_server.rs"]
mod api_server;
mod common;

use api_server::ApiServer;
use common::{Place, Ran};
use serde_json::{Value, json};

const ONLY: &str = "--only network-policies";

fn deployment(namespace: &str, name: &str, env: Value) -> Value {
    let container = json!({"name": name, "image": "shop/x:1", "ports": [{"containerPort": 8080}], "env": env});
    let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}});
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "resourceVersion": "1"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template}})
}

fn service(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}-service")},
        "spec": {"selector": {"app": name}, "ports": [{"port": 8080, "protocol": "TCP"}]}})
}

/// A front end, its store, and somebody elsewhere who calls the front end.
fn shop() -> Vec<Value> {
    let names = |name: &str| json!([{"name": "URL", "value": format!("http://{name}:8080")}]);
    vec![
        deployment("shop", "web", names("db")),
        deployment("shop", "db", json!([])),
        service("shop", "web"),
        service("shop", "db"),
        deployment("other", "caller", names("web.shop")),
    ]
}

/// The policies that a diff would add, as a server has them.
fn made(place: &Place, server: &ApiServer) -> Vec<Value> {
    let ran = run(place, server, &format!("diff -n shop --all {ONLY} -o yaml -q"));
    let documents = serde_yaml::Deserializer::from_str(&ran.out);
    let all = documents.map(|document| <Value as serde::Deserialize>::deserialize(document).unwrap());
    let mut made: Vec<Value> = all.filter(|value| value["kind"] == "NetworkPolicy").collect();
    for (at, policy) in made.iter_mut().enumerate() {
        policy["metadata"]["uid"] = json!(format!("policy-{at}"));
        policy["metadata"]["resourceVersion"] = json!("9");
        policy["metadata"]["managedFields"] = json!([{"manager": "pod-hardener"}]);
    }
    made
}

fn run(place: &Place, server: &ApiServer, line: &str) -> Ran {
    place.run(&format!("{line} {}", server.flags()))
}

fn one_line(ran: &Ran) -> String {
    ran.err.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_whole_namespace_gets_the_policies_that_fit() {
    let (place, server) = (Place::new(), ApiServer::new(shop(), |_| false));
    let wanted = run(&place, &server, "network policies -n shop -q");
    let all = run(&place, &server, &format!("diff -n shop --all {ONLY} -o yaml -q"));
    assert_eq!((wanted.code, all.code), (0, 1), "{wanted:?} {all:?}");
    assert!(all.out.ends_with(&wanted.out) && wanted.out.contains("from Deployment other/caller"), "{}", all.out);
    let diff = run(&place, &server, &format!("diff -n shop --all {ONLY}"));
    assert!(diff.out.contains("+++ b/networking.k8s.io.v1.NetworkPolicy.shop\n"), "{}", diff.out);
    let check = run(&place, &server, &format!("check -n shop --all {ONLY}"));
    assert_eq!(check.code, 1, "{check:?}");
    assert!(check.out.contains("in namespace shop 4 NetworkPolicies are missing"), "{}", check.out);
    assert!(
        check.out.contains("namespace shop gets NetworkPolicies default-deny, allow-dns, db, web"),
        "{}",
        check.out
    );
    // By types it is the whole as well, as far as there are no others.
    assert_eq!(run(&place, &server, &format!("diff -n shop deployments {ONLY}")).code, 1);
    assert_eq!(run(&place, &server, &format!("diff -n shop deployment/web deployment/db {ONLY}")).code, 1);
}

#[test]
fn a_part_of_a_namespace_gets_none_unless_asked_for() {
    let (place, server) = (Place::new(), ApiServer::new(shop(), |_| false));
    let part = run(&place, &server, &format!("diff -n shop deployment/web {ONLY}"));
    assert_eq!((part.code, part.out.as_str()), (0, ""), "{part:?}");
    let said = one_line(&part);
    assert!(said.contains("deployment.apps/db in shop is not among") && said.contains("--network-policies"), "{said}");
    let asked = run(&place, &server, &format!("diff -n shop deployment/web {ONLY} --network-policies -q"));
    let whole = run(&place, &server, &format!("diff -n shop --all {ONLY} -q"));
    assert_eq!((asked.code, &asked.out), (1, &whole.out), "{asked:?}");
    let quiet = run(&place, &server, "diff -n shop deployment/web --only seccomp-profile --network-policies=false");
    assert!(!quiet.err.contains("NetworkPolicies"), "{}", quiet.err);
}

#[test]
fn a_missing_right_leaves_them_out_and_is_no_error() {
    let (place, server) = (Place::new(), ApiServer::new(shop(), |path| path.ends_with("/secrets")));
    for verb in ["diff", "check"] {
        let ran = run(&place, &server, &format!("{verb} -n shop --all {ONLY}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(one_line(&ran).contains("would be cut: may not list secrets"), "{}", ran.err);
    }
    let narrow = ApiServer::new(shop(), |path| !path.contains("/namespaces/"));
    let ran = run(&place, &narrow, &format!("diff -n shop --all {ONLY} --network-policies"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(one_line(&ran).contains("outside of namespace shop"), "{}", ran.err);
}

#[test]
fn what_is_not_needed_is_not_read() {
    let traffic = |server: &ApiServer| server.asked.lock().unwrap().iter().any(|path| path.contains("/secrets?"));
    let place = Place::new();
    let reads = |line: &str| {
        let objects = [shop(), vec![deployment("kube-system", "coredns", json!([]))]].concat();
        let server = ApiServer::new(objects, |_| false);
        let ran = run(&place, &server, line);
        assert!(ran.code < 2, "{ran:?}");
        traffic(&server)
    };
    assert!(reads(&format!("check -n shop --all {ONLY}")));
    assert!(!reads("check -n shop --all --only privileged"));
    assert!(!reads(&format!("check -n shop deployment/web {ONLY}")));
    assert!(!reads(&format!("check -n kube-system --all {ONLY}")));
}

#[test]
fn a_check_of_very_many_says_that_it_does_not_judge_them() {
    let many = (0..2001).map(|at| deployment("shop", &format!("d{at}"), json!([]))).collect();
    let (place, server) = (Place::new(), ApiServer::new(many, |_| false));
    let ran = run(&place, &server, &format!("check -A {ONLY}"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(one_line(&ran).contains("a check of more than 2000 workloads does not read all traffic"), "{}", ran.err);
    assert!(!server.asked.lock().unwrap().iter().any(|path| path.contains("/secrets?")));
}

#[test]
fn a_second_time_there_is_nothing_and_what_no_longer_fits_is_shown() {
    let place = Place::new();
    let policies = made(&place, &ApiServer::new(shop(), |_| false));
    let with = |objects: Vec<Value>| ApiServer::new([objects, policies.clone()].concat(), |_| false);
    let again = run(&place, &with(shop()), &format!("diff -n shop --all {ONLY}"));
    assert_eq!((again.code, again.out.as_str()), (0, ""), "{again:?}");
    let is = |one: &Value, name: &str| one["metadata"]["name"] == name && one["kind"] == "Deployment";
    let without = |name: &str| shop().into_iter().filter(|one| !is(one, name)).collect::<Vec<_>>();
    let less = run(&place, &with(without("caller")), &format!("diff -n shop --all {ONLY}"));
    assert_eq!(less.code, 1, "{less:?}");
    assert!(less.out.contains("\n-      from Deployment other/caller, TCP 8080"), "{}", less.out);
    assert!(!less.out.contains("\n-  name: "), "{}", less.out);
    let gone = run(&place, &with(without("web")), &format!("diff -n shop --all {ONLY}"));
    assert!(gone.out.contains("\n-  name: web\n") && !gone.out.contains("\n-  name: default-deny\n"), "{}", gone.out);
    // Another namespace's policies are no business of who asks about this one.
    let other = run(&place, &with(without("web")), &format!("diff -n other --all {ONLY}"));
    assert!(!other.out.contains("namespace: shop"), "{}", other.out);
}

#[test]
fn what_is_of_others_or_changed_by_hand_stays() {
    let place = Place::new();
    let mut policies = made(&place, &ApiServer::new(shop(), |_| false));
    let db = policies.iter_mut().find(|policy| policy["metadata"]["name"] == "db").unwrap();
    db["spec"]["ingress"] = json!([{}]);
    let theirs = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "theirs", "namespace": "shop", "uid": "t"}, "spec": {"podSelector": {"matchLabels": {"app": "x"}}}});
    let objects = [shop(), policies, vec![theirs]].concat();
    let server = ApiServer::new(objects, |_| false);
    let ran = run(&place, &server, &format!("diff -n shop --all {ONLY}"));
    assert!(ran.err.contains("shop/db was changed by hand"), "{}", ran.err);
    assert!(!ran.out.contains("name: theirs") && !ran.out.contains("\n-  name: db"), "{}", ran.out);
}

#[test]
fn a_plugin_that_does_not_enforce_is_told_and_live_pods_get_a_label() {
    let mut flannel = deployment("kube-flannel", "kube-flannel-ds", json!([]));
    flannel["kind"] = json!("DaemonSet");
    flannel["spec"]["template"]["spec"]["containers"][0]["image"] = json!("ghcr.io/flannel-io/flannel:v0.26.4");
    let container = json!({"name": "r", "image": "r:1", "env": [{"name": "URL", "value": "http://db:8080"}]});
    let template = json!({"metadata": {}, "spec": {"containers": [container]}});
    let metadata = json!({"name": "report", "namespace": "shop", "uid": "c", "resourceVersion": "1"});
    let cron = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata,
        "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": template}}}});
    let (place, server) = (Place::new(), ApiServer::new([shop(), vec![flannel, cron]].concat(), |_| false));
    let ran = run(&place, &server, &format!("diff -n shop --all {ONLY}"));
    assert!(ran.code == 1 && one_line(&ran).contains("accepted but not enforced: Flannel"), "{ran:?}");
    // This server makes nothing of what it is asked to try.
    assert!(one_line(&ran).contains("cronjob.batch/report: 1 value"), "{ran:?}");
    assert!(one_line(&ran).contains("{labels: {kubectl-harden.dev/workload: report}}"), "{ran:?}");
}

#[test]
fn where_a_plugin_has_policies_of_its_own_none_are_added() {
    let own = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "db", "namespace": "shop", "uid": "p", "resourceVersion": "1"}, "spec": {}});
    let (place, server) = (Place::new(), ApiServer::new([shop(), vec![own]].concat(), |_| false));
    let ran = run(&place, &server, &format!("diff -n shop --all {ONLY}"));
    assert!(ran.code == 0 && ran.out.is_empty(), "{ran:?}");
    assert!(one_line(&ran).contains("CiliumNetworkPolicy shop/db decides there"), "{ran:?}");
}
