//! What pods are seen to use: samples of `metrics.k8s.io` over a while, by workload and container.
//!
//! The server has one sample every 15 seconds or so and no history: a few minutes say little of a day's peak, and every
//! entry says so.

use super::{Missing, Place};
use crate::cluster::select::controller;
use crate::cluster::{Error, ListOptions, Live, Resource};
use crate::resources::{self, Entry, Key, Quantity, Recommended, Source};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How often metrics-server looks.
const INTERVAL: Duration = Duration::from_secs(15);
/// What is added to the most memory that was seen, in percent.
const MARGIN: u64 = 50;

/// A container of a workload.
type Place4 = (String, String, String, String);

/// What was seen of one container.
#[derive(Default)]
struct Most {
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
    /// The samples, by pod and time.
    samples: BTreeSet<(String, String)>,
}

/// Sample for so long, at least once. `progress` is told how long it still takes.
pub async fn usage(
    place: &Place<'_>,
    window: Duration,
    progress: &mut dyn FnMut(Duration),
    missing: &mut Missing,
) -> Source {
    let versions = ["metrics.k8s.io/v1", "metrics.k8s.io/v1beta1"];
    let served = versions.into_iter().find_map(|version| place.discovery.of_kind(version, "PodMetrics"));
    let Some(resource) = served else {
        missing.others.insert("the server has no metrics.k8s.io: --limits-from metrics knows nothing".to_owned());
        return Source::default();
    };
    let owners = owners(place, missing).await;
    let mut seen: BTreeMap<Place4, Most> = BTreeMap::new();
    let rounds = window.as_secs().div_ceil(INTERVAL.as_secs());
    for round in 0..=rounds {
        for namespace in place.of(&resource) {
            let each = |pod: Live| see(&mut seen, &owners, &pod);
            let result = place.server.list(&resource, namespace.as_deref(), &ListOptions::default(), each).await;
            missing.note(&resource, namespace.as_deref(), result);
        }
        if round < rounds {
            progress(INTERVAL * u32::try_from(rounds - round).unwrap_or(u32::MAX));
            tokio::time::sleep(INTERVAL).await;
        }
    }
    Source::new(seen.into_iter().map(|(place, most)| entry(place, &most, window)).collect())
}

/// Take one sample of a pod.
fn see(seen: &mut BTreeMap<Place4, Most>, owners: &Owners, pod: &Live) {
    let (namespace, name) = (pod.reference.namespace.clone().unwrap_or_default(), pod.reference.name.clone());
    let (kind, workload) = owners.top(&namespace, &name);
    let time = pod.value.get("timestamp").and_then(Value::as_str).unwrap_or_default();
    for container in pod.value.get("containers").and_then(Value::as_array).into_iter().flatten() {
        let called = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let most = seen.entry((namespace.clone(), kind.clone(), workload.clone(), called)).or_default();
        let used = |resource: &str| container.get("usage")?.get(resource).and_then(Quantity::of);
        most.cpu = most.cpu.max(used("cpu"));
        most.memory = most.memory.max(used("memory"));
        most.samples.insert((name.clone(), time.to_owned()));
    }
}

fn entry((namespace, kind, name, container): Place4, most: &Most, window: Duration) -> Entry {
    let samples = match most.samples.len() {
        1 => "1 sample".to_owned(),
        count => format!("{count} samples"),
    };
    let over = if window.is_zero() { String::new() } else { format!(" over {} s", window.as_secs()) };
    let amount =
        |amount: Quantity, more: &str| Recommended { amount, from: format!("metrics: max of {samples}{more}") };
    let mut requests = BTreeMap::new();
    let mut limits = BTreeMap::new();
    if let Some(cpu) = most.cpu {
        requests.insert(resources::Resource::Cpu, amount(cpu, ""));
    }
    if let Some(memory) = most.memory {
        requests.insert(resources::Resource::Memory, amount(memory, ""));
        let more = format!(" plus {MARGIN} %");
        limits.insert(resources::Resource::Memory, amount(memory.percent(100 + MARGIN), &more));
    }
    let doubt = Some(format!("{samples}{over} say little of its peak"));
    Entry { key: Key { namespace, kind, name, container }, requests, limits, measured: true, doubt }
}

/// Who runs which pod: by namespace, kind and name, the kind and name of the controller.
#[derive(Default)]
struct Owners(HashMap<(String, &'static str, String), (String, String)>);

impl Owners {
    /// The workload that a pod belongs to in the end; the pod itself where nothing runs it.
    fn top(&self, namespace: &str, pod: &str) -> (String, String) {
        let mut here = ("Pod".to_owned(), pod.to_owned());
        for kind in ["Pod", "ReplicaSet", "Job"] {
            if here.0 == kind
                && let Some(above) = self.0.get(&(namespace.to_owned(), kind, here.1.clone()))
            {
                here = above.clone();
            }
        }
        here
    }
}

async fn owners(place: &Place<'_>, missing: &mut Missing) -> Owners {
    let mut owners = Owners::default();
    for (group, kind, plural) in [("", "Pod", "pods"), ("apps", "ReplicaSet", "replicasets"), ("batch", "Job", "jobs")]
    {
        let resource = Arc::new(Resource::builtin(group, "v1", kind, plural, true));
        for namespace in place.of(&resource) {
            let each = |live: Live| {
                if let Some(controller) = controller(&live) {
                    let namespace = live.reference.namespace.unwrap_or_default();
                    owners.0.insert((namespace, kind, live.reference.name), controller);
                }
            };
            let listed: Result<(), Error> =
                place.server.list_metadata(&resource, namespace.as_deref(), &place.options(), each).await;
            missing.note(&resource, namespace.as_deref(), listed);
        }
    }
    owners
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn samples_of_the_pods_of_a_workload_are_one_entry() {
        let mut owners = Owners::default();
        let mut run_by = |kind: &'static str, name: &str, by: (&str, &str)| {
            owners.0.insert(("shop".into(), kind, name.into()), (by.0.into(), by.1.into()));
        };
        run_by("Pod", "web-1-a", ("ReplicaSet", "web-1"));
        run_by("Pod", "web-1-b", ("ReplicaSet", "web-1"));
        run_by("ReplicaSet", "web-1", ("Deployment", "web"));
        let resource = Arc::new(Resource::builtin("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", true));
        let mut seen = BTreeMap::new();
        for (pod, time, cpu, memory) in [
            ("web-1-a", "1", "10m", "100Mi"),
            ("web-1-b", "1", "30m", "80Mi"),
            ("web-1-b", "1", "30m", "80Mi"),
            ("alone", "1", "1m", "1Mi"),
        ] {
            let value = json!({"metadata": {"name": pod, "namespace": "shop"}, "timestamp": time,
                "containers": [{"name": "web", "usage": {"cpu": cpu, "memory": memory}}]});
            see(&mut seen, &owners, &Live::new(&resource, value));
        }
        let entries: Vec<Entry> = seen.into_iter().map(|(place, most)| entry(place, &most, Duration::ZERO)).collect();
        let names: Vec<String> = entries.iter().map(|entry| entry.key.to_string()).collect();
        assert_eq!(names, ["shop/Deployment/web/web", "shop/Pod/alone/web"]);
        let web = &entries[0];
        assert_eq!(web.requests[&resources::Resource::Cpu].amount.to_string(), "30m");
        assert_eq!(web.limits[&resources::Resource::Memory].amount.to_string(), "150Mi");
        assert_eq!(web.limits[&resources::Resource::Memory].from, "metrics: max of 2 samples plus 50 %");
        assert_eq!(web.doubt.as_deref(), Some("2 samples say little of its peak"));
    }
}
