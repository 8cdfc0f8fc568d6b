use super::*;
use crate::network::world::Labels;
use crate::network::world::tests::world;
use serde_json::{Value, json};

/// A workload whose pods have its name as label `app`; `pod` is merged into the pod's spec.
fn workload(kind: &str, namespace: &str, name: &str, image: &str, more: Value) -> Value {
    let mut spec = json!({"containers": [{"name": "c", "image": image}]});
    for (key, value) in more.as_object().unwrap() {
        match key.as_str() {
            "args" => spec["containers"][0]["args"] = value.clone(),
            "ports" => spec["containers"][0]["ports"] = value.clone(),
            _ => spec[key] = value.clone(),
        }
    }
    let labels = more.get("labels").cloned().unwrap_or_else(|| json!({"app": name}));
    json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"namespace": namespace, "name": name},
        "spec": {"template": {"metadata": {"labels": labels}, "spec": spec}}})
}

fn dns_service(namespace: &str, name: &str, labels: &Value, address: &str, selector: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": namespace, "name": name, "labels": labels},
        "spec": {"clusterIP": address, "selector": selector,
            "ports": [{"port": 53, "protocol": "UDP", "targetPort": "dns"}, {"port": 53, "targetPort": "dns-tcp"}]}})
}

fn pods_of(namespace: &str, labels: &[(&str, &str)]) -> PodsOf {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Labels>();
    PodsOf { namespace: namespace.to_owned(), labels }
}

/// CoreDNS as kubeadm sets it up, listening on this port.
fn core_dns(port: u16, more: Value) -> Vec<Value> {
    let mut pod = json!({"labels": {"k8s-app": "kube-dns"}, "ports": [{"name": "dns", "containerPort": port, "protocol": "UDP"},
        {"name": "dns-tcp", "containerPort": port}]});
    pod.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let labels = json!({"k8s-app": "kube-dns"});
    vec![
        dns_service("kube-system", "kube-dns", &labels, "10.96.0.10", &labels),
        workload("Deployment", "kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.12.0", pod),
    ]
}

#[test]
fn name_servers_are_the_pods_behind_the_service_of_the_cluster() {
    let servers = NameServers::of(&world(&core_dns(53, json!({}))));
    assert_eq!(servers.pods, [pods_of("kube-system", &[("k8s-app", "kube-dns")])]);
    assert_eq!(servers.addresses, ["10.96.0.10".parse().unwrap()].into());
    assert!(servers.ports.is_empty() && !servers.on_nodes);
    // As OpenShift has it: another namespace, another port, behind the same one of the Service.
    let openshift = [
        dns_service("openshift-dns", "dns-default", &json!({}), "172.30.0.10", &json!({"dns": "default"})),
        workload(
            "DaemonSet",
            "openshift-dns",
            "dns-default",
            "dns",
            json!({"labels": {"dns": "default"},
            "ports": [{"name": "dns", "containerPort": 5353, "protocol": "UDP"}]}),
        ),
    ];
    let servers = NameServers::of(&world(&openshift));
    assert_eq!((servers.pods, servers.ports), (vec![pods_of("openshift-dns", &[("dns", "default")])], [5353].into()));
    assert!(NameServers::of(&world(&core_dns(53, json!({"hostNetwork": true})))).on_nodes);
}

#[test]
fn a_service_that_only_looks_like_one_is_none_unless_kubelets_are_told_of_it() {
    let labels = json!({"k8s-app": "kube-dns"});
    let own = dns_service("shop", "resolver", &labels, "10.96.0.99", &json!({"app": "resolver"}));
    assert_eq!(NameServers::of(&world(std::slice::from_ref(&own))), NameServers::default());
    let config = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "kube-system", "name": "kubelet-config"},
        "data": {"kubelet": "apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS: [10.96.0.99]\nkind: KubeletConfiguration\n"}});
    let servers = NameServers::of(&world(&[own, config]));
    assert_eq!(servers.pods, [pods_of("shop", &[("app", "resolver")])]);
}

#[test]
fn caches_on_nodes_add_their_addresses() {
    let mut objects = core_dns(53, json!({}));
    let args = json!(["-localip", "169.254.20.10,10.96.0.10", "-conf", "/etc/Corefile", "-upstreamsvc", "10.0.0.1"]);
    let cache = json!({"hostNetwork": true, "args": args});
    objects.push(workload(
        "DaemonSet",
        "kube-system",
        "node-local-dns",
        "registry.k8s.io/dns/k8s-dns-node-cache:1.25.0",
        cache,
    ));
    let servers = NameServers::of(&world(&objects));
    assert_eq!(servers.addresses, ["10.96.0.10".parse().unwrap(), "169.254.20.10".parse().unwrap()].into());
    assert!(!servers.on_nodes, "what the cache is asked by is an address");
}

fn class(name: &str, controller: &str, default: bool) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "spec": {"controller": controller},
        "metadata": {"name": name, "annotations": {"ingressclass.kubernetes.io/is-default-class": default.to_string()}}})
}

fn ingress(class: Option<&str>, annotation: Option<&str>) -> Value {
    let mut one = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"ingressClassName": class}});
    if let Some(annotation) = annotation {
        one["metadata"]["annotations"]["kubernetes.io/ingress.class"] = json!(annotation);
    }
    one
}

/// Who takes the traffic of the one route of a kind, by name; what is said of others.
fn takers(objects: &[Value], kind: &str) -> Option<Result<Vec<String>, String>> {
    let world = world(objects);
    let route = world.objects.iter().find(|object| object.kind() == kind).unwrap();
    Some(match Controllers::of(&world).of_route(route)? {
        Takers::Pods(places) => Ok(places.into_iter().map(|at| world.workloads[at].name.clone()).collect()),
        Takers::Elsewhere(why) => Err(why),
    })
}

const NGINX: &str = "registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:0";

fn named(names: &[&str]) -> Option<Result<Vec<String>, String>> {
    Some(Ok(names.iter().map(|name| (*name).to_owned()).collect()))
}

#[test]
fn an_ingress_leads_to_the_controller_of_its_class() {
    let nginx = |name: &str, args: Value| workload("Deployment", "ingress", name, NGINX, json!({"args": args}));
    let one = [class("nginx", "k8s.io/ingress-nginx", true), nginx("one", json!([]))];
    let with = |more: &[Value]| one.iter().chain(more).cloned().collect::<Vec<_>>();
    for route in [ingress(Some("nginx"), None), ingress(None, Some("nginx")), ingress(None, None)] {
        assert_eq!(takers(&with(std::slice::from_ref(&route)), "Ingress"), named(&["one"]), "{route}");
    }
    assert_eq!(takers(&with(&[ingress(Some("other"), None)]), "Ingress"), None);
    // Two installations are told apart by what they are started with.
    let inner = nginx("inner", json!(["/nginx", "--controller-class=k8s.io/inner-nginx"]));
    let outer = nginx("outer", json!(["/nginx", "--controller-class=k8s.io/ingress-nginx"]));
    let classes = [class("nginx", "k8s.io/ingress-nginx", false), class("inner", "k8s.io/inner-nginx", false)];
    for (name, wanted) in [("nginx", "outer"), ("inner", "inner")] {
        let objects: Vec<Value> =
            classes.iter().cloned().chain([inner.clone(), outer.clone(), ingress(Some(name), None)]).collect();
        assert_eq!(takers(&objects, "Ingress"), named(&[wanted]), "{name}");
    }
}

#[test]
fn who_is_no_pod_that_a_selector_names_is_said() {
    let why = |controller: &str, workloads: &[Value]| {
        let objects: Vec<Value> =
            [class("x", controller, false), ingress(Some("x"), None)].iter().chain(workloads).cloned().collect();
        takers(&objects, "Ingress")
    };
    let on_node = workload("DaemonSet", "ingress", "nginx", NGINX, json!({"hostNetwork": true}));
    let told = why("k8s.io/ingress-nginx", &[on_node]).unwrap().unwrap_err();
    assert_eq!(told, "DaemonSet ingress/nginx uses the network of its node");
    assert!(why("cilium.io/ingress-controller", &[]).unwrap().unwrap_err().contains("identity"));
    assert!(why("ingress.k8s.aws/alb", &[]).unwrap().unwrap_err().contains("AWS"));
    assert_eq!(why("example.com/unheard-of", &[]), None);
    assert_eq!(why("k8s.io/ingress-nginx", &[]), None, "the class is there and its controller is not");
}

#[test]
fn routes_of_gateways_lead_to_what_was_deployed_for_them() {
    let gateway = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"namespace": "edge", "name": "out"},
        "spec": {"gatewayClassName": "any"}});
    let class = |name: &str| {
        json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "any"},
        "spec": {"controllerName": name}})
    };
    let route = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"parentRefs": [{"namespace": "edge", "name": "out"}]}});
    let labels = json!({"gateway.networking.k8s.io/gateway-name": "out"});
    let own = workload("Deployment", "edge", "out-proxy", "proxy", json!({"labels": labels}));
    let other = workload("Deployment", "else", "out-proxy", "proxy", json!({"labels": labels}));
    let all = [gateway.clone(), class("example.com/gateway"), route.clone(), own, other];
    assert_eq!(takers(&all, "HTTPRoute"), named(&["out-proxy"]));
    let traefik = workload("Deployment", "kube-system", "traefik", "rancher/mirrored-library-traefik:3.3", json!({}));
    let all = [gateway.clone(), class("traefik.io/gateway-controller"), route.clone(), traefik.clone()];
    assert_eq!(takers(&all, "HTTPRoute"), named(&["traefik"]));
    assert!(takers(&[gateway, class("io.cilium/gateway-controller"), route.clone()], "HTTPRoute").unwrap().is_err());
    assert_eq!(takers(&[route], "HTTPRoute"), None, "a gateway that nobody knows");
    // Kinds of one program, and the gateways of Istio.
    let own = json!({"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": {"namespace": "shop", "name": "web"}, "spec": {}});
    assert_eq!(takers(&[own, traefik], "IngressRoute"), named(&["traefik"]));
    let istio = [
        json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"namespace": "shop", "name": "out"},
            "spec": {"selector": {"istio": "ingressgateway"}}}),
        json!({"apiVersion": "networking.istio.io/v1", "kind": "VirtualService", "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"gateways": ["mesh", "out"]}}),
        workload("Deployment", "istio-system", "gate", "auto", json!({"labels": {"istio": "ingressgateway"}})),
    ];
    assert_eq!(takers(&istio, "VirtualService"), named(&["gate"]));
}

#[test]
fn scrapers_are_known_by_their_images_and_places() {
    let of = |objects: &[Value]| -> Vec<String> {
        scrapers::of(&world(objects)).into_iter().map(|pods| pods.namespace).collect()
    };
    let prometheus =
        workload("StatefulSet", "monitoring", "prometheus-k8s", "quay.io/prometheus/prometheus:v3.2.0", json!({}));
    let exporter = workload("DaemonSet", "exporters", "node", "quay.io/prometheus/node-exporter:v1", json!({}));
    let collector =
        workload("Deployment", "telemetry", "otel", "otel/opentelemetry-collector-contrib:0.120.0", json!({}));
    assert_eq!(of(&[prometheus.clone(), exporter.clone()]), ["monitoring"]);
    assert_eq!(of(&[prometheus.clone(), collector.clone()]), ["monitoring", "telemetry"]);
    assert!(of(&[collector, exporter]).is_empty(), "what may scrape is no proof that nobody else does");
    let on_node =
        |kind: &str| workload(kind, "agents", "agent", "docker.io/datadog/agent:7", json!({"hostNetwork": true}));
    assert_eq!(of(&[prometheus.clone(), on_node("DaemonSet")]), ["monitoring"]);
    assert!(of(&[prometheus, on_node("Deployment")]).is_empty());
}

#[test]
fn a_plugin_tells_whether_policies_are_enforced() {
    let daemons = |namespace: &str, name: &str, image: &str, args: Value| {
        workload("DaemonSet", namespace, name, image, json!({"hostNetwork": true, "args": args}))
    };
    let of = |objects: &[Value], version| enforcement(&world(objects), version).to_string();
    let flannel = daemons("kube-flannel", "kube-flannel-ds", "ghcr.io/flannel-io/flannel:v0.26.4", json!([]));
    let policies = daemons(
        "kube-system",
        "kube-network-policies",
        "registry.k8s.io/networking/kube-network-policies:v0.8.0",
        json!([]),
    );
    let calico = daemons("calico-system", "calico-node", "quay.io/calico/node:v3.30.0", json!([]));
    let kindnet =
        |tag: &str| daemons("kube-system", "kindnet", &format!("docker.io/kindest/kindnetd:{tag}"), json!([]));
    let aws = |told: &str| {
        daemons(
            "kube-system",
            "aws-node",
            "602401143452.dkr.ecr.us-west-2.amazonaws.com/amazon-k8s-cni:v1.19.0",
            json!([told]),
        )
    };
    let by = |plugin: &str| format!("NetworkPolicies are enforced by {plugin}");
    assert_eq!(of(&[calico], None), by("Calico (DaemonSet calico-system/calico-node)"));
    assert!(
        of(std::slice::from_ref(&flannel), None)
            .contains("accepted but not enforced: Flannel (DaemonSet kube-flannel/kube-flannel-ds)")
    );
    assert!(of(&[flannel, policies], None).starts_with(&by("kube-network-policies")), "who acts counts");
    assert!(of(&[kindnet("v20240813-c6f155d6")], None).starts_with(&by("kindnet of kind")));
    assert!(of(&[kindnet("v20240202-8f1494ea")], None).contains("not enforced: kindnet of kind"));
    assert!(of(&[aws("--enable-network-policy=true")], None).starts_with(&by("Amazon VPC CNI")));
    assert!(of(&[aws("--enable-network-policy=false")], None).contains("not enforced: Amazon VPC CNI"));
    let cilium = daemons(
        "kube-system",
        "cilium",
        "quay.io/cilium/cilium:v1.17.2@sha256:1782794aeac951af139315c10eff34050aa7579c12827ee9ec376bb719b82873",
        json!([]),
    );
    let config = |mode: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cilium-config", "namespace": "kube-system"}, "data": {"enable-policy": mode}});
    let named = "Cilium (DaemonSet kube-system/cilium)";
    assert_eq!(of(&[cilium.clone(), config("default")], None), by(named));
    assert_eq!(of(std::slice::from_ref(&cilium), None), by(named));
    let off = of(&[cilium.clone(), config("never")], None);
    assert!(
        off.contains(&format!(
            "not enforced: {named}, as ConfigMap kube-system/cilium-config says enable-policy: never,"
        )),
        "{off}"
    );
    let unread = world(&[cilium]).lacking(["ConfigMap".to_owned()].into());
    let doubt = enforcement(&unread, None).to_string();
    assert!(
        doubt.ends_with(
            "unless ConfigMap kube-system/cilium-config says enable-policy: never: the ConfigMap could not be read"
        ),
        "{doubt}"
    );
    let k3s = of(&[], Some("v1.33.1+k3s1"));
    assert!(k3s.starts_with(&by("k3s, which knows a pod only a while after it has started")), "{k3s}");
    assert!(of(&[], Some("v1.33.1")).contains("is not known"));
    // A Deployment of that image, and the image under another name, are no plugin.
    let tool = workload("Deployment", "x", "x", "quay.io/calico/node:v3.30.0", json!({}));
    let other = daemons("x", "x", "example.com/mycalico/nodes:1", json!([]));
    assert!(of(&[tool, other], None).contains("is not known"));
}
