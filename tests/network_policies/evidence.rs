//! Who calls whom: addresses in all their forms.

use super::*;

#[test]
fn what_is_needed_passes_and_nothing_else() {
    let made = made(&(shop("DB_URL", "postgres://web:pw@db/shop") + &deployment("shop", "other", "")), "");
    assert!(made.can("shop/web", "shop/db", "5432"));
    assert!(made.can("0.0.0.0/0", "shop/web", "8080"));
    for (from, to, port) in [
        ("shop/other", "shop/db", "5432"),
        ("shop/db", "shop/web", "5432"),
        ("shop/web", "shop/db", "5433"),
        ("0.0.0.0/0", "shop/db", "5432"),
        ("shop/web", "203.0.113.1", "443"),
    ] {
        assert!(!made.can(from, to, port), "{from} {to} {port}");
    }
    assert_eq!(made.names(), ["default-deny", "allow-dns", "db", "web"]);
    assert_eq!(
        made.told("web", "evidence"),
        [
            "from anywhere, TCP 8080: Service shop/web is of type LoadBalancer",
            "to Deployment shop/db, TCP 5432: env DB_URL of container main",
        ]
    );
    assert!(made.ran.err.ends_with("4 policies\n"), "{}", made.ran.err);
}

#[test]
fn other_names_for_hosts_and_services_without_a_selector() {
    let manifests = deployment(
        "shop",
        "web",
        "env: [{name: A_HOST, value: mail}, {name: B_HOST, value: legacy}, {name: C_HOST, value: alias}, {name: D_HOST, value: void}]\n",
    ) + &deployment("shop", "db", &ports(5432))
        + &service("shop", "db", "selector: {app: db}, ports: [{port: 5432}]")
        + &service("shop", "mail", "type: ExternalName, externalName: smtp.example.com, ports: [{port: 587}]")
        + &service("shop", "alias", "type: ExternalName, externalName: db.shop.svc.cluster.local")
        + &service("shop", "legacy", "ports: [{port: 1521, targetPort: 1522}]")
        + &service("shop", "void", "ports: [{port: 7}]")
        + "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: legacy-1, namespace: shop, labels: {kubernetes.io/service-name: legacy}}\n\
           addressType: IPv4\nendpoints: [{addresses: [10.7.0.9]}]\n";
    let made = made(&manifests, "");
    // Where a name leads is not known here: it may be a private address.
    assert!(made.can("shop/web", "203.0.113.5", "587") && made.can("shop/web", "10.0.0.5", "587"));
    assert!(!made.can("shop/web", "10.0.0.5", "588") && !made.can("shop/web", "169.254.169.254", "587"));
    assert!(made.can("shop/web", "10.7.0.9", "1522") && !made.can("shop/web", "10.7.0.8", "1522"));
    assert!(made.can("shop/web", "shop/db", "5432"));
    assert!(made.notes().contains("Service shop/void has no selector and the input has no Endpoints of it"));
}

#[test]
fn endpoints_that_are_names_are_hosts_outside_and_said() {
    let manifests = deployment("shop", "web", &env("DB_HOST", "legacy"))
        + &service("shop", "legacy", "ports: [{port: 1521}]")
        + "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: legacy-1, namespace: shop, labels: {kubernetes.io/service-name: legacy}}\n\
           addressType: FQDN\nendpoints: [{addresses: [db.example.com]}]\nports: [{port: 1522}]\n";
    let made = made(&manifests, "");
    assert!(made.can("shop/web", "203.0.113.5", "1522") && made.can("shop/web", "10.0.0.5", "1522"));
    assert!(!made.can("shop/web", "203.0.113.5", "1521") && !made.can("shop/web", "169.254.169.254", "1522"));
    let notes = made.notes();
    assert!(
        notes.contains("an EndpointSlice of Service shop/legacy leads to host db.example.com by its name"),
        "{notes}"
    );
}

#[test]
fn look_alikes_are_no_connections() {
    let made = made(&(shop("DB_NAME", "db") + &deployment("shop", "api", &env("DB_HOST", "db"))), "");
    assert!(made.can("shop/api", "shop/db", "5432") && !made.can("shop/web", "shop/db", "5432"));
}

#[test]
fn the_api_server_for_whom_it_serves() {
    let account = |name: &str| {
        deployment("shop", name, "")
            .replace("      containers:", &format!("      serviceAccountName: {name}\n      containers:"))
    };
    let rbac = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bound, namespace: shop}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: idle, namespace: shop}\n---\n\
        apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b, namespace: shop}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}\n\
        subjects: [{kind: ServiceAccount, name: bound, namespace: shop}]\n---\n";
    let off = account("unmounted")
        .replace("      containers:", "      automountServiceAccountToken: false\n      containers:");
    let manifests = account("bound")
        + &account("idle")
        + &account("absent")
        + &off
        + &deployment("shop", "plain", "")
        + &deployment("shop", "speaks", &env("API", "https://kubernetes.default.svc"))
        + rbac;
    let made = made(&manifests, "");
    for name in ["bound", "absent", "speaks"] {
        for port in ["443", "6443"] {
            assert!(made.can(&format!("shop/{name}"), "10.96.0.1", port), "{name} {port}");
        }
        // Plugins that do not match nodes by their addresses honour a rule without peers.
        let rule = &made.policy(name)["spec"]["egress"][0];
        assert_eq!((rule["to"].is_null(), rule["ports"].as_array().unwrap().len()), (true, 2), "{rule}");
    }
    for name in ["idle", "unmounted", "plain"] {
        assert!(!made.can(&format!("shop/{name}"), "10.96.0.1", "443"), "{name}");
    }
    assert!(made.told("bound", "evidence")[0].contains("RoleBinding b binds ServiceAccount bound"));
}

#[test]
fn hosts_outside_by_their_port() {
    let manifests = deployment(
        "shop",
        "web",
        "env: [{name: A, value: \"https://pay.example.com/v1\"}, {name: B, value: \"http://10.9.8.7:9000\"}]\n",
    );
    let made = made(&manifests, "");
    assert!(made.can("shop/web", "198.51.100.7", "443") && made.can("shop/web", "10.9.8.7", "9000"));
    assert!(made.can("shop/web", "192.168.1.1", "443") && !made.can("shop/web", "169.254.169.254", "443"));
    assert!(made.told("web", "evidence").iter().any(|line| line.contains("private ones included, TCP 443: host pay")));
    assert!(!made.can("shop/web", "198.51.100.7", "80"));
    assert!(!made.can("198.51.100.7", "shop/web", "443"));
    let open = self::made(&deployment("shop", "web", &env("DB_HOST", "db.example.com")), "");
    assert!(open.can("shop/web", "198.51.100.7", "1234") && open.told("web", "assumed").len() == 1);
    let strict = self::made(&deployment("shop", "web", &env("DB_HOST", "db.example.com")), "--strict");
    assert!(!strict.can("shop/web", "198.51.100.7", "1234"));
}

#[test]
fn scrapers_of_another_namespace() {
    let monitor = |kind: &str, spec: &str| {
        format!(
            "apiVersion: monitoring.coreos.com/v1\nkind: {kind}\nmetadata: {{name: m, namespace: watch}}\nspec: {{namespaceSelector: {{matchNames: [shop]}}, selector: {{matchLabels: {{app: web}}}}, {spec}}}\n"
        )
    };
    let two = "ports: [{name: main, containerPort: 8080}, {name: metrics, containerPort: 9090}]\n";
    let web = deployment("shop", "web", two);
    let annotated = web.replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: web}, annotations: {prometheus.io/scrape: \"true\", prometheus.io/port: \"9090\"}}",
    );
    let with = |spec: &str| {
        web.clone()
            + &service("shop", "web", "selector: {app: web}, ports: [{name: m, port: 9090}]")
                .replace("metadata: {", &format!("metadata: {{{spec}, "))
    };
    for manifests in [
        annotated,
        with("annotations: {prometheus.io/scrape: \"true\"}"),
        web.clone()
            + &service("shop", "web", "selector: {app: web}, ports: [{port: 80, targetPort: 8081}]").replace(
                "metadata: {",
                "metadata: {annotations: {prometheus.io/scrape: \"true\", prometheus.io/port: \"9090\"}, ",
            ),
        with("labels: {app: web}") + &monitor("ServiceMonitor", "endpoints: [{port: m}]"),
        web.clone() + &monitor("PodMonitor", "podMetricsEndpoints: [{port: metrics}]"),
    ] {
        let made = made(&(manifests.clone() + "---\n" + &deployment("watch", "prometheus", "")), "--strict");
        let rules = made.policy("web")["spec"]["ingress"].to_string();
        assert!(rules.contains("\"namespaceSelector\":{}") && rules.contains("9090"), "{manifests}\n{rules}");
        assert!(!made.can("192.0.2.1", "shop/web", "9090") && !made.can("shop/web", "shop/web", "8080"));
    }
}

#[test]
fn addresses_in_the_forms_that_programs_know() {
    let both = |more: &str, port: &str| {
        let manifests = known_store() + &deployment("shop", "web", more);
        let made = made(&manifests, "--strict");
        assert!(made.can("shop/web", "shop/db", port), "{more}\n{}", made.notes());
    };
    for value in [
        "dns:///db:5432",
        "dns:///db.shop.svc.cluster.local:5432",
        "_main._tcp.db.shop.svc.cluster.local",
        "dnssrv+_main._tcp.db.shop.svc.cluster.local",
        "Server=tcp:db,5432;Database=x",
    ] {
        both(&env("X", value), "5432");
    }
    for command in [
        "until mysqladmin ping -hdb --silent; do sleep 1; done",
        "until (echo > /dev/tcp/db/5432); do sleep 1; done",
        "exec app --db ${DB_HOST:-db}:${DB_PORT:-5432}",
    ] {
        both(&format!("command: [sh, -c, \"{command}\"]\n"), "5432");
    }
    both("command: [mysqladmin, ping, -hdb]\n", "5432");
    both("command: [wget]\nargs: [\"db:5432\"]\n", "5432");
    let file = |text: &str| {
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop}}\ndata: {{app.conf: {text:?}}}\n---\n"
        );
        let web = deployment("shop", "web", "volumeMounts: [{name: v, mountPath: /v}]\n")
            .replace("      containers:", "      volumes: [{name: v, configMap: {name: c}}]\n      containers:");
        let made = made(&(known_store() + &map + &web), "--strict");
        made.can("shop/web", "shop/db", "5432")
    };
    for text in [
        "[OUTPUT]\n    Name  es\n    Host  db\n    Port  5432\n",
        "upstream u { server db; }",
        "upstream u {\n server db weight=5;\n}",
        "backend b\n  server s2 db check\n",
        "shop {\n reverse_proxy /x db\n}\n",
        "location / { uwsgi_pass db; }",
        "set $up db;",
        "Host x\n  HostName db\n",
        "$m->addServer('db', 5432);",
        "export URL=\"http://${API:-db}:5432\"\n",
    ] {
        assert!(file(text), "{text}");
    }
    for text in ["the host db is slow\n", "Name db\n", "match db;", "host db is slow\n"] {
        assert!(!file(text), "{text}");
    }
}

#[test]
fn hosts_outside_in_lists_and_as_arguments() {
    for (more, port) in [
        (env("KAFKA_BROKERS", "b-1.k.example.com:9092,b-2.k.example.com:9092"), "9092"),
        (env("SMTP", "smtp.example.com:587"), "587"),
        ("args: [\"api.example.com:443\"]\n".to_owned(), "443"),
        ("command: [sh, -c, \"wait-for-it.sh db.example.com:5432\"]\n".to_owned(), "5432"),
        ("command: [sh, -c, \"git clone git@git.example.com:o/r\"]\n".to_owned(), "22"),
        ("command: [sh, -c, \"psql -h pg.example.com\"]\n".to_owned(), "5432"),
        (env("X", "dns:///api.example.com"), "443"),
        (env("X", "http://[2001:db8::5]:8080/x"), "8080"),
    ] {
        let made = made(&deployment("shop", "web", &more), "--strict");
        let to = if more.contains("2001:") { "2001:db8::5" } else { "203.0.113.9" };
        assert!(made.can("shop/web", to, port), "{more}\n{}", made.notes());
        assert!(!made.can("shop/web", to, "1"), "{more}");
    }
    // Names of its own, names of files, and names that nobody connects to.
    for more in [
        env("ALLOWED_HOSTS", "shop.example.com"),
        env("SERVER_NAME", "shop.example.com"),
        env("COOKIE_DOMAIN", "example.com"),
        env("MAIL_FROM", "shop.example.com"),
        env("X", "spiffe://example.org/web"),
        env("X", "main.py:443"),
    ] {
        let made = made(&deployment("shop", "web", &more), "");
        assert_eq!(made.policy("web"), &Value::Null, "{more}");
    }
    // Both families.
    let made = made(&deployment("shop", "web", &env("X", "https://a.example.com")), "");
    assert!(made.can("shop/web", "2001:db8::1", "443") && !made.can("shop/web", "fe80::1", "443"));
}

#[test]
fn objects_without_a_namespace_are_those_that_others_name_with_one() {
    let api = deployment("", "api", &ports(8080))
        + &service("", "api", "selector: {app: api}, ports: [{port: 8080}, {name: hook, port: 443, targetPort: 9443}]");
    let front = deployment("", "front", &env("API", "http://api.shop.svc.cluster.local:8080"));
    let hook = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: h}\nwebhooks: [{clientConfig: {service: {name: api, namespace: shop}}}]\n---\n";
    let made = made(&(api.clone() + &front + hook), "--strict");
    assert!(made.can("default/front", "default/api", "8080") && made.can("192.0.2.1", "default/api", "9443"));
    assert!(!made.policy("front")["spec"].to_string().contains("namespaceSelector"));
    assert!(made.notes().contains("objects that state no namespace are taken for those of namespace shop"));
    // Where Services state the namespace, it is another one.
    let stated = service("shop", "else", "selector: {app: x}, ports: [{port: 1}]");
    let other = self::made(&(api + &front + &stated), "--strict");
    assert!(!other.can("default/front", "default/api", "8080"));
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {DB_HOST: db}\n---\n";
    let web = deployment("shop", "web", "envFrom: [{configMapRef: {name: c}}]\n");
    assert!(self::made(&(known_store() + map + &web), "--strict").can("shop/web", "shop/db", "5432"));
}

#[test]
fn services_elsewhere_open_the_port_that_is_stated() {
    let told = |url: &str| {
        let made = made(&deployment("shop", "web", &env("X", url)), "");
        (made.policy("web")["spec"]["egress"].to_string(), made.notes())
    };
    let (rules, notes) = told("http://prometheus.monitoring.svc:9090");
    assert!(rules.contains("9090") && notes.contains("so port 9090 of that namespace is allowed"), "{rules} {notes}");
    let (rules, notes) = told("http://prometheus.monitoring.svc");
    assert!(
        !rules.contains("\"ports\"") && notes.contains("every port of that namespace is allowed"),
        "{rules} {notes}"
    );
    assert_eq!(told("http://kube-dns.kube-system.svc.cluster.local").0, "null");
}

#[test]
fn a_long_line_is_read_in_one_go() {
    let urls = "http://db:5432/x,".repeat(40_000);
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: shop}}\ndata: {{a.json: \"{urls}db,kafka\"}}\n---\n"
    );
    let web = deployment("shop", "web", "volumeMounts: [{name: v, mountPath: /v}]\n")
        .replace("      containers:", "      volumes: [{name: v, configMap: {name: c}}]\n      containers:");
    assert!(made(&(known_store() + &map + &web), "--strict").can("shop/web", "shop/db", "5432"));
}

#[test]
fn what_a_template_left_gets_no_policies_and_stops_no_other_namespace() {
    let raw = deployment("shop", "api", "").replace("{app: api}", "{'(@= name @)': api}");
    let place = Place::new();
    let all = deployment("shop", "web", &env("U", "http://back.store")) + &raw + &deployment("store", "back", "");
    place.write("all.yaml", &all);
    let ran = place.run("network policies -f all.yaml");
    assert_eq!(ran.code, 2, "{ran:?}");
    let why =
        "error: no policies are given for namespace shop: Deployment shop/api has the label \"(@= name @)\": \"api\"";
    assert!(ran.err.contains(why), "{ran:?}");
    assert!(ran.out.contains("namespace: store") && !ran.out.contains("namespace: shop"), "{}", ran.out);
}

#[test]
fn addresses_from_init_containers_and_service_links() {
    let init = "      initContainers: [{name: wait, image: busybox, command: [sh, -c, 'until nc -z db 5432; do sleep 1; done']}]\n      containers:";
    let url = env("URL", "postgres://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)/x");
    for web in [deployment("shop", "web", "").replace("      containers:", init), deployment("shop", "web", &url)] {
        assert!(made(&(known_store() + &web), "--strict").can("shop/web", "shop/db", "5432"), "{web}");
    }
}
