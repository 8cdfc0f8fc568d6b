//! Who calls whom: addresses in all their forms, and what is assumed where there are none.

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
fn names_resolve_over_both_protocols() {
    let made = made(&shop("DB_HOST", "db"), "");
    for port in ["53/udp", "53/tcp", "5353/udp", "5353/tcp"] {
        for to in ["{dns}", "169.254.20.10", "169.254.169.254"] {
            assert!(made.can("shop/db", to, port), "{to} {port}");
        }
    }
    assert!(!made.can("shop/db", "192.0.2.53", "53/udp") && !made.can("shop/db", "{dns}", "443"));
    let any = self::made(&shop("DB_HOST", "db"), "--dns=any");
    assert!(any.can("shop/db", "192.0.2.53", "53/udp") && any.can("shop/db", "192.0.2.53", "53/tcp"));
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
fn a_service_that_nobody_names_shows_that_addresses_are_hidden() {
    let of = |name: &str| {
        deployment("shop", name, &ports(80))
            + &service("shop", name, &format!("selector: {{app: {name}}}, ports: [{{port: 80}}]"))
    };
    let store = |name: &str| of(name).replace(&format!("shop/{name}:1"), "mongo:7").replace("80", "27017");
    let talks = deployment("shop", "talks", &env("CART", "http://cart/"));
    let elsewhere = deployment("other", "idle", "");
    let manifests = of("cart")
        + &of("user")
        + &store("cart-db")
        + &store("user-db")
        + &talks
        + &elsewhere
        + &deployment("shop", "named", &env("X", "user-db:27017"));
    let made = made(&manifests, "");
    // Whoever is no store may reach what nobody names.
    for from in ["cart", "user", "talks", "named"] {
        assert!(made.can(&format!("shop/{from}"), "shop/cart-db", "27017"), "{from}");
    }
    // Whoever names nobody may reach the others, too, but no store that has a client.
    assert!(made.can("shop/user", "shop/cart", "80") && !made.can("shop/user", "shop/user-db", "27017"));
    assert!(!made.can("shop/named", "shop/cart", "80"));
    for (from, to, port) in [
        ("shop/cart-db", "shop/cart", "80"),
        ("other/idle", "shop/cart", "80"),
        ("shop/cart", "shop/cart-db", "27018"),
        ("0.0.0.0/0", "shop/cart", "80"),
    ] {
        assert!(!made.can(from, to, port), "{from} {to} {port}");
    }
    assert!(made.ran.err.contains("assumed: to Deployment shop/cart-db, TCP 27017, from "), "{}", made.ran.err);
    assert!(made.told("cart-db", "evidence").is_empty() && !made.told("cart-db", "assumed").is_empty());
    let strict = self::made(&manifests, "--strict");
    assert!(!strict.can("shop/cart", "shop/cart-db", "27017") && strict.can("shop/named", "shop/user-db", "27017"));
    assert!(!strict.ran.err.contains("assumed"), "{}", strict.ran.err);
}

#[test]
fn a_copy_of_a_store_reaches_stores_of_its_kind() {
    let store = |name: &str, image: &str| {
        deployment("shop", name, &ports(6379)).replace(&format!("shop/{name}:1"), image)
            + &service("shop", name, &format!("selector: {{app: {name}}}, ports: [{{port: 6379}}]"))
    };
    let made = made(
        &(store("leader", "redis:7") + &store("follower", "example/gb-redis-follower:2") + &store("other", "mysql:8")),
        "",
    );
    assert!(made.can("shop/follower", "shop/leader", "6379"));
    assert!(!made.can("shop/leader", "shop/follower", "6379") && !made.can("shop/follower", "shop/other", "6379"));
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
fn what_a_secret_holds_is_used_and_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {url: \"postgres://canary1:canary2@db:5432/canary3\", out: \"https://canary4.example.com/canary5\"}\n---\n";
    let web = "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: url}}}, {name: B, valueFrom: {secretKeyRef: {name: s, key: out}}}]\n";
    let shop = shop("X", "y").replace("env: [{name: X, value: \"y\"}]\n", web);
    let made = made(&(secret.to_owned() + &shop), "");
    assert!(made.can("shop/web", "shop/db", "5432") && made.can("shop/web", "203.0.113.1", "443"));
    assert!(
        made.told("web", "evidence").iter().any(|line| line.ends_with("key url of Secret s (env A of container main)"))
    );
    let all = format!("{}{}{}", made.ran.out, made.ran.err, made.place.read("in/networkpolicies.yaml"));
    assert!(!all.contains("canary"), "{all}");
}

#[test]
fn a_great_many_hidden_addresses_are_rules_for_the_namespace() {
    let one = |number: u16| {
        let name = format!("w{number}");
        let port = 8000 + number % 2;
        deployment("shop", &name, &ports(port))
            + &service("shop", &name, &format!("selector: {{app: {name}}}, ports: [{{port: 80, targetPort: {port}}}]"))
    };
    let manifests: String = (0..60).map(one).collect();
    let store = deployment("shop", "cache", &ports(6379)).replace("shop/cache:1", "redis:7");
    let made = made(&(manifests + &store + &deployment("other", "idle", "")), "");
    assert!(made.can("shop/w1", "shop/w2", "8000") && made.can("shop/w2", "shop/w1", "8001"));
    for (from, to, port) in [
        ("shop/w1", "shop/w2", "8001"),
        ("shop/cache", "shop/w1", "8001"),
        ("shop/w1", "shop/cache", "6379"),
        ("other/idle", "shop/w1", "8001"),
        ("0.0.0.0/0", "shop/w1", "8001"),
    ] {
        assert!(!made.can(from, to, port), "{from} {to} {port}");
    }
    assert_eq!(made.policy("w1")["spec"]["ingress"][0]["from"], serde_json::json!([{"podSelector": {}}]));
}

#[test]
fn objects_that_are_missing_cut_nobody_off_without_a_word() {
    let reference = "env: [{name: OUT, value: \"https://out.example.com\"}, {name: DB_URL, valueFrom: {secretKeyRef: {name: absent, key: url}}}]\n";
    let all = "envFrom: [{secretRef: {name: absent}}]\n";
    let volume = "volumeMounts: [{name: v, mountPath: /v}]\n";
    let with_volume = deployment("shop", "web", volume)
        .replace("      containers:", "      volumes: [{name: v, configMap: {name: absent}}]\n      containers:");
    for (web, object, place) in [
        (deployment("shop", "web", reference), "Secret absent", "env DB_URL of container main"),
        (deployment("shop", "web", all), "Secret absent", "envFrom of container main"),
        (with_volume, "ConfigMap absent", "volume v"),
    ] {
        let manifests = known_store() + &web + &deployment("shop", "other", &env("X", "https://a.example.com"));
        let made = made(&manifests, "");
        assert!(made.can("shop/web", "shop/db", "5432"), "{place}");
        assert!(!made.can("shop/other", "shop/db", "5432") && !made.can("shop/web", "shop/db", "5433"), "{place}");
        assert!(made.told("web", "assumed")[0].starts_with("to Deployment shop/db, TCP 5432"), "{place}");
        let note = format!("Deployment shop/web: {object} ({place}) is not part of the input");
        assert!(made.notes().contains(&note), "{}", made.notes());
        let strict = self::made(&manifests, "--strict");
        assert!(!strict.can("shop/web", "shop/db", "5432") && strict.notes().contains(&note), "{}", strict.notes());
    }
    // A password names nobody.
    let password = "env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: absent, key: password}}}]\n";
    let made = made(&(known_store() + &deployment("shop", "web", password)), "");
    assert!(!made.can("shop/web", "shop/db", "5432") && !made.notes().contains("absent"), "{}", made.notes());
}

#[test]
fn no_part_of_a_credential_is_shown_wherever_it_stands() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\nstringData: {pw: \"p@canary.word/x\", host: canary.internal.example.com}\n---\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata:\n  app.yml: |\n    url: postgres://admin:S3c@canary.two/x@db:5432/y\n    back: https://canary:12345/67@api.example.com/\n---\n";
    let variables = "env: [{name: PW, valueFrom: {secretKeyRef: {name: s, key: pw}}}, {name: H, valueFrom: {secretKeyRef: {name: s, key: host}}}, \
        {name: A, value: \"postgres://app:$(PW)@db:5432/db\"}, {name: B, value: \"postgres://app:x@$(H):5432/db\"}, {name: C, value: \"postgres://canary:S3cret@Canary2/x@db:5432/y\"}, \
        {name: D, value: \"http://canary:hunter2 x@db:5432/\"}]\n\
        args: [\"--to=https://$(H)/\", \"--at=postgres://a:$(PW)@db:5432/\"]\ncommand: [sh, -c, \"curl https://$H/ && psql postgres://a:$PW@db:5432/x\"]\n\
        volumeMounts: [{name: v, mountPath: /v}]\n";
    let web = deployment("shop", "web", variables)
        .replace("      containers:", "      volumes: [{name: v, configMap: {name: c}}]\n      containers:");
    let made = made(&(secret.to_owned() + map + &known_store() + &web), "");
    assert!(made.can("shop/web", "shop/db", "5432") && made.can("shop/web", "203.0.113.1", "443"));
    let graph = ["", "-o dot", "-o svg", "-o json"]
        .map(|format| made.place.run(&format!("network graph -f in/all.yaml {format}")))
        .map(|ran| format!("{}{}", ran.out, ran.err));
    let all =
        format!("{}{}{}{}", made.ran.out, made.ran.err, made.place.read("in/networkpolicies.yaml"), graph.concat());
    assert!(!all.to_ascii_lowercase().contains("canary") && !all.contains("ss.word"), "{all}");
    assert!(all.contains("env C of container main"), "{all}");
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
fn who_only_looks_at_a_service_is_no_client_of_it() {
    let orders = deployment("shop", "orders", &ports(80))
        + &service("shop", "orders", "selector: {app: orders}, ports: [{port: 80}]")
        + &deployment("shop", "front", "");
    let pod = |name: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}{more}}}\nspec: {{containers: [{{name: c, image: busybox, args: [wget, 'orders:80']}}]}}\n---\n"
        )
    };
    let prometheus = deployment("mon", "prometheus", &env("TARGET", "http://orders.shop.svc:80"))
        .replace("shop/prometheus:1", "prom/prometheus");
    for more in [prometheus, pod("helm-test", ""), pod("probe", ", annotations: {helm.sh/hook: test}")] {
        let made = made(&(orders.clone() + &more), "");
        assert!(made.can("shop/front", "shop/orders", "80"), "{more}");
    }
    // One of another namespace is.
    let away = orders.clone() + &deployment("far", "away", &env("TARGET", "http://orders.shop.svc:80"));
    assert!(!made(&away, "").can("shop/front", "shop/orders", "80"));
    let known = orders + &deployment("shop", "web", &env("ORDERS", "http://orders"));
    let made = made(&known, "");
    assert!(!made.can("shop/front", "shop/orders", "80"));
    assert!(
        made.notes().contains(
            "no address is known that these call, so they may call nobody: Deployment front, Deployment orders"
        ),
        "{}",
        made.notes()
    );
}

#[test]
fn name_servers_of_a_pods_own() {
    let with = |spec: &str| {
        let web =
            deployment("shop", "web", "").replace("      containers:", &format!("      {spec}\n      containers:"));
        made(&web, "--strict")
    };
    let none = with("dnsPolicy: None\n      dnsConfig: {nameservers: [192.0.2.53]}");
    for port in ["53/udp", "53/tcp"] {
        assert!(none.can("shop/web", "192.0.2.53", port) && !none.can("shop/web", "192.0.2.54", port));
        assert!(with("dnsPolicy: Default").can("shop/web", "10.0.0.2", port), "{port}");
    }
    assert!(!with("dnsPolicy: Default").can("shop/web", "10.0.0.2", "443"));
    assert!(!with("dnsPolicy: ClusterFirst").can("shop/web", "10.0.0.2", "53/udp"));
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

/// A front end with an agent on its node.
fn traced() -> String {
    let env = "env: [{name: DD_AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]\n";
    deployment("shop", "web", env)
}

#[test]
fn an_agent_on_the_node_is_called_there() {
    let made = made(&traced(), "");
    // Nobody knows the addresses of the nodes, and the destination is none that a policy selects.
    assert!(made.can("shop/web", "203.0.113.1", "8126") && made.can("shop/web", "203.0.113.1", "8125/udp"));
    assert!(!made.can("shop/web", "203.0.113.1", "8125") && !made.can("shop/web", "203.0.113.1", "443"));
    let why = "to anywhere, TCP 8126; UDP 8125: its node: env DD_AGENT_HOST of container main";
    assert_eq!(made.told("web", "evidence"), [why]);
}

#[test]
fn known_nodes_and_agents_narrow_what_is_called_there() {
    let agent =
        "ports: [{containerPort: 8126, hostPort: 8126}, {containerPort: 9125, hostPort: 8125, protocol: UDP}]\n";
    let agent = workload("apps/v1, kind: DaemonSet", "tracing", "agent", "", agent);
    let made = made(&(traced() + &agent), "--node-cidr 10.9.0.0/16");
    assert!(made.can("shop/web", "10.9.0.4", "8126") && made.can("shop/web", "10.9.0.4", "8125/udp"));
    assert!(!made.can("shop/web", "203.0.113.1", "8126"));
    // Where the plugin looks behind the port of the node.
    assert!(made.can("shop/web", "tracing/agent", "8126") && made.can("shop/web", "tracing/agent", "9125/udp"));
    assert!(!made.can("shop/web", "tracing/agent", "9125"));
    let told = made.told("web", "evidence").join("\n");
    let why = "its node: env DD_AGENT_HOST of container main, where DaemonSet tracing/agent listens";
    assert!(told.contains(&format!("to 10.9.0.0/16, TCP 8126; UDP 8125: {why}")), "{told}");
    assert!(told.contains(&format!("to DaemonSet tracing/agent, TCP 8126; UDP 9125: {why}")), "{told}");
}

#[test]
fn an_agent_does_not_show_whom_else_a_workload_calls() {
    // Nobody names `api`, so addresses are hidden here; that of `cart` is not, but for who names nobody.
    let serving = |name: &str| {
        deployment("shop", name, &ports(80))
            + &service("shop", name, &format!("selector: {{app: {name}}}, ports: [{{port: 80}}]"))
    };
    let hidden =
        traced() + &serving("api") + &serving("cart") + &deployment("shop", "front", &env("CART_HOST", "cart"));
    let hiding = made(&hidden, "");
    assert!(hiding.can("shop/web", "shop/cart", "80"), "{}", hiding.notes());
    // Who names somebody else is known.
    let named = hidden.replace(
        "env: [{name: DD_AGENT_HOST",
        "env: [{name: API_URL, value: 'https://api.example.com'}, {name: DD_AGENT_HOST",
    );
    assert!(!made(&named, "").can("shop/web", "shop/cart", "80"));
}

#[test]
fn a_node_without_a_port_is_said() {
    let env = "env: [{name: TRACER_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}]\n";
    let made = made(&deployment("shop", "web", env), "");
    let note = "env TRACER_HOST of container main: it holds the address of the node and no port is known, so nothing is allowed there";
    assert!(made.notes().contains(note), "{}", made.notes());
}

#[test]
fn every_pod_resolves_names_wherever_name_servers_are() {
    let job = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: report, namespace: shop}\n\
               spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: m, image: r}]}}}}}\n---\n";
    let manifests = shop("DB_HOST", "db") + &deployment("shop", "idle", "") + job;
    let made = made(&manifests, "");
    assert_eq!(made.policy("allow-dns")["spec"]["podSelector"], serde_json::json!({}));
    for from in ["web", "db", "idle", "report"] {
        for to in ["{dns}", "{openshift-dns}", "169.254.20.10", "169.254.169.254"] {
            for port in ["53/udp", "53/tcp", "5353/udp", "5353/tcp"] {
                assert!(made.can(&format!("shop/{from}"), to, port), "{from} {to} {port}");
            }
        }
    }
    assert!(self::made(&manifests, "--dns=any").policy("allow-dns")["spec"]["egress"][0]["to"].is_null());
}

#[test]
fn addresses_from_init_containers_and_service_links() {
    let init = "      initContainers: [{name: wait, image: busybox, command: [sh, -c, 'until nc -z db 5432; do sleep 1; done']}]\n      containers:";
    let url = env("URL", "postgres://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)/x");
    for web in [deployment("shop", "web", "").replace("      containers:", init), deployment("shop", "web", &url)] {
        assert!(made(&(known_store() + &web), "--strict").can("shop/web", "shop/db", "5432"), "{web}");
    }
}
