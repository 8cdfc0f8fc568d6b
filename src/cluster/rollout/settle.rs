//! How long new pods have to stay well before that counts.

use crate::cluster::Target;
use crate::resources::Quantity;
use crate::workload::lookup;
use serde_json::Value;
use std::time::Duration;

/// The kubelet looks every 10 s at what pods have on its disk, with figures of about that age: measured, a pod above its
/// limit was evicted 16 to 19 s after its start.
const DISK: Duration = Duration::from_secs(30);

/// What no program writes in so short a time is not waited for.
const SOON: Quantity = Quantity::mebi(256);

/// How long the new pods of a change have to stay ready: `wanted`, or longer where it brings a low limit of the disk.
pub fn settle(target: &Target, wanted: Duration) -> Duration {
    let lowered = |template: &String| {
        let after = limits(&target.after, template);
        let is_low = |limit: &&Value| Quantity::of(limit).is_some_and(|limit| limit <= SOON);
        after.iter().any(is_low) && after != limits(&target.live.value, template)
    };
    if target.templates.iter().any(lowered) { wanted.max(DISK) } else { wanted }
}

/// The most that probes are waited for.
const PROBES: Duration = Duration::from_secs(120);

/// How long the probes of running pods may take to tell that something has stopped working, from the templates of their
/// workload; at most two minutes. The defaults are those of the API.
pub fn noticed(object: &Value, templates: &[String]) -> Duration {
    let of_probe = |probe: &Value| {
        let number = |field: &str, default: u64| probe.get(field).and_then(Value::as_u64).unwrap_or(default);
        number("periodSeconds", 10).saturating_mul(number("failureThreshold", 3)) + number("timeoutSeconds", 1)
    };
    let containers = |template: &String| {
        lookup(object, &format!("{template}/spec/containers")).and_then(Value::as_array).into_iter().flatten()
    };
    let probes = templates
        .iter()
        .flat_map(containers)
        .flat_map(|container| ["readinessProbe", "livenessProbe"].into_iter().filter_map(|probe| container.get(probe)));
    Duration::from_secs(probes.map(of_probe).max().unwrap_or_default()).min(PROBES)
}

fn limits<'v>(object: &'v Value, template: &str) -> Vec<&'v Value> {
    let list = |name: &str| lookup(object, &format!("{template}/spec/{name}")).and_then(Value::as_array);
    let containers = list("containers").into_iter().flatten();
    let own = containers.filter_map(|container| container.pointer("/resources/limits/ephemeral-storage"));
    let volumes = list("volumes").into_iter().flatten();
    own.chain(volumes.filter_map(|volume| volume.pointer("/emptyDir/sizeLimit"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Live, Resource};
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn probes_take_as_many_periods_as_they_may_fail() {
        let of = |container: Value| {
            let object = json!({"spec": {"template": {"spec": {"containers": [{"name": "a"}, container]}}}});
            noticed(&object, &["/spec/template".to_owned()]).as_secs()
        };
        assert_eq!(of(json!({})), 0);
        assert_eq!(of(json!({"readinessProbe": {"httpGet": {}}})), 31);
        let probes = json!({"readinessProbe": {"periodSeconds": 1}, "livenessProbe": {"periodSeconds": 20, "failureThreshold": 2, "timeoutSeconds": 5}});
        assert_eq!(of(probes), 45);
        assert_eq!(of(json!({"livenessProbe": {"periodSeconds": 600}})), 120);
    }

    #[test]
    fn a_limit_of_the_disk_takes_the_kubelet_a_while() {
        let object = |limits: Value| json!({"spec": {"template": {"spec": {"containers": [{"resources": {"limits": limits}}]}}}});
        let of = |before: Value, after: Value| {
            let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
            let live = Live::new(&resource, object(before));
            let templates = vec!["/spec/template".to_owned()];
            let target = Target { live, after: object(after), templates, reasons: Vec::new() };
            settle(&target, Duration::from_secs(10)).as_secs()
        };
        assert_eq!(of(json!({}), json!({"ephemeral-storage": "1Gi"})), 10);
        let disk = json!({"ephemeral-storage": "64Mi"});
        assert_eq!(of(json!({}), json!({"memory": "1Gi"})), 10);
        assert_eq!(of(disk.clone(), disk.clone()), 10);
        assert_eq!(of(json!({}), disk), 30);
    }
}
