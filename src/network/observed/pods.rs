//! The workload of a pod, by its owner or by the name that its controller gave it.

use crate::network::question::is_kind;
use crate::network::world::World;
use serde_json::Value;
use std::collections::HashMap;

/// The letters of names that Kubernetes makes up: no vowels, and nothing that looks like another one.
const LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
/// How long the made-up end of a pod's name is, and at most the hash before it.
const SUFFIX: usize = 5;
const HASH: usize = 10;
/// What logs that add up pods write in place of that end.
const ANY: &str = "*";

/// The workloads of a world by their names.
#[derive(Debug)]
pub(super) struct Pods<'w> {
    world: &'w World,
    by_name: HashMap<&'w str, HashMap<&'w str, Vec<usize>>>,
}

/// Several workloads that a name may mean.
#[derive(Debug)]
pub(super) struct Several(pub(super) Vec<usize>);

impl<'w> Pods<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        let mut by_name: HashMap<_, HashMap<_, Vec<usize>>> = HashMap::new();
        for (at, workload) in world.workloads.iter().enumerate() {
            let names: &mut HashMap<&str, Vec<usize>> = by_name.entry(workload.namespace.as_str()).or_default();
            names.entry(workload.name.as_str()).or_default().push(at);
        }
        Self { world, by_name }
    }

    /// The workload of this name; of any kind where that is empty.
    pub(super) fn workload(&self, namespace: &str, kind: &str, name: &str) -> Result<Option<usize>, Several> {
        let fits = |at: &usize| kind.is_empty() || is_kind(&self.world.workloads[*at].kind, kind);
        let found: Vec<usize> = self.named(namespace, name).iter().copied().filter(fits).collect();
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(Several(found)),
        }
    }

    /// The workload that a pod's name is made of.
    pub(super) fn pod(&self, namespace: &str, name: &str) -> Option<usize> {
        let kind = |at: &usize| self.world.workloads[*at].kind.as_str();
        let one = |name: &str, fits: &dyn Fn(&str) -> bool| {
            let mut found = self.named(namespace, name).iter().copied().filter(|at| fits(kind(at)));
            found.next().filter(|_| found.next().is_none())
        };
        if let Some(at) = one(name, &|kind| kind == "Pod") {
            return Some(at);
        }
        let (rest, end) = name.rsplit_once('-')?;
        let (is_number, made) = (end == ANY || digits(end), is_suffix(end));
        let direct = |kind: &str| match kind {
            "StatefulSet" => is_number,
            "Deployment" | "CronJob" | "Pod" => false,
            "DaemonSet" | "Job" | "ReplicaSet" | "ReplicationController" => made,
            _ => is_number || made,
        };
        if let Some(at) = one(rest, &direct) {
            return Some(at);
        }
        let (rest, middle) = rest.rsplit_once('-')?;
        let through = |kind: &str| match kind {
            "Deployment" => made && is_hash(middle),
            "CronJob" | "Job" => made && digits(middle),
            "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Pod" => false,
            _ => made && (is_hash(middle) || digits(middle)),
        };
        one(rest, &through)
    }

    /// The workload of a pod as an object; by its controller, else by its name.
    pub(super) fn of_object(&self, namespace: &str, pod: &Value) -> Option<usize> {
        let text = |pointer: &str| pod.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let name = text("/metadata/name");
        let owners = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
        let owner = owners.into_iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
        let of = |key: &str| owner.and_then(|owner| owner.get(key)).and_then(Value::as_str).unwrap_or_default();
        let exact = |kind: &str, name: &str| self.workload(namespace, kind, name).ok().flatten();
        let above = match of("kind") {
            "" | "Node" => exact("Pod", name),
            "ReplicaSet" => {
                let hash = text("/metadata/labels/pod-template-hash");
                let of_set = of("name").strip_suffix(hash).and_then(|name| name.strip_suffix('-'));
                of_set.filter(|_| !hash.is_empty()).and_then(|name| exact("Deployment", name))
            }
            "Job" => of("name")
                .rsplit_once('-')
                .filter(|(_, time)| digits(time))
                .and_then(|(name, _)| exact("CronJob", name)),
            _ => None,
        };
        above.or_else(|| exact(of("kind"), of("name"))).or_else(|| self.pod(namespace, name))
    }

    fn named(&self, namespace: &str, name: &str) -> &[usize] {
        self.by_name.get(namespace).and_then(|names| names.get(name)).map(Vec::as_slice).unwrap_or_default()
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_suffix(text: &str) -> bool {
    text == ANY || (text.len() == SUFFIX && is_made_up(text))
}

fn is_hash(text: &str) -> bool {
    (1..=HASH).contains(&text.len()) && is_made_up(text)
}

fn is_made_up(text: &str) -> bool {
    text.chars().all(|letter| LETTERS.contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::world::tests::world;
    use serde_json::json;

    fn world_of(kinds: &[(&str, &str)]) -> World {
        let objects: Vec<Value> = kinds
            .iter()
            .map(|(kind, name)| {
                let template = json!({"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a", "image": "a"}]}});
                match *kind {
                    "CronJob" => json!({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"},
                        "spec": {"jobTemplate": {"spec": {"template": template}}}}),
                    "Job" => json!({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {"template": template}}),
                    "Pod" => json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": template["spec"]}),
                    _ => json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {"template": template}}),
                }
            })
            .collect();
        world(&objects)
    }

    #[test]
    fn a_pod_is_known_by_the_name_that_its_controller_gave_it() {
        let world = world_of(&[
            ("Deployment", "web"),
            ("Deployment", "web-api"),
            ("StatefulSet", "db"),
            ("DaemonSet", "agent"),
            ("CronJob", "backup"),
            ("Job", "migrate"),
            ("Pod", "debug"),
        ]);
        let pods = Pods::of(&world);
        let name = |pod: &str| pods.pod("shop", pod).map(|at| world.workloads[at].name.as_str());
        for (pod, wanted) in [
            ("web-7d4b9c6f5-x2x9z", "web"),
            ("web-7d4b9c6f5-*", "web"),
            ("web-api-7d4b9c6f5-x2x9z", "web-api"),
            ("db-0", "db"),
            ("db-*", "db"),
            ("agent-x2x9z", "agent"),
            ("backup-28812345-x2x9z", "backup"),
            ("migrate-x2x9z", "migrate"),
            ("migrate-0-x2x9z", "migrate"),
            ("debug", "debug"),
        ] {
            assert_eq!(name(pod), Some(wanted), "{pod}");
        }
        // Letters that Kubernetes never makes up, a wrong length, and what has no name of its own.
        for pod in
            ["web-7d4b9c6f5-aeiou", "web-7d4b9c6f5-x2x9", "web-x2x9z", "web", "db-x2x9z", "agent-0", "debug-x2x9z", ""]
        {
            assert_eq!(name(pod), None, "{pod}");
        }
        assert!(pods.pod("other", "db-0").is_none());
    }
}
