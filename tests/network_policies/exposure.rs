//! What takes calls from elsewhere, and on which ports.

use super::*;

#[test]
fn pods_of_a_stateful_set_reach_each_other() {
    let set = workload("apps/v1, kind: StatefulSet", "shop", "zk", "serviceName: zk\n", &ports(2888));
    let made = made(
        &(set
            + &service("shop", "zk", "clusterIP: None, selector: {app: zk}, ports: [{port: 2181}]")
            + &deployment("shop", "web", &env("X", "zk-0.zk:2888"))),
        "--strict",
    );
    assert!(
        made.told("zk", "evidence")
            .contains(&"from StatefulSet shop/zk, TCP 2181, 2888: serviceName zk: its pods reach each other")
    );
    assert!(
        made.told("zk", "evidence")
            .contains(&"to StatefulSet shop/zk, TCP 2181, 2888: serviceName zk: its pods reach each other")
    );
    // A headless Service has no ports of its own: what the client says counts.
    assert!(made.can("shop/web", "shop/zk", "2888") && !made.can("shop/web", "shop/zk", "2181"));
}

#[test]
fn services_that_nodes_and_load_balancers_serve() {
    let of = |spec: &str| {
        deployment("shop", "web", &ports(8080))
            + &service(
                "shop",
                "web",
                &format!("selector: {{app: web}}, ports: [{{port: 80, targetPort: main}}], {spec}"),
            )
    };
    for spec in [
        "type: NodePort",
        "type: LoadBalancer",
        "externalIPs: [192.0.2.1]",
        "type: LoadBalancer, loadBalancerSourceRanges: [192.0.2.0/24]",
    ] {
        let made = made(&of(spec), "");
        assert!(made.can("0.0.0.0/0", "shop/web", "8080"), "{spec}");
        assert!(!made.can("0.0.0.0/0", "shop/web", "80"), "{spec}");
    }
    // Only with Local do pods see where a client really is.
    let local =
        made(&of("type: LoadBalancer, externalTrafficPolicy: Local, loadBalancerSourceRanges: [192.0.2.0/24]"), "");
    assert!(local.can("192.0.2.0/24", "shop/web", "8080") && !local.can("198.51.100.1", "shop/web", "8080"));
    let host_port =
        made(&deployment("shop", "web", "ports: [{containerPort: 8080, hostPort: 80}, {containerPort: 9}]\n"), "");
    assert!(host_port.can("0.0.0.0/0", "shop/web", "8080") && !host_port.can("0.0.0.0/0", "shop/web", "9"));
}

#[test]
fn every_kind_of_route_opens_its_port() {
    let backend =
        deployment("shop", "web", "ports: [{name: main, containerPort: 8080}, {name: admin, containerPort: 9}]\n")
            + &service(
                "shop",
                "web",
                "selector: {app: web}, ports: [{name: http, port: 80, targetPort: main}, {name: admin, port: 9}]",
            );
    let route = |version: &str, kind: &str, spec: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: r, namespace: shop}}\nspec: {spec}\n")
    };
    let gateway = "gateway.networking.k8s.io/v1";
    for (version, kind, spec) in [
        (
            "networking.k8s.io/v1",
            "Ingress",
            "{rules: [{http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]}",
        ),
        ("networking.k8s.io/v1", "Ingress", "{defaultBackend: {service: {name: web, port: {name: http}}}}"),
        (
            "extensions/v1beta1",
            "Ingress",
            "{rules: [{http: {paths: [{backend: {serviceName: web, servicePort: 80}}]}}]}",
        ),
        ("extensions/v1beta1", "Ingress", "{backend: {serviceName: web, servicePort: http}}"),
        ("route.openshift.io/v1", "Route", "{to: {kind: Service, name: web}, port: {targetPort: http}}"),
        (gateway, "HTTPRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}"),
        (
            gateway,
            "HTTPRoute",
            "{rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: web, port: 80}}}]}]}",
        ),
        (gateway, "GRPCRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}"),
        (gateway, "TCPRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}"),
        (gateway, "TLSRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}"),
        (gateway, "UDPRoute", "{rules: [{backendRefs: [{name: web, port: 80}]}]}"),
        ("traefik.io/v1alpha1", "IngressRoute", "{routes: [{services: [{name: web, port: 80}]}]}"),
        ("traefik.containo.us/v1alpha1", "IngressRouteTCP", "{routes: [{services: [{name: web, port: http}]}]}"),
        ("traefik.io/v1alpha1", "TraefikService", "{weighted: {services: [{name: web, port: 80}]}}"),
        ("projectcontour.io/v1", "HTTPProxy", "{routes: [{services: [{name: web, port: 80}]}]}"),
        (
            "networking.istio.io/v1",
            "VirtualService",
            "{gateways: [edge], http: [{route: [{destination: {host: web.shop.svc.cluster.local, port: {number: 80}}}]}]}",
        ),
    ] {
        let made = made(&(backend.clone() + &route(version, kind, spec)), "");
        assert!(made.can("{ingress-controller}", "shop/web", "8080"), "{kind} {spec}");
        assert!(!made.can("{ingress-controller}", "shop/web", "9"), "{kind} {spec}");
        assert!(
            made.told("web", "evidence")[0].ends_with(&format!("TCP 8080: {kind} shop/r")),
            "{:?}",
            made.told("web", "evidence")
        );
    }
    // Without a port the router takes all of them.
    let all =
        made(&(backend.clone() + &route("route.openshift.io/v1", "Route", "{to: {kind: Service, name: web}}")), "");
    assert!(all.can("{ingress-controller}", "shop/web", "8080") && all.can("{ingress-controller}", "shop/web", "9"));
    let mesh = made(
        &(backend
            + &route("networking.istio.io/v1", "VirtualService", "{http: [{route: [{destination: {host: web}}]}]}")),
        "--strict",
    );
    assert!(!mesh.can("0.0.0.0/0", "shop/web", "8080"));
}

#[test]
fn routes_come_from_their_controller_where_it_is_known() {
    let manifests = deployment("shop", "web", &ports(8080))
        + &service("shop", "web", "selector: {app: web}, ports: [{port: 80, targetPort: 8080}]")
        + "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: r, namespace: shop}\nspec: {rules: [{host: shop.example.com, http: {paths: [{backend: {service: {name: web, port: {number: 80}}}}]}}]}\n---\n"
        + &deployment("edge", "nginx", "")
        + &deployment("edge", "other", "")
        + &deployment("shop", "caller", &env("SHOP_URL", "https://shop.example.com"));
    let made = made(&manifests, "--ingress-controller edge:app=nginx");
    assert!(made.can("edge/nginx", "shop/web", "8080") && !made.can("edge/other", "shop/web", "8080"));
    assert!(!made.can("0.0.0.0/0", "shop/web", "8080"));
    // Who calls the host of a route goes out, or straight to the controller.
    assert!(made.can("shop/caller", "203.0.113.9", "443"));
    let rules = made.policy("caller")["spec"]["egress"].to_string();
    assert!(rules.contains("\"kubernetes.io/metadata.name\":\"edge\""), "{rules}");
    assert!(self::made(&manifests, "").notes().contains("--ingress-controller"));
    let place = Place::new();
    let wrong = place.run("network policies -f x.yaml --ingress-controller edge:nginx");
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("expected LABEL=VALUE, found \"nginx\""), "{}", wrong.err);
}

#[test]
fn pods_on_the_network_of_their_node_have_no_policy_and_are_no_peer() {
    let agent = deployment("shop", "agent", &(env("DB_HOST", "db") + &ports(9100)))
        .replace("      containers:", "      hostNetwork: true\n      containers:");
    let manifests = shop("AGENT", "agent:9100")
        + &agent
        + &service("shop", "agent", "selector: {app: agent}, ports: [{port: 9100}]");
    let made = made(&manifests, "");
    assert_eq!(made.policy("agent"), &Value::Null);
    assert!(made.can("192.0.2.1", "shop/db", "5432") && !made.can("192.0.2.1", "shop/db", "5433"));
    assert!(made.can("shop/web", "192.0.2.1", "9100"));
    assert!(made.notes().contains("Deployment shop/agent uses the network of its node"), "{}", made.notes());
}

#[test]
fn ports_are_those_of_pods_and_numbers() {
    let manifests = deployment("shop", "web", &env("API", "http://api:80"))
        + &deployment("shop", "one", &ports(8080))
        + &deployment("shop", "two", &ports(9090));
    let manifests = manifests
        .replace("labels: {app: one}", "labels: {app: one, part: api}")
        .replace("labels: {app: two}", "labels: {app: two, part: api}")
        + &service("shop", "api", "selector: {part: api}, ports: [{port: 80, targetPort: main}]");
    let made = made(&manifests, "");
    // The same name is another number in each of the workloads behind it.
    assert!(made.can("shop/web", "shop/one", "8080") && made.can("shop/web", "shop/two", "9090"));
    assert!(!made.can("shop/web", "shop/one", "9090") && !made.can("shop/web", "shop/one", "80"));
    let compat = self::made(&manifests, "--compat-service-port");
    assert!(compat.can("shop/web", "shop/one", "80") && compat.can("shop/web", "shop/one", "8080"));
    for policy in made.report["policies"].as_array().unwrap() {
        let text = policy["spec"].to_string();
        assert!(!text.contains("endPort") && !text.contains("\"port\":\""), "{text}");
    }
}

#[test]
fn probes_from_nodes_that_are_named() {
    let web = deployment(
        "shop",
        "web",
        &(ports(8080) + "readinessProbe: {httpGet: {port: main}}\nlivenessProbe: {tcpSocket: {port: 8081}}\n"),
    );
    let made = made(&web, "--node-cidr 10.1.0.0/16");
    assert!(made.can("10.1.2.3", "shop/web", "8080") && made.can("10.1.2.3", "shop/web", "8081"));
    assert!(!made.can("10.2.2.3", "shop/web", "8080") && !made.can("10.1.2.3", "shop/web", "8082"));
    assert!(!self::made(&web, "").can("10.1.2.3", "shop/web", "8080"));
}

#[test]
fn what_the_api_server_calls_takes_all_sources() {
    let hook = deployment("shop", "hook", &ports(9443))
        + &service(
            "shop",
            "hook",
            "selector: {app: hook}, ports: [{port: 443, targetPort: main}, {name: x, port: 99}]",
        );
    let service = "service: {name: hook, namespace: shop}";
    for object in [
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {{name: h}}\nwebhooks: [{{clientConfig: {{{service}}}}}]\n"
        ),
        format!(
            "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {{name: h}}\nwebhooks: [{{clientConfig: {{{service}}}}}]\n"
        ),
        format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: h}}\nspec: {{conversion: {{webhook: {{clientConfig: {{{service}}}}}}}}}\n"
        ),
        format!(
            "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {{name: h}}\nspec: {{{service}}}\n"
        ),
    ] {
        let made = made(&(hook.clone() + &object), "--strict");
        assert!(made.can("192.0.2.1", "shop/hook", "9443"), "{object}");
        assert!(!made.can("192.0.2.1", "shop/hook", "99"), "{object}");
    }
}

#[test]
fn controllers_of_routes_and_scrapers_reach_all_pods() {
    let image = |name: &str, image: &str| deployment("edge", name, "").replace(&format!("shop/{name}:1"), image);
    let manifests = image("gate", "registry.k8s.io/ingress-nginx/controller:v1")
        + &image("gate2", "traefik:v3")
        + &image("watch", "prom/prometheus:v2")
        + &image("count", "example/prometheus-exporter:1")
        + &deployment("shop", "web", &ports(8080)).replace(
            "metadata: {labels: {app: web}}",
            "metadata: {labels: {app: web}, annotations: {prometheus.io/scrape: \"true\"}}",
        );
    let made = made(&manifests, "");
    assert!(made.can("edge/watch", "shop/web", "8080") && !made.can("edge/count", "shop/web", "8080"));
    for gate in ["gate", "gate2"] {
        assert_eq!(made.told(gate, "assumed").len(), 1, "{gate}");
    }
    let strict = self::made(&manifests, "--strict");
    assert!(!strict.can("edge/watch", "shop/web", "8080"));
}

#[test]
fn ports_that_no_container_declares() {
    let set = workload("apps/v1, kind: StatefulSet", "shop", "etcd", "serviceName: etcd\n", &ports(2379));
    let headless = "clusterIP: None, selector: {app: etcd}, ports: [{name: a, port: 2379}, {name: b, port: 2380}]";
    let made = made(&(set + &service("shop", "etcd", headless)), "--strict");
    let own = made.told("etcd", "evidence");
    assert!(
        own.contains(&"to StatefulSet shop/etcd, TCP 2379, 2380: serviceName etcd: its pods reach each other"),
        "{own:?}"
    );
    // Addresses behind a Service have the ports of their own object, matched by name.
    let manifests = deployment("shop", "web", &env("W", "http://w"))
        + &service("shop", "w", "ports: [{name: a, port: 80}, {name: b, port: 81}]")
        + "apiVersion: v1\nkind: Endpoints\nmetadata: {name: w, namespace: shop}\nsubsets: [{addresses: [{ip: 10.1.2.3}], ports: [{name: a, port: 5432}, {name: b, port: 5433}]}]\n---\n";
    let made = self::made(&manifests, "");
    assert!(made.can("shop/web", "10.1.2.3", "5432") && !made.can("shop/web", "10.1.2.3", "80"));
    let one = self::made(&manifests.replace("http://w", "http://w:80"), "");
    assert!(one.can("shop/web", "10.1.2.3", "5432") && !one.can("shop/web", "10.1.2.3", "5433"));
}

#[test]
fn monitors_that_name_a_port_of_the_pods_open_that_one_alone() {
    let web =
        deployment("shop", "web", "ports: [{name: main, containerPort: 8080}, {name: metrics, containerPort: 9090}]\n")
            + &service("shop", "web", "selector: {app: web}, ports: [{name: http, port: 80, targetPort: main}]")
                .replace("metadata: {", "metadata: {labels: {app: web}, ");
    for target in ["metrics", "9090"] {
        let monitor = format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {{name: m, namespace: shop}}\nspec: {{selector: {{matchLabels: {{app: web}}}}, endpoints: [{{targetPort: {target}}}]}}\n---\n"
        );
        let made = made(&(web.clone() + &monitor), "--strict");
        assert!(made.can("{ingress-controller}", "shop/web", "9090"), "{target}");
        assert!(!made.can("{ingress-controller}", "shop/web", "8080"), "{target}");
    }
}

#[test]
fn replicas_reach_each_other_on_their_ports_and_no_other() {
    let plain = deployment("shop", "zk", &ports(2888));
    let headless = service("shop", "zk", "clusterIP: None, selector: {app: zk}, ports: [{port: 2888}]");
    let usual = service("shop", "zk", "selector: {app: zk}, ports: [{port: 2888}]");
    let set = workload("apps/v1, kind: StatefulSet", "shop", "zk", "serviceName: zk\n", &ports(2888));
    let own = deployment("shop", "zk", &(env("PEERS", "zk:2888") + &ports(2888)));
    for manifests in [set + &headless, plain.clone() + &headless, own + &usual] {
        let made = made(&manifests, "--strict");
        assert!(made.can("shop/zk", "shop/zk", "2888") && !made.can("shop/zk", "shop/zk", "9999"), "{manifests}");
    }
    assert!(!made(&(plain + &usual), "--strict").can("shop/zk", "shop/zk", "2888"));
}

#[test]
fn probes_of_every_kind_and_of_sidecars() {
    let probes = "livenessProbe: {grpc: {port: 9000}}\nstartupProbe: {httpGet: {port: 8082}}\n";
    let side = "      initContainers: [{name: proxy, image: p, restartPolicy: Always, readinessProbe: {httpGet: {port: 15021}}}]\n      containers:";
    let web = deployment("shop", "web", &(ports(8080) + probes)).replace("      containers:", side);
    let made = made(&web, "--node-cidr 10.1.0.0/16");
    for port in ["9000", "8082", "15021"] {
        assert!(made.can("10.1.2.3", "shop/web", port), "{port}");
    }
}

#[test]
fn what_is_exposed_takes_all_sources_on_its_port_alone_and_says_so() {
    let web =
        deployment("shop", "web", "ports: [{name: main, containerPort: 8080}, {name: admin, containerPort: 9}]\n");
    let of = |more: &str| {
        let spec = format!("selector: {{app: web}}, ports: [{{port: 80, targetPort: main}}]{more}");
        web.clone() + &service("shop", "web", &spec)
    };
    let route = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: r, namespace: shop}\n\
                 spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n---\n";
    let cases = [(of(", type: NodePort"), "Service shop/web is of type NodePort"), (of("") + route, "Ingress shop/r")];
    for (manifests, why) in cases {
        let made = made(&manifests, "");
        assert!(made.policy("web")["spec"]["ingress"][0]["from"].is_null(), "{why}");
        assert_eq!(made.told("web", "evidence"), [format!("from anywhere, TCP 8080: {why}")]);
        assert!(made.can("0.0.0.0/0", "shop/web", "8080") && !made.can("0.0.0.0/0", "shop/web", "9"));
    }
    let open = |routes: &str, flags: &str| made(&(of("") + routes), flags).notes();
    let one =
        "Ingress shop/r: who takes its traffic is not known (--ingress-controller), so its port takes all sources";
    assert!(open(route, "").contains(one), "{}", open(route, ""));
    let two = route.to_owned() + &route.replace("name: r,", "name: s,");
    let both = "Ingress shop/r and 1 more: who takes their traffic is not known (--ingress-controller), so their ports take all sources";
    assert!(open(&two, "").contains(both), "{}", open(&two, ""));
    assert!(!open(route, "--ingress-controller ingress").contains("is not known"));
}

#[test]
fn no_name_of_a_port_stands_beside_an_address() {
    let slice = "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n\
                 metadata: {name: w-1, namespace: shop, labels: {kubernetes.io/service-name: w}}\n\
                 addressType: IPv4\nendpoints: [{addresses: [10.7.0.9]}]\n---\n";
    let bare = service("shop", "w", "ports: [{name: a, port: 80, targetPort: http}]");
    let made = made(&(deployment("shop", "web", &env("W", "http://w")) + &bare + slice), "");
    assert!(made.can("shop/web", "10.7.0.9", "80"));
    assert!(!made.policy("web")["spec"].to_string().contains("\"port\":\"http\""));
    assert!(!made.place.run("network check -f in/ -o json").out.contains("named-port-on-ip-block"));
}

#[test]
fn a_headless_service_leads_to_the_port_of_its_pods() {
    for (url, open, shut) in
        [("http://h", "8080", "80"), ("http://h:80", "8080", "80"), ("http://h:9999", "9999", "8080")]
    {
        let headless = "clusterIP: None, selector: {app: h}, ports: [{port: 80, targetPort: main}]";
        let both = deployment("shop", "web", &env("X", url)) + &deployment("shop", "h", &ports(8080));
        let made = made(&(both + &service("shop", "h", headless)), "--strict");
        assert!(made.can("shop/web", "shop/h", open) && !made.can("shop/web", "shop/h", shut), "{url}");
    }
}
