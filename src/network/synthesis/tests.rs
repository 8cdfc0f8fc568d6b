//! What is made of small worlds; the rest is tested through the binary.

use super::*;
use crate::network::world::tests::world;
use serde_json::json;

#[test]
fn a_namespace_is_shut_and_resolves_names() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop", "labels": {"app": "a"}},
        "spec": {"containers": [{"name": "a", "image": "a"}]}});
    let made = synthesize(&world(&[pod]), &Options::default());
    let names: Vec<_> = made.policies.iter().map(|policy| policy["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["default-deny", "allow-dns"]);
    assert!(made.flows.is_empty() && made.assumed.is_empty() && made.notes.is_empty());
}

#[test]
fn the_self_check_finds_what_is_lost_and_what_is_open() {
    let pod = |name: &str, env: Value| {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "c", "env": env}]}})
    };
    let db = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"selector": {"app": "db"}, "ports": [{"port": 5432}]}});
    let env = json!([{"name": "DB_HOST", "value": "db"}]);
    let world = world(&[pod("web", env), pod("db", json!([])), pod("idle", json!([])), db]);
    let options = Options::default();
    let made = synthesize(&world, &options);
    let (selectors, (rules, _)) = (selector::all(&world), rules::of(&world, &made.flows, &made.managed));
    let faults = |left: &str| -> String {
        let kept = made.policies.iter().filter(|one| one["metadata"]["name"] != left);
        let policies: Vec<Value> = kept.cloned().collect();
        let case = verify::Case {
            world: &world,
            policies: &policies,
            flows: &made.flows,
            rules: &rules,
            selectors: &selectors,
            managed: &made.managed,
        };
        verify::faults(&case, &options).into_iter().map(|fault| fault.text + "\n").collect()
    };
    assert_eq!(faults(""), "");
    for (left, told) in [
        ("allow-dns", "could not resolve names"),
        ("db", "would not reach"),
        ("web", "would not reach"),
        ("default-deny", "would be open to addresses"),
    ] {
        assert!(faults(left).contains(told), "{left}: {}", faults(left));
    }
}
