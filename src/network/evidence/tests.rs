//! Which texts name an address, and which only look as if they did.

use super::*;
use crate::network::world::tests::world;
use serde_json::{Value, json};

fn service(name: &str, namespace: &str, port: u16) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": [{"port": port}]}})
}

/// Every row of which another thing is told than wanted.
fn differing<T: std::fmt::Debug>(rows: Vec<(T, Vec<&str>)>, tell: impl Fn(&T) -> Vec<String>) -> Vec<String> {
    let told = rows.into_iter().map(|(row, wanted)| (tell(&row), row, wanted));
    told.filter(|(told, _, wanted)| told != wanted)
        .map(|(told, row, wanted)| format!("{row:?}: {told:?}, not {wanted:?}"))
        .collect()
}

/// What a pod of namespace `shop` with this spec talks to.
fn told(spec: Value, more: &[Value]) -> Vec<String> {
    let mut headless = service("kafka", "shop", 9092);
    headless["spec"]["clusterIP"] = json!("None");
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": "shop"}, "spec": spec}),
        service("db", "shop", 5432),
        service("cart-db", "shop", 6379),
        service("db", "stage", 5432),
        headless,
    ];
    objects.extend(more.iter().cloned());
    let world = world(&objects);
    let directory = Directory::of(&world, "cluster.local");
    let found = addresses(&world, &directory, &world.workloads[0]).seen;
    let one = |sighting: Sighting| {
        let port = sighting.port.map(|port| format!(":{port}")).unwrap_or_default();
        match sighting.host {
            Host::Service(at) => {
                let entry = &directory.entries[at];
                let outer = if entry.namespace == "shop" { String::new() } else { format!("{}/", entry.namespace) };
                format!("{outer}{}{port}", entry.name)
            }
            Host::Absent { namespace, name } => format!("absent {namespace}/{name}{port}"),
            Host::Outside(host) => format!("outside {host}{port}"),
            Host::Literal(address) => format!("at {address}{port}"),
            Host::Node => format!("node {}{port}", sighting.protocol),
            Host::Unknown(host) => format!("unknown {host}{port}"),
        }
    };
    let mut found: Vec<String> = found.into_iter().map(one).collect();
    found.dedup();
    found
}

fn of_env(name: &str, value: &str) -> Vec<String> {
    told(json!({"containers": [{"name": "api", "env": [{"name": name, "value": value}]}]}), &[])
}

fn of_args(words: &[&str]) -> Vec<String> {
    told(json!({"containers": [{"name": "api", "args": words}]}), &[])
}

fn of_file(text: &str) -> Vec<String> {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"app.conf": text}});
    let spec = json!({"containers": [{"name": "api", "volumeMounts": [{"name": "v", "mountPath": "/c"}]}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}]});
    told(spec, &[map])
}

#[test]
fn variables_that_hold_an_address() {
    let rows = vec![
        (("DB_HOST", "db"), vec!["db"]),
        (("DB", "db"), vec!["db"]),
        (("DB_ADDR", "db:5432"), vec!["db:5432"]),
        (("X", "db:5432"), vec!["db:5432"]),
        (("DB_NAME", "db:5432"), vec!["db:5432"]),
        (("X", "postgres://u:p@db/x"), vec!["db"]),
        (("X", "postgres://u:p/w@db:5432/x?sslmode=disable"), vec!["db:5432"]),
        (("X", "u:p@tcp(db:5432)/shop"), vec!["db:5432"]),
        (("X", "host=db port=5432 user=cart-db dbname=kafka"), vec!["db"]),
        (("X", "Server=db;Database=cart-db;"), vec!["db"]),
        (("X", "Driver=pg;Data Source=db;"), vec!["db"]),
        (("X", "jdbc:postgresql://db:5432/cart-db"), vec!["db:5432"]),
        (("X", "jdbc:sqlserver://;serverName=db;databaseName=cart-db"), vec!["db"]),
        (("X", "redis+sentinel://:pw@cart-db:6379,db:5432/0"), vec!["cart-db:6379", "db:5432"]),
        (("X", "amqp://u:p@db,amqp://u:p@cart-db"), vec!["cart-db", "db"]),
        (("BROKERS", "kafka-0.kafka:9092,kafka-1.kafka:9092"), vec!["kafka:9092"]),
        (("BROKERS", "kafka,db"), vec!["db", "kafka"]),
        (("X", "kafka-0.kafka.shop.svc.cluster.local"), vec!["kafka"]),
        (("X", "kafka:7071"), vec!["kafka:7071"]),
        (("X", "db.stage"), vec!["stage/db"]),
        (("X", "db.stage.svc"), vec!["stage/db"]),
        (("X", "db.stage.svc.corp.example."), vec!["stage/db"]),
        (("X", "db."), vec!["db"]),
        (("X", "db.shop.svc.cluster.local.:5432"), vec!["db:5432"]),
        (("X", "http://jaeger.tracing.svc:14268/api"), vec!["absent tracing/jaeger:14268"]),
        (("X", "http://zipkin:9411"), vec!["unknown zipkin:9411"]),
        (("X", "https://api.example.com/v1"), vec!["outside api.example.com:443"]),
        (("DB_HOST", "shop.rds.example.com"), vec!["outside shop.rds.example.com"]),
        (("POSTGRES_HOST", "shop.rds.example.com"), vec!["outside shop.rds.example.com:5432"]),
        (("DB_HOST", "10.1.2.3"), vec!["at 10.1.2.3"]),
        (("X", "http://10.1.2.3:8080"), vec!["at 10.1.2.3:8080"]),
        (("X", "https://gw.example.com/?to=http://db:5432"), vec!["db:5432", "outside gw.example.com:443"]),
        (("X", "{\"host\": \"db\", \"name\": \"cart-db\"}"), vec!["db"]),
        (("X", "http://$(DB_SERVICE_HOST):$(DB_SERVICE_PORT)"), vec!["db"]),
        (("X", "${CART_DB_PORT_6379_TCP_ADDR}"), vec!["cart-db"]),
    ];
    assert_eq!(differing(rows, |(name, value)| of_env(name, value)), Vec::<String>::new());
}

#[test]
fn variables_that_only_look_like_one() {
    let rows = vec![
        ("DB_NAME", "db"),
        ("POSTGRES_USER", "db"),
        ("POSTGRES_DATABASE", "db"),
        ("KAFKA_TOPIC", "cart-db"),
        ("APP", "db"),
        ("OTEL_SERVICE_NAME", "db"),
        ("DATA_PATH", "db"),
        ("X", "/var/lib/db"),
        ("X", "the db is slow"),
        ("X", "db:16-alpine"),
        ("X", "registry.example.com/db:1.2"),
        ("X", "db_1"),
        ("X", "mydb"),
        ("X", "db:99"),
        ("FEATURES", "db,kafka"),
        ("X", "localhost:5432"),
        ("BIND", "0.0.0.0:8080"),
        ("HOST", "127.0.0.1"),
        ("NETWORK", "10.0.0.0/8"),
        ("VERSION", "1.2.3.4"),
        ("X", "dbname=db"),
        ("X", "http://localhost:80/db"),
        ("X", "db@example.com"),
        ("X", "app.properties"),
    ];
    let rows = rows.into_iter().map(|row| (row, vec![])).collect();
    assert_eq!(differing(rows, |(name, value)| of_env(name, value)), Vec::<String>::new());
}

#[test]
fn command_lines() {
    let rows = vec![
        (vec!["--db-host=db"], vec!["db"]),
        (vec!["--db-host", "db"], vec!["db"]),
        (vec!["--database", "db"], vec![]),
        (vec!["--database=db", "--name", "kafka"], vec![]),
        (vec!["sh", "-c", "until nc -z db 5432; do sleep 1; done"], vec!["db:5432"]),
        (vec!["sh", "-c", "until mysqladmin ping -h db; do sleep 1; done"], vec!["db"]),
        (vec!["sh", "-c", "curl -sf cart-db/health && exec run --user db"], vec!["cart-db"]),
        (vec!["sh", "-c", "echo db is up"], vec![]),
        (vec!["sh", "-c", "HOST=db PORT=1 exec app"], vec!["db"]),
        (vec!["redis-server", "--slaveof", "cart-db", "6379"], vec!["cart-db"]),
        (vec!["-Dspring.redis.host=cart-db"], vec!["cart-db"]),
    ];
    assert_eq!(differing(rows, |words| of_args(words)), Vec::<String>::new());
}

#[test]
fn files_of_config_maps() {
    let rows = vec![
        ("spring:\n  datasource:\n    url: jdbc:postgresql://db:5432/x\n", vec!["db:5432"]),
        ("[db]\nhost = db\nname = cart-db\n", vec!["db"]),
        ("upstream api {\n  server db:5432 weight=2;\n}\n", vec!["db:5432"]),
        ("hosts:\n  - db\n  - cart-db\n", vec!["cart-db", "db"]),
        ("<redis><host>cart-db</host><name>db</name></redis>", vec!["cart-db"]),
        ("# see https://docs.example.com\n// http://db\na: 1\n", vec![]),
        ("<x xmlns=\"http://www.example.org/x\">\n</x>\n", vec![]),
        ("{\"$schema\": \"https://json.example.org/x\",\n \"a\": 1}\n", vec![]),
        ("job_name: db\ntopic: cart-db\n", vec![]),
    ];
    assert_eq!(differing(rows, |text| of_file(text)), Vec::<String>::new());
}

#[test]
fn variables_are_put_in_place_and_all_containers_count() {
    let env = json!([{"name": "A", "value": "db"}, {"name": "NS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "B", "value": "tcp://$(A).$(NS).svc:5432"}]);
    assert_eq!(told(json!({"containers": [{"name": "x", "env": env}]}), &[]), ["db", "db:5432"]);
    let init =
        json!({"containers": [{"name": "x"}], "initContainers": [{"name": "w", "args": ["nc", "-z", "db", "5432"]}]});
    assert_eq!(told(init, &[]), ["db"]);
    let probe =
        json!({"containers": [{"name": "x", "livenessProbe": {"exec": {"command": ["curl", "http://db:5432"]}}}]});
    assert_eq!(told(probe, &[]), ["db:5432"]);
}

#[test]
fn maps_and_secrets_by_every_way_into_a_container() {
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"},
        "data": {"DB_HOST": "db", "DB_NAME": "cart-db"}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"},
        "data": {"url": "cG9zdGdyZXM6Ly91OnBAZGIvc2hvcA=="}, "stringData": {"name": "cart-db"}});
    let objects = [map, secret];
    for (what, spec, wanted) in [
        (
            "envFrom",
            json!({"containers": [{"name": "x", "envFrom": [{"prefix": "P_", "configMapRef": {"name": "c"}}]}]}),
            vec!["db"],
        ),
        (
            "key",
            json!({"containers": [{"name": "x", "env": [{"name": "Z", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "DB_HOST"}}}]}]}),
            vec!["db"],
        ),
        (
            "name",
            json!({"containers": [{"name": "x", "env": [{"name": "Z", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "DB_NAME"}}}]}]}),
            vec![],
        ),
        (
            "secret",
            json!({"containers": [{"name": "x", "env": [{"name": "Z", "valueFrom": {"secretKeyRef": {"name": "s", "key": "url"}}}]}]}),
            vec!["db"],
        ),
        ("secrets", json!({"containers": [{"name": "x", "envFrom": [{"secretRef": {"name": "s"}}]}]}), vec!["db"]),
        (
            "projected",
            json!({"containers": [{"name": "x", "volumeMounts": [{"name": "v"}]}], "volumes": [{"name": "v",
            "projected": {"sources": [{"secret": {"name": "s", "items": [{"key": "url"}]}}]}}]}),
            vec!["db"],
        ),
        (
            "unmounted",
            json!({"containers": [{"name": "x"}], "volumes": [{"name": "v", "secret": {"secretName": "s"}}]}),
            vec![],
        ),
    ] {
        assert_eq!(told(spec, &objects), wanted, "{what}");
    }
}

#[test]
fn evidence_of_a_secret_names_its_key_and_nothing_of_its_value() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"},
        "stringData": {"url": "postgres://canary:canary@db/canary"}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api", "namespace": "shop"}, "spec": {"containers": [
        {"name": "api", "env": [{"name": "DB", "valueFrom": {"secretKeyRef": {"name": "s", "key": "url"}}}]}]}});
    let world = world(&[pod, secret, service("db", "shop", 5432)]);
    let found = addresses(&world, &Directory::of(&world, "cluster.local"), &world.workloads[0]).seen;
    assert_eq!(found[0].place, "key url of Secret s (env DB of container api)");
    assert!(found[0].secret && !format!("{found:?}").contains("canary"));
}

#[test]
fn the_address_of_the_node_is_that_of_an_agent_where_a_port_is_known() {
    let of = |more: Value| {
        let node = |name: &str, field: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}});
        let mut env = vec![node("HOST_IP", "status.hostIP"), node("NODE_NAME", "spec.nodeName")];
        let mut container = json!({"name": "api"});
        for (key, value) in more.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("args", args) => container["args"] = args.clone(),
                (_, Value::Null) => env.push(node(key, "status.hostIP")),
                (_, value) => env.push(json!({"name": key, "value": value})),
            }
        }
        container["env"] = json!(env);
        told(json!({"containers": [container]}), &[])
    };
    let rows = vec![
        (json!({}), vec![]),
        (json!({"DD_AGENT_HOST": null}), vec!["node UDP:8125", "node TCP:8126"]),
        (json!({"DD_AGENT_HOST": null, "DD_TRACE_AGENT_PORT": "9126"}), vec!["node UDP:8125", "node TCP:9126"]),
        (json!({"JAEGER_AGENT_HOST": null}), vec!["node TCP:5778", "node UDP:6831"]),
        (json!({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://$(HOST_IP):4317"}), vec!["node TCP:4317"]),
        (json!({"STATSD_ADDR": "$(HOST_IP):8125"}), vec!["node UDP:8125"]),
        (json!({"TRACER_HOST": null, "TRACER_PORT": "4000"}), vec!["node TCP:4000"]),
        (json!({"TRACER_HOST": null}), vec!["node TCP"]),
        (json!({"NODE_HOST": null, "K8S_NODE_ADDR": null}), vec![]),
        (json!({"args": ["--kubelet=https://$(NODE_NAME):10250"]}), vec!["node TCP:10250"]),
        (json!({"args": ["sh", "-c", "curl http://$HOST_IP:9000/x"]}), vec!["node TCP:9000"]),
        (json!({"TRACER_HOST": null, "X": "$(TRACER_HOST):4000"}), vec!["node TCP:4000"]),
    ];
    assert_eq!(differing(rows, |more| of(more.clone())), Vec::<String>::new());
}
