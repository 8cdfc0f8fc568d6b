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
