//! Pods that nobody would write.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// A mapping with some of these entries, each as likely to be there as its number out of 10.
fn some_of(entries: Vec<(&'static str, u8, Value)>) -> impl Strategy<Value = Map<String, Value>> {
    let dice = prop::collection::vec(0..10u8, entries.len());
    dice.prop_map(move |dice| {
        let thrown = entries.iter().zip(dice).filter(|((_, chance, _), dice)| dice < chance);
        thrown.map(|((key, _, value), _)| ((*key).to_owned(), value.clone())).collect()
    })
}

/// A security context; each key has one of several values, good and bad.
fn security_context() -> impl Strategy<Value = Value> {
    let yes_or_no = || any::<bool>().prop_map(Value::from);
    let confinement =
        || select(vec![json!({}), json!({"type": "Unconfined"}), json!({"type": "RuntimeDefault"})]).boxed();
    let values = (
        (yes_or_no(), yes_or_no(), yes_or_no()),
        select(vec![json!(0), json!(1000)]),
        (confinement(), confinement()),
        select(vec![json!("Default"), json!("Unmasked")]),
        select(vec![json!({"type": "spc_t"}), json!({"type": "container_engine_t", "user": "u"}), json!({})]),
        subsequence(vec!["ALL", "all", "NET_RAW", "CAP_ALL"], 0..=4),
        subsequence(vec!["SYS_ADMIN", "CAP_SYS_ADMIN", "chown", "NET_BIND_SERVICE", "ALL"], 0..=5),
    );
    values
        .prop_flat_map(|((escalation, privileged, non_root), user, (seccomp, armor), proc, linux, drop, add)| {
            some_of(vec![
                ("allowPrivilegeEscalation", 3, escalation),
                ("privileged", 5, privileged),
                ("runAsNonRoot", 5, non_root),
                ("runAsUser", 5, user),
                ("seccompProfile", 5, seccomp),
                ("appArmorProfile", 5, armor),
                ("procMount", 5, proc),
                ("seLinuxOptions", 5, linux),
                ("capabilities", 5, json!({"drop": drop, "add": add})),
            ])
        })
        .prop_map(Value::from)
}

/// Images that the facts know, of every sort, and some that nobody knows.
const IMAGES: &[&str] = &[
    "nginx:1.27",
    "redis:7-alpine",
    "postgres:16",
    "mysql:8",
    "haproxy:3.0",
    "wordpress:6-apache",
    "php:8-fpm",
    "rabbitmq:4",
    "caddy:2",
    "gitea/gitea:1.22",
    "hashicorp/vault:1.17",
    "fluent/fluent-bit:3.1",
    "quay.io/prometheus/node-exporter:v1.8.2",
    "python:3.12",
    "busybox",
    "gcr.io/distroless/static",
    "redis@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "registry.example/shop/api:7",
    "registry.example/shop/api",
    "Not An Image",
];

const COMMANDS: &[&str] = &[
    "chown -R 999:999 /a",
    "chown 101 /a /b && chmod 700 /a",
    "chown -R 999 /elsewhere",
    "exec /app --listen :80",
    "apt-get update && /app",
];

/// Mounts of the volumes that a pod has, some where programs want their own.
fn mounts() -> impl Strategy<Value = Value> {
    let all = vec![
        json!({"name": "a", "mountPath": "/a"}),
        json!({"name": "b", "mountPath": "/b", "mountPropagation": "Bidirectional"}),
        json!({"name": "a", "mountPath": "/tmp/"}),
        json!({"name": "a", "mountPath": "/var", "subPath": "var"}),
        json!({"name": "b", "mountPath": "/var/cache/nginx", "readOnly": true}),
        json!({"name": "c", "mountPath": "/data"}),
        json!({"name": "c", "mountPath": "/var/lib/postgresql/data"}),
        json!({"name": "writable-main0", "mountPath": "/run"}),
        json!({"name": "a", "mountPath": "/etc/secrets/s"}),
    ];
    let count = all.len();
    subsequence(all, 0..=count).prop_map(Value::from)
}

/// Volumes under the names that [`mounts`] use.
fn volumes() -> impl Strategy<Value = Value> {
    let kind = || {
        select(vec![
            json!({"emptyDir": {}}),
            json!({"persistentVolumeClaim": {"claimName": "c"}}),
            json!({"hostPath": {"path": "/var/log"}}),
            json!({"secret": {"secretName": "s", "defaultMode": 0o400}}),
            json!({"configMap": {"name": "m"}}),
        ])
    };
    prop::collection::vec(kind(), 4).prop_map(|kinds| {
        let named = |(name, mut volume): (&str, Value)| {
            volume["name"] = json!(name);
            volume
        };
        ["a", "b", "c", "writable-main0"].into_iter().zip(kinds).map(named).collect::<Vec<_>>().into()
    })
}

/// A variable from a Secret.
fn secret(name: &str, secret: &str) -> Value {
    json!({"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": "k"}}})
}

fn container() -> impl Strategy<Value = Value> {
    let ports = select(vec![json!([]), json!([{"containerPort": 80, "hostPort": 80}]), json!([{"containerPort": 80}])]);
    let probe = json!({"httpGet": {"host": "127.0.0.1", "port": 80}});
    let command = select(COMMANDS.to_vec()).prop_map(|line| json!(["sh", "-c", line]));
    let env = select(vec![
        json!([]),
        json!([{"name": "SKIP_CHOWN", "value": "no"}, {"name": "PGDATA", "value": "/data/db"}]),
        json!([secret("POSTGRES_PASSWORD", "s"), secret("WORDPRESS_DB_PASSWORD", "s"), secret("GITEA__A__B", "s.t")]),
        json!([secret("MYSQL_USER", "s"), secret("MYSQL_PASSWORD", "s-t"), secret("OTHER", "s")]),
    ]);
    (security_context(), ports, any::<bool>(), (select(IMAGES.to_vec()), command, env, mounts()))
        .prop_flat_map(move |(context, ports, process, (image, command, env, mounts))| {
            let mut context = context;
            if process {
                context["windowsOptions"] = json!({"hostProcess": true});
            }
            some_of(vec![
                ("securityContext", 8, context),
                ("ports", 5, ports),
                ("livenessProbe", 2, probe.clone()),
                ("volumeMounts", 5, mounts),
                ("image", 9, json!(image)),
                ("command", 2, command),
                ("env", 5, env),
            ])
        })
        .prop_map(Value::from)
}

pub(crate) fn pod() -> impl Strategy<Value = Value> {
    let containers = prop::collection::vec(container(), 1..3);
    let sysctls = select(vec![
        json!([]),
        json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "1024"}]),
        json!([{"name": "kernel.msgmax", "value": "1"}, {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]),
    ]);
    let pod = (security_context(), sysctls, volumes(), any::<bool>());
    (pod, prop::collection::vec(container(), 1..3), containers, any::<bool>())
        .prop_flat_map(|((context, sysctls, volumes, long), first, main, network)| {
            let mut context = context;
            context["sysctls"] = sysctls;
            // These keys exist at container level alone.
            for key in ["allowPrivilegeEscalation", "privileged", "procMount", "capabilities"] {
                context.as_object_mut().map(|context| context.remove(key));
            }
            let unconfined = json!({"seccomp.security.alpha.kubernetes.io/pod": "unconfined"});
            let named = |list: Vec<Value>, prefix: &str| -> Value {
                let name = |(index, mut item): (usize, Value)| {
                    let tail = if long { "-".to_owned() + &"x".repeat(62 - prefix.len() - 1) } else { String::new() };
                    item["name"] = json!(format!("{prefix}{index}{tail}"));
                    item
                };
                list.into_iter().enumerate().map(name).collect::<Vec<_>>().into()
            };
            let spec = some_of(vec![
                ("securityContext", 8, context),
                ("initContainers", 5, named(first, "first")),
                ("containers", 10, named(main, "main")),
                ("volumes", 10, volumes),
                ("hostNetwork", 7, json!(network)),
                ("hostPID", 2, json!(true)),
                ("hostUsers", 2, json!(false)),
                ("os", 2, json!({"name": "windows"})),
            ]);
            (spec, some_of(vec![("annotations", 3, unconfined)]))
        })
        .prop_map(|(spec, metadata)| json!({"metadata": metadata, "spec": spec}))
}
