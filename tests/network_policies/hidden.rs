//! What is not seen: addresses that nothing names, objects that are missing, and secrets that are used and not shown.

use super::*;

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
