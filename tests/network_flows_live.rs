//! Observed flows against a cluster, through the binary: whose an address is, the Pods say.
#![cfg(feature = "cluster")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "common/api_server.rs"]
mod api_server;
mod common;

use api_server::ApiServer;
use common::Place;
use serde_json::{Value, json};

/// A Deployment with a Pod at this address.
fn deployment(namespace: &str, name: &str, address: &str) -> Vec<Value> {
    let labels = json!({"app": name});
    let owner = |kind: &str, name: String| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}]);
    let spec = json!({"containers": [{"name": "a", "image": "a", "ports": [{"containerPort": 8080}]}]});
    let mut pod_labels = labels.clone();
    pod_labels["pod-template-hash"] = json!("5d9c");
    let about = |name: String| json!({"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}")});
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": about(format!("{name}-5d9c-x")), "spec": spec,
        "status": {"podIP": address, "hostIP": "192.0.2.1", "phase": "Running"}});
    pod["metadata"]["labels"] = pod_labels;
    pod["metadata"]["ownerReferences"] = owner("ReplicaSet", format!("{name}-5d9c"));
    vec![
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": about(name.to_owned()),
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}}}),
        pod,
    ]
}

fn shop() -> Vec<Value> {
    let mut objects = deployment("shop", "web", "10.244.0.7");
    objects.extend(deployment("shop", "api", "10.244.0.8"));
    objects.extend(deployment("other", "caller", "10.244.0.9"));
    objects.push(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "api", "namespace": "shop", "uid": "s"},
        "spec": {"clusterIP": "10.96.0.8", "selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": 8080}]}}),
    );
    objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "uid": "n"}}));
    objects
}

const LISTING: &str = "\
tcp 6 9 ESTABLISHED src=10.244.0.7 dst=10.96.0.8 sport=40000 dport=80 src=10.244.0.8 dst=10.244.0.7 sport=8080 dport=40000 use=1
tcp 6 9 ESTABLISHED src=10.244.0.9 dst=10.244.0.7 sport=40000 dport=8080 src=10.244.0.7 dst=10.244.0.9 sport=8080 dport=40000 use=1
";

#[test]
fn addresses_are_those_of_the_pods_that_run() {
    let (place, server) = (Place::new(), ApiServer::new(shop(), |_| false));
    place.write("seen", LISTING);
    let ran = place.run(&format!("network graph -n shop --flows seen {}", server.flags()));
    let lines: Vec<String> =
        ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for wanted in [
        "Deployment shop/web Deployment shop/api TCP 8080 observed: 1 flow in seen",
        "Deployment other/caller Deployment shop/web TCP 8080 observed: 1 flow in seen",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted}\n{ran:?}");
    }
    // Without flows nobody asks for pods with all that they are.
    let whole = |server: &ApiServer| {
        server.asked.lock().unwrap().iter().filter(|path| path.starts_with("/api/v1/pods?")).count()
    };
    let asked = whole(&server);
    assert_eq!(place.run(&format!("network graph -n shop {}", server.flags())).code, 0);
    let plain = ApiServer::new(shop(), |_| false);
    assert_eq!(place.run(&format!("network graph -n shop {}", plain.flags())).code, 0);
    assert_eq!(whole(&plain) + 1, asked, "{:?}", plain.asked.lock().unwrap());
}

#[test]
fn whose_pods_may_not_be_listed_is_not_known_and_said() {
    let elsewhere = |path: &str| path == "/api/v1/pods";
    let (place, server) = (Place::new(), ApiServer::new(shop(), elsewhere));
    place.write("seen", LISTING);
    let ran = place.run(&format!("network graph -n shop --flows seen {}", server.flags()));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.err.contains("may not list pods outside of namespace shop: who has which address there is not known"),
        "{ran:?}"
    );
    assert!(ran.err.contains("1 flow left out, as nobody of the input is known to be 10.244.0.9"), "{ran:?}");
    assert!(ran.out.contains("observed: 1 flow in seen"), "{ran:?}");
}

#[test]
fn check_judges_by_the_policies_of_the_cluster() {
    let mut objects = shop();
    objects.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "web", "namespace": "shop", "uid": "p"},
        "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}}));
    let (place, server) = (Place::new(), ApiServer::new(objects, |_| false));
    place.write("seen", LISTING);
    let ran = place.run(&format!("network check -n shop --flows seen {}", server.flags()));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.lines().count() == 2 && ran.out.contains("Deployment other/caller"), "{ran:?}");
    assert!(ran.err.ends_with("2 observed connections judged: 1 would be cut off\n"), "{ran:?}");
}
