//! The parts of a cluster: what policies make of its controllers, name servers, plugins and policies of its own.

use super::*;

/// The policies that a cluster gets.
fn policies_of(objects: Vec<Value>) -> Vec<Value> {
    let ran = run(&shop(), &ApiServer::new(objects, |_| false), "policies -n shop");
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_yaml::Deserializer::from_str(&ran.out).map(|one| serde::Deserialize::deserialize(one).unwrap()).collect()
}

/// The shop, and more beside it.
fn with(more: Vec<Value>) -> Vec<Value> {
    live().into_iter().chain(more).collect()
}

#[test]
fn routes_from_no_pod_that_a_selector_names_keep_their_port_open_and_say_why() {
    let mut nginx = part("DaemonSet", "ingress", "nginx", "registry.k8s.io/ingress-nginx/controller:v1.12.0");
    nginx["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
    for (controller, why) in [
        ("k8s.io/ingress-nginx", "DaemonSet ingress/nginx uses the network of its node"),
        ("cilium.io/ingress-controller", "which no NetworkPolicy matches"),
        ("ingress.k8s.aws/alb", "a load balancer of AWS is no pod"),
        ("example.com/other", "is not known (--ingress-controller)"),
    ] {
        let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "nginx"},
            "spec": {"controller": controller}});
        let objects = with(exposed().into_iter().chain([class, nginx.clone()]).collect());
        let ran = run(&shop(), &ApiServer::new(objects, |_| false), "policies -n shop");
        assert!(ran.code == 0 && ran.out.contains("from anywhere, TCP 8080: Ingress shop/web"), "{ran:?}");
        assert!(ran.err.contains(&format!("{why}, so its port takes all sources")), "{}", ran.err);
    }
}

#[test]
fn name_servers_on_nodes_and_their_caches_are_reached() {
    let labels = json!({"k8s-app": "kube-dns"});
    let metadata = json!({"name": "kube-dns", "namespace": "kube-system", "labels": labels});
    let dns = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata,
        "spec": {"clusterIP": "10.96.0.10", "selector": {"app": "coredns"}, "ports": [{"port": 53, "protocol": "UDP"}]}});
    let mut servers = part("Deployment", "kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.12.0");
    let image = "registry.k8s.io/dns/k8s-dns-node-cache:1.25.0";
    let mut cache = part("DaemonSet", "kube-system", "node-local-dns", image);
    cache["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["-localip", "169.254.20.25,10.96.0.10"]);
    let rule = |more: Vec<Value>| {
        let mut policies = policies_of(with(more)).into_iter();
        policies.find(|one| one["metadata"]["name"] == "allow-dns").unwrap()["spec"]["egress"][0].clone()
    };
    let known = rule(vec![dns.clone(), servers.clone(), cache]);
    assert!(known["to"].as_array().unwrap().contains(&json!({"ipBlock": {"cidr": "169.254.20.25/32"}})), "{known}");
    servers["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
    assert!(rule(vec![dns, servers])["to"].is_null());
}

#[test]
fn a_job_that_runs_is_selected_by_its_name_and_needs_no_label() {
    let labels = json!({"batch.kubernetes.io/controller-uid": "u-job", "batch.kubernetes.io/job-name": "migrate",
        "controller-uid": "u-job", "job-name": "migrate"});
    let container = json!({"name": "m", "image": "shop/migrate:1", "env": [{"name": "DB_HOST", "value": "db"}]});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "migrate", "namespace": "shop", "uid": "u-job"},
        "spec": {"selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": "u-job"}},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}});
    let mut policies = policies_of(with(vec![job])).into_iter();
    let own = policies.find(|one| one["metadata"]["name"] == "migrate").unwrap();
    assert_eq!(own["spec"]["podSelector"], json!({"matchLabels": {"job-name": "migrate"}}));
}

#[test]
fn every_plugin_of_the_table_is_told() {
    for (namespace, name, image, said) in [
        ("openshift-ovn-kubernetes", "ovnkube-node", "x", "enforced by OVN-Kubernetes"),
        ("kube-system", "anetd", "x", "enforced by GKE Dataplane V2"),
        ("kube-system", "antrea-agent", "antrea/antrea-agent-ubuntu:v2.3.0", "enforced by Antrea"),
        ("kube-system", "cilium", "quay.io/cilium/cilium:v1.17.2", "enforced by Cilium"),
        ("kube-system", "kindnet", "docker.io/kindest/kindnetd:v20240813-c6f155d6", "enforced by kindnet of kind"),
        ("kube-system", "azure-npm", "x", "enforced by Azure Network Policy Manager"),
        ("kube-system", "azure-cns", "x", "accepted but not enforced: Azure CNI"),
        ("kube-system", "aws-node", "example/amazon-k8s-cni:v1.19.0", "accepted but not enforced: Amazon VPC CNI"),
        ("kube-system", "kube-flannel", "ghcr.io/siderolabs/flannel:v0.27.0", "accepted but not enforced: Flannel"),
        (
            "kube-system",
            "kube-router",
            "docker.io/cloudnativelabs/kube-router:v2.5.0",
            "enforced by kube-router (DaemonSet kube-system/kube-router), which knows a pod only a while after",
        ),
    ] {
        let objects = with(vec![part("DaemonSet", namespace, name, image)]);
        let ran = run(&shop(), &ApiServer::new(objects, |_| false), "check -n shop");
        assert!(ran.err.split_whitespace().collect::<Vec<_>>().join(" ").contains(said), "{said}: {}", ran.err);
    }
}

#[test]
fn policies_of_the_whole_cluster_are_read_of_a_server() {
    for (version, kind, name, mut spec) in [
        ("v1alpha1", "AdminNetworkPolicy", "no", json!({"priority": 1})),
        ("v1alpha1", "BaselineAdminNetworkPolicy", "default", json!({})),
        ("v1alpha2", "ClusterNetworkPolicy", "no", json!({"tier": "Admin", "priority": 1})),
    ] {
        spec["subject"] = json!({"namespaces": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}});
        spec["ingress"] = json!([{"action": "Deny", "from": [{"namespaces": {}}]}]);
        let version = format!("policy.networking.k8s.io/{version}");
        let policy = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec});
        let ran = run(&shop(), &ApiServer::new(with(vec![policy]), |_| false), "can web db 5432 -n shop");
        let denies = format!("{kind} {name}, spec.ingress[0], denies it");
        assert!(ran.code == 1 && ran.out.contains(&denies), "{ran:?}");
    }
}
