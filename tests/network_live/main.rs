//! The verbs of `network` against a cluster, through the binary: what is read, what is said of what may not be read, and that
//! what a server adds to objects changes nothing.
#![cfg(feature = "cluster")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "../common/api_server.rs"]
mod api_server;
#[path = "../common/mod.rs"]
mod common;
mod parts;

use api_server::ApiServer;
use common::{Place, Ran};
use serde_json::{Value, json};

/// A front end that gets the address of its database from a Secret and its password beside it, and somebody elsewhere who calls
/// the front end.
const SHOP: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: shop/web:1
        ports: [{name: http, containerPort: 8080}]
        envFrom: [{secretRef: {name: web}}]
        env: [{name: BANK, value: 'https://bank.example'}, {name: LEDGER_HOST, value: ledger}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - {name: db, image: shop/db:1, ports: [{name: db, containerPort: 5432}]}
---
apiVersion: v1
kind: Secret
metadata: {name: web, namespace: shop}
data: {DB_URL: cG9zdGdyZXM6Ly93ZWI6aHVudGVyMkBkYi9zaG9w}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432, targetPort: db}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: ledger, namespace: shop}
spec: {ports: [{port: 9000}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ledger-1, namespace: shop, labels: {kubernetes.io/service-name: ledger}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7]}]
ports: [{port: 9000}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: caller, namespace: other}
spec:
  selector: {matchLabels: {app: caller}}
  template:
    metadata: {labels: {app: caller}}
    spec:
      containers: [{name: caller, image: other/caller:1, env: [{name: SHOP_URL, value: 'http://web.shop'}]}]
";

/// What people wrote.
fn written() -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(SHOP);
    documents.map(|document| serde::Deserialize::deserialize(document).unwrap()).collect()
}

/// The same as a server has it: with defaults, notes of its own, and what its controllers made.
fn live() -> Vec<Value> {
    let mut objects = written();
    let mut made = Vec::new();
    for (at, object) in objects.iter_mut().enumerate() {
        let kind = object["kind"].as_str().unwrap().to_owned();
        let about = &mut object["metadata"];
        about["uid"] = json!(format!("uid-{at}"));
        about["resourceVersion"] = json!("7");
        about["managedFields"] = json!([{"manager": "kubectl"}]);
        about["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] = json!("{\"password\":\"hunter2\"}");
        let (name, namespace) = (about["name"].clone(), about["namespace"].clone());
        match kind.as_str() {
            "Service" => {
                object["spec"]["type"] = json!("ClusterIP");
                object["spec"]["clusterIP"] = json!(format!("10.96.0.{}", 10 + at));
                object["spec"]["sessionAffinity"] = json!("None");
                for port in object["spec"]["ports"].as_array_mut().unwrap() {
                    port["protocol"] = json!("TCP");
                }
            }
            "Deployment" => {
                object["spec"]["replicas"] = json!(1);
                object["status"] = json!({"replicas": 1});
                let pod = &mut object["spec"]["template"];
                pod["spec"]["restartPolicy"] = json!("Always");
                let labels = json!({"app": name, "pod-template-hash": "5d9c"});
                let by = |kind: &str, name: &str| json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": "u", "controller": true}]);
                let set = format!("{}-5d9c", name.as_str().unwrap());
                let template = json!({"metadata": {"labels": labels}, "spec": pod["spec"]});
                made.push(json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "spec": {"selector": {"matchLabels": labels}, "template": template},
                    "metadata": {"name": set, "namespace": namespace, "labels": labels, "ownerReferences": by("Deployment", name.as_str().unwrap())}}));
                made.push(json!({"apiVersion": "v1", "kind": "Pod", "spec": pod["spec"], "status": {"podIP": "10.0.0.9"},
                    "metadata": {"name": format!("{set}-x"), "namespace": namespace, "labels": labels, "ownerReferences": by("ReplicaSet", &set)}}));
            }
            _ => {}
        }
    }
    for namespace in ["shop", "other"] {
        made.push(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}));
    }
    objects.extend(made);
    objects
}

fn open() -> ApiServer {
    ApiServer::new(live(), |_| false)
}

fn shop() -> Place {
    let place = Place::new();
    place.write("shop/all.yaml", SHOP);
    place
}

/// Run a verb of `network` against the server.
fn run(place: &Place, server: &ApiServer, line: &str) -> Ran {
    place.run(&format!("network {line} {}", server.flags()))
}

#[test]
fn the_policies_of_a_cluster_are_those_of_its_manifests() {
    let (place, server) = (shop(), open());
    let files = place.run("network policies -f shop/");
    assert_eq!(files.code, 0, "{files:?}");
    let all = run(&place, &server, "policies -A");
    assert_eq!((all.code, &all.out), (0, &files.out), "{}", all.err);
    assert!(all.out.contains("192.0.2.7/32") && all.out.contains("key DB_URL of Secret web"), "{}", all.out);
    // Of one namespace the same, without those of the others; who calls from there is known.
    let one = run(&place, &server, "policies -n shop");
    assert_eq!(one.code, 0, "{one:?}");
    let documents = |text: &str| text.split("---\n").map(str::to_owned).collect::<Vec<_>>();
    let shops: Vec<String> =
        documents(&files.out).into_iter().filter(|one| one.contains("\n  namespace: shop\n")).collect();
    assert_eq!(documents(&one.out), shops);
    assert!(one.out.contains("from Deployment other/caller, TCP 8080"), "{}", one.out);
    for ran in [files, all, one] {
        assert!(!format!("{}{}", ran.out, ran.err).contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn a_verb_asks_for_what_it_needs_and_no_more() {
    let (place, server) = (shop(), open());
    assert_eq!(run(&place, &server, "can deploy/web sts/db 5432 -n shop").code, 0);
    let asked = server.asked.lock().unwrap().clone();
    // Of ConfigMaps those that set up the network.
    let is_setting = |path: &&String| !path.contains("configmaps?fieldSelector=metadata.name%3Dcilium-config&");
    for kind in ["secrets", "configmaps", "serviceaccounts", "endpointslices"] {
        assert!(!asked.iter().filter(is_setting).any(|path| path.contains(kind)), "{asked:?}");
    }
    assert!(asked.iter().any(|path| path.contains("/networkpolicies?")), "{asked:?}");
    assert_eq!(run(&place, &server, "graph -n shop").code, 0);
    let asked = server.asked.lock().unwrap().clone();
    let secrets = asked.iter().find(|path| path.contains("/secrets?")).unwrap();
    assert!(secrets.contains("fieldSelector=type%21%3Dhelm.sh%2Frelease.v1"), "{secrets}");
    assert!(!asked.iter().any(|path| path.contains("/endpoints?")), "{asked:?}");
}

#[test]
fn who_may_read_one_namespace_gets_its_policies_and_is_told_what_is_not_known() {
    let everywhere = |path: &str| !path.contains("/namespaces/");
    let (place, server) = (shop(), ApiServer::new(live(), everywhere));
    let ran = run(&place, &server, "policies -n shop");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("to Deployment shop/db") || ran.out.contains("to StatefulSet shop/db, TCP 5432"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("other/caller"), "{}", ran.out);
    let told: Vec<&str> = ran.err.lines().filter(|line| line.contains("outside of namespace shop")).collect();
    assert_eq!(told.len(), 1, "{}", ran.err);
    assert!(
        told[0].contains("services") && told[0].contains("workloads") && told[0].contains("networkpolicies"),
        "{told:?}"
    );
    // Over all namespaces nothing can be said.
    let ran = run(&place, &server, "policies -A");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("User \"jane\""), "{}", ran.err);
}

#[test]
fn what_may_not_be_read_costs_precision_and_is_said_once() {
    let secrets = |path: &str| path.ends_with("/secrets");
    let (place, server) = (shop(), ApiServer::new(live(), secrets));
    let ran = run(&place, &server, "policies -n shop");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!ran.out.contains("Secret web"), "{}", ran.out);
    assert_eq!(ran.err.matches("may not list secrets in shop").count(), 1, "{}", ran.err);
    // Without Services nothing is known of anything.
    let services = |path: &str| path.ends_with("/services");
    let ran = run(&place, &ApiServer::new(live(), services), "policies -n shop");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("services is forbidden"), "{}", ran.err);
}

/// Only pods with this label may reach the database.
fn policy(label: &str) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "db", "namespace": "shop", "uid": "p"},
        "spec": {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": label}}}]}]}})
}

#[test]
fn can_and_check_judge_the_policies_of_the_cluster() {
    let mut objects = live();
    objects.push(policy("wbe"));
    let (place, server) = (shop(), ApiServer::new(objects, |_| false));
    let ran = run(&place, &server, "can web db 5432 -n shop");
    assert_eq!((ran.code, ran.out.lines().next()), (1, Some("no")), "{ran:?}");
    let found = run(&place, &server, "check -n shop");
    assert_eq!(found.code, 1, "{found:?}");
    assert!(found.out.contains("spec.ingress[0].from[0]"), "{}", found.out);
    assert!(found.err.contains("1 policy, 2 workloads"), "{}", found.err);
    let data: Value = serde_json::from_str(&run(&place, &server, "check -n shop -o json").out).unwrap();
    let row = &data["findings"][0]["policy"];
    assert_eq!((row["name"].as_str(), row.get("file")), (Some("db"), None), "{row}");
    // Another namespace has no policies.
    assert_eq!(run(&place, &server, "check -n other").code, 0);
    let ran = run(&place, &server, "check -n nope");
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "a typing error is no clean namespace: {ran:?}");
    assert!(ran.err.starts_with("Error from server (NotFound): "), "{}", ran.err);
}

/// The rows of a table of what opens and closes, with single blanks.
fn flows(ran: &Ran) -> Vec<String> {
    ran.out.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn manifests_are_compared_with_the_cluster_both_ways() {
    let mut objects = live();
    objects.push(policy("wbe"));
    let (place, server) = (shop(), ApiServer::new(objects, |_| false));
    place.write("shop/policy.yaml", policy("web").to_string());
    // What applying them would open: the policy of the cluster is replaced.
    let ran = run(&place, &server, "check -f shop/ --against-live");
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (1, "1 policy before, 1 now, 3 workloads: 1 flow opened, 0 closed\n"),
        "{ran:?}"
    );
    assert_eq!(flows(&ran), ["opened shop/web[Deployment] shop/db[StatefulSet] all"]);
    // What the cluster closes against them.
    let ran = run(&place, &server, "check -n shop --against shop/");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(flows(&ran), ["closed shop/web[Deployment] shop/db[StatefulSet] all"]);
    // A policy that only the cluster has stays when others are applied.
    place.write("web/web.yaml", SHOP.split("---\n").nth(1).unwrap());
    let ran = run(&place, &server, "check -f web/ --against-live");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    for (line, why) in [
        ("check --against-live", "name them with -f"),
        ("check -f shop/ -A", "-A picks among the objects of a cluster"),
        ("policies -f shop/ -n shop", "-n picks among the objects of a cluster"),
        ("check -f shop/ --against-live -n other", "does not match the namespace"),
    ] {
        let ran = run(&place, &server, line);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}: {ran:?}");
        assert!(ran.err.contains(why), "{line}: {}", ran.err);
    }
}

/// A workload of the cluster's own.
fn part(kind: &str, namespace: &str, name: &str, image: &str) -> Value {
    let labels = json!({"app": name});
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": namespace, "name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"containers": [{"name": "c", "image": image}]}}}})
}

/// What is narrowed in a cluster by what it shows: name resolution, routes and scraping.
fn exposed() -> Vec<Value> {
    vec![
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db-metrics", "namespace": "shop",
            "annotations": {"prometheus.io/scrape": "true"}}, "spec": {"selector": {"app": "db"}, "ports": [{"port": 9187}]}}),
    ]
}

#[test]
fn what_a_cluster_shows_of_itself_narrows_rules_as_flags_do() {
    let mut objects = live();
    objects.extend(exposed());
    objects.extend([
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
            "spec": {"controller": "k8s.io/ingress-nginx"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
            "spec": {"clusterIP": "10.96.0.10", "selector": {"app": "coredns"}, "ports": [{"port": 53, "protocol": "UDP"}]}}),
        part("Deployment", "kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.12.0"),
        part("DaemonSet", "kube-system", "calico-node", "docker.io/calico/node:v3.30.0"),
        part("Deployment", "ingress", "nginx", "registry.k8s.io/ingress-nginx/controller:v1.12.0"),
        part("StatefulSet", "monitoring", "prometheus", "quay.io/prometheus/prometheus:v3.2.0"),
    ]);
    let (place, server) = (shop(), ApiServer::new(objects, |_| false));
    let live = run(&place, &server, "policies -n shop");
    assert_eq!(live.code, 0, "{live:?}");
    for said in ["NetworkPolicies are enforced by Calico", "names are resolved by Service kube-system/kube-dns"] {
        assert_eq!(live.err.matches(said).count(), 1, "{said}: {}", live.err);
    }
    for (wanted, never) in
        [("10.96.0.10/32", "openshift-dns"), ("monitoring", "namespaceSelector: {}"), ("app: nginx", "from anywhere")]
    {
        assert!(live.out.contains(wanted) && !live.out.contains(never), "{wanted}, {never}: {}", live.out);
    }
    // The controller is part of what the cluster tells, so that the manifests have to hold it, too.
    let text = |value: &Value| format!("---\n{}", serde_yaml::to_string(value).unwrap());
    let more = exposed().iter().chain([&part("Deployment", "ingress", "nginx", "x")]).map(text).collect::<String>();
    place.write("shop/more.yaml", more);
    let flags = "--dns-server kube-system:app=coredns --dns-server 10.96.0.10 --scraper monitoring --ingress-controller ingress:app=nginx";
    let files = place.run(&format!("network policies -f shop/ {flags}"));
    assert_eq!(files.code, 0, "{files:?}");
    let of_shop = |text: &str| -> Vec<String> {
        text.split("---\n").filter(|one| one.contains("\n  namespace: shop\n")).map(str::to_owned).collect()
    };
    assert_eq!(of_shop(&live.out), of_shop(&files.out));
    // Without flags everybody may come in.
    assert_ne!(of_shop(&live.out), of_shop(&place.run("network policies -f shop/").out));
    // With these policies the name servers are those of the cluster for who judges them, too.
    assert_eq!(run(&place, &server, "can web {dns} 53/udp -n shop").code, 0);
}

#[test]
fn a_cluster_without_a_plugin_that_enforces_says_so() {
    let mut objects = live();
    objects.push(part("DaemonSet", "kube-flannel", "kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.26.4"));
    let server = ApiServer::new(objects, |_| false);
    for verb in ["policies", "check"] {
        let ran = run(&shop(), &server, &format!("{verb} -n shop"));
        assert!(ran.code < 2, "{ran:?}");
        assert_eq!(ran.err.matches("accepted but not enforced: Flannel").count(), 1, "{}", ran.err);
    }
    let ran = run(&shop(), &open(), "check -n shop");
    assert!(ran.err.contains("whether NetworkPolicies are enforced is not known"), "{}", ran.err);
}

#[test]
fn a_plugin_that_its_settings_turn_off_does_not_enforce() {
    let mut objects = live();
    objects.push(part("DaemonSet", "kube-system", "cilium", "quay.io/cilium/cilium:v1.17.2"));
    objects.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cilium-config", "namespace": "kube-system"},
        "data": {"enable-policy": "never"}}));
    let server = ApiServer::new(objects.clone(), |_| false);
    let off = "accepted but not enforced: Cilium (DaemonSet kube-system/cilium), as ConfigMap kube-system/cilium-config says enable-policy: never, does not act";
    let ran = run(&shop(), &server, "check -n shop");
    assert!(ran.err.contains(off), "{}", ran.err);
    let asked: Vec<String> =
        server.asked.lock().unwrap().iter().filter(|path| path.contains("configmaps")).cloned().collect();
    assert!(!asked.is_empty() && asked.iter().all(|path| path.contains("metadata.name%3Dcilium-config")), "{asked:?}");
    let ran = run(&shop(), &server, "policies -n shop");
    assert!(ran.err.contains(off), "{}", ran.err);
    // Whoever may not read it is told what depends on it, and nothing else.
    let closed = ApiServer::new(objects, |path| path.ends_with("/configmaps"));
    let ran = run(&shop(), &closed, "check -n shop");
    let doubt = "unless ConfigMap kube-system/cilium-config says enable-policy: never: the ConfigMap could not be read";
    assert!(ran.code < 2 && ran.err.contains(doubt) && !ran.err.contains("may not list"), "{}", ran.err);
}

#[test]
fn rights_that_may_not_be_read_are_taken_for_given() {
    let mut objects = live();
    let mut worker = part("Deployment", "shop", "worker", "shop/worker:1");
    worker["spec"]["template"]["spec"]["serviceAccountName"] = json!("worker");
    objects.push(worker);
    objects.push(
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "worker", "namespace": "shop"}}),
    );
    objects.push(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "other", "namespace": "shop"},
        "roleRef": {"kind": "Role", "name": "other"}, "subjects": [{"kind": "ServiceAccount", "name": "other"}]}));
    let asks = |ran: &Ran| {
        ran.out.contains("to the API server, TCP 443, 6443: nothing is known of the rights of ServiceAccount worker")
    };
    let place = shop();
    assert!(!asks(&run(&place, &ApiServer::new(objects.clone(), |_| false), "policies -n shop")));
    let ran = run(&place, &ApiServer::new(objects, |path| path.ends_with("/rolebindings")), "policies -n shop");
    assert!(asks(&ran), "{ran:?}");
}
