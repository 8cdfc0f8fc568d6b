//! The token that a server gives every pod.

use serde_json::Value;

/// Take the token that the server gave a pod out of it: its author did not write that. The volume stands behind all others.
pub fn without_token(pod: &mut Value) {
    const TOKEN: &str = "kube-api-access-";
    let Some(spec) = pod.get_mut("spec") else { return };
    let drop_from = |list: &mut Value| {
        if let Some(items) = list.as_array_mut() {
            items.retain(|item| !item["name"].as_str().is_some_and(|name| name.starts_with(TOKEN)));
        }
    };
    let Some(volumes) = spec.get_mut("volumes") else { return };
    drop_from(volumes);
    for list in ["initContainers", "containers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        containers.filter_map(|container| container.get_mut("volumeMounts")).for_each(drop_from);
    }
    empty_lists_go(spec);
}

/// A list that holds the token alone was made for it.
fn empty_lists_go(spec: &mut Value) {
    let gone = |holder: &mut Value, list: &str| {
        if holder[list].as_array().is_some_and(Vec::is_empty) {
            holder.as_object_mut().map(|fields| fields.shift_remove(list));
        }
    };
    gone(spec, "volumes");
    for list in ["initContainers", "containers"] {
        spec.get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(|one| gone(one, "volumeMounts"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_token_of_a_pod_is_not_its_authors() {
        let mount = |name: &str| json!({"name": name, "mountPath": "/x"});
        let mut pod = json!({"kind": "Pod", "spec": {
            "containers": [
                {"name": "a", "volumeMounts": [mount("data"), mount("kube-api-access-x7k2p")]},
                {"name": "b", "volumeMounts": [mount("kube-api-access-x7k2p")]}],
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "kube-api-access-x7k2p", "projected": {}}]}});
        without_token(&mut pod);
        assert_eq!(
            pod["spec"],
            json!({"containers": [{"name": "a", "volumeMounts": [mount("data")]}, {"name": "b"}],
                "volumes": [{"name": "data", "emptyDir": {}}]})
        );
    }
}
