use super::*;
use crate::network::Protocol;
use serde_json::json;

pub(crate) fn world(objects: &[Value]) -> World {
    let identity = |value: &Value| {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Identity::of(text("apiVersion"), text("kind"), value)
    };
    World::of(objects.iter().map(|value| (identity(value), value.clone())), &KindTable::builtin())
}

/// The world of the documents of a YAML text.
pub(crate) fn world_of(text: &str) -> World {
    let documents = serde_yaml::Deserializer::from_str(text);
    let values: Vec<Value> = documents.map(|document| serde::Deserialize::deserialize(document).unwrap()).collect();
    world(&values)
}

fn named(world: &World) -> Vec<String> {
    world.workloads.iter().map(ToString::to_string).collect()
}

fn deployment(namespace: Value, name: &str, labels: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": namespace, "name": name},
    "spec": {"selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [
        {"name": "main", "ports": [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]},
    ], "initContainers": [
        {"name": "once", "ports": [{"name": "setup", "containerPort": 1}]},
        {"name": "proxy", "restartPolicy": "Always", "ports": [{"name": "metrics", "containerPort": 9090, "hostPort": 9091}]},
    ]}}}})
}

#[test]
fn no_namespace_is_the_default_one_and_a_later_document_replaces_an_earlier() {
    let world = world(&[
        deployment(json!(null), "web", json!({"app": "old"})),
        deployment(json!("shop"), "web", json!({"app": "web"})),
        deployment(json!("default"), "web", json!({"app": "new"})),
    ]);
    assert_eq!(named(&world), ["default/web[Deployment]", "shop/web[Deployment]"]);
    assert_eq!(world.workloads[0].labels["app"], "new");
    assert_eq!(world.replaced.iter().map(|object| object.input).collect::<Vec<_>>(), [0]);
    assert_eq!(world.workloads_in("shop"), 1..2);
    assert!(world.find(Some("default"), "apps", "Deployment", "web").is_some());
    let namespace = &world.namespaces["shop"];
    assert!(!namespace.declared && namespace.labels[NAME_LABEL] == "shop");
}

#[test]
fn ports_are_those_of_containers_that_stay() {
    let world = world(&[deployment(json!("shop"), "web", json!({}))]);
    let web = &world.workloads[0];
    assert_eq!(web.port_named("http", Protocol::Tcp), Some(8080));
    assert_eq!(web.port_named("dns", Protocol::Udp), Some(53));
    assert_eq!(web.port_named("dns", Protocol::Tcp), None);
    assert_eq!(web.port_named("metrics", Protocol::Tcp), Some(9090));
    assert_eq!(web.port_named("setup", Protocol::Tcp), None);
    assert_eq!(web.ports.iter().filter_map(|port| port.host_port).collect::<Vec<_>>(), [9091]);
}

#[test]
fn what_others_own_is_part_of_its_owner() {
    let owned = |value: Value, api_version: &str, kind: &str, name: &str| {
        let mut value = value;
        value["metadata"]["ownerReferences"] =
            json!([{"apiVersion": api_version, "kind": kind, "name": name, "controller": true}]);
        value
    };
    let pod = |name: &str, labels: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": name, "labels": labels}, "spec": {}});
    let set = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"namespace": "shop", "name": "web-5d"}, "spec": {"template": {}}});
    let web = json!({"app": "web", "pod-template-hash": "5d"});
    let world = world(&[
        deployment(json!("shop"), "web", json!({"app": "web", "tier": "front"})),
        owned(set, "apps/v1", "Deployment", "web"),
        owned(pod("web-5d-a", web.clone()), "apps/v1", "ReplicaSet", "web-5d"),
        owned(pod("web-77-b", json!({"app": "web", "pod-template-hash": "77"})), "apps/v1", "ReplicaSet", "web-77"),
        owned(pod("lost-a", json!({"app": "lost", "slot": "a"})), "apps/v1", "StatefulSet", "lost"),
        owned(pod("lost-b", json!({"app": "lost", "slot": "b"})), "apps/v1", "StatefulSet", "lost"),
        owned(pod("static-node", json!({})), "v1", "Node", "node"),
        pod("alone", json!({})),
    ]);
    let names = ["shop/alone[Pod]", "shop/lost[StatefulSet]", "shop/static-node[Pod]", "shop/web[Deployment]"];
    assert_eq!(named(&world), names);
    let lost = &world.workloads[1];
    assert!(lost.labels.get("app").is_some_and(|app| app == "lost") && !lost.labels.contains_key("slot"));
    assert!(lost.varying.iter().any(|key| key == "slot"));
    // The template has a label that its pods lack.
    assert!(world.workloads[3].varying.iter().any(|key| key == "tier"));
}

#[test]
fn each_template_of_an_object_is_a_peer() {
    let ray = json!({"apiVersion": "ray.io/v1", "kind": "RayCluster", "metadata": {"name": "ray"}, "spec": {
        "headGroupSpec": {"template": {"metadata": {"labels": {"role": "head"}}}},
        "workerGroupSpecs": [{"template": {"metadata": {"labels": {"role": "worker"}}}}]}});
    let template = json!({"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": "mere"}, "template": {}});
    let jobs = |name: &str| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": name}, "spec": {"template": {}}});
    let world = world(&[ray, template, jobs("job-"), jobs("job-")]);
    let ray = [
        "default/ray[RayCluster spec/headGroupSpec/template]",
        "default/ray[RayCluster spec/workerGroupSpecs/0/template]",
    ];
    assert_eq!(named(&world)[2..], ray);
    assert_eq!(world.workloads.len(), 4);
    assert_eq!(world.workloads[3].labels["role"], "worker");
}

#[test]
fn services_know_their_workloads_and_ports() {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {
        "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}, {"port": 443, "targetPort": 0}, {"port": 53, "protocol": "UDP"}]}});
    let other = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out", "namespace": "shop"}, "spec": {
        "type": "ExternalName", "externalName": "db.example", "selector": {"app": "web"}}});
    let world = world(&[
        deployment(json!("shop"), "web", json!({"app": "web"})),
        deployment(json!("test"), "web", json!({"app": "web"})),
        service,
        other,
    ]);
    let service = world.service("shop", "web").unwrap();
    let behind = world.behind(&service);
    assert_eq!(behind.iter().map(|at| world.workloads[*at].to_string()).collect::<Vec<_>>(), ["shop/web[Deployment]"]);
    let web = &world.workloads[behind[0]];
    let targets: Vec<_> = service.ports().iter().map(|port| port.target.number(web, port.protocol)).collect();
    assert_eq!(targets, [Some(8080), Some(443), Some(53)]);
    let out = world.service("shop", "out").unwrap();
    assert_eq!((out.external_name(), world.behind(&out).len()), (Some("db.example"), 0));
}

#[test]
fn nothing_shows_what_a_secret_holds() {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "stringData": {"password": "hunter2"}});
    let world = world(&[secret]);
    assert!(world.find(Some("default"), "", "Secret", "db").is_some());
    assert!(!format!("{world:?}").contains("hunter2"));
}
