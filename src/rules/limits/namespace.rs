//! Whether the pods of a run fit into the ResourceQuotas of its namespace.

use super::RULE;
use super::asking::Place;
use super::settings::Settings;
use crate::resources::quota::Part;
use crate::resources::range::Ranges;
use crate::resources::scaler::Autoscalers;
use crate::resources::{Amounts, Quantity, Requirements, Resource};
use crate::rules::Findings;
use crate::rules::findings::or_except;
use crate::workload::Identity;
use serde_json::Value;
use std::collections::HashMap;

/// Quotas that count some pods only are left out: which of the others count is not known here.
pub(super) fn check(place: &Place<'_, '_>, found: &mut Findings) {
    for quota in place.quotas.iter().filter(|quota| !quota.is_scoped) {
        let parts = Part::ALL.into_iter().flat_map(|part| Resource::ALL.map(|resource| (part, resource)));
        for (part, resource) in parts {
            let Some(hard) = quota.hard(part, resource) else { continue };
            let Some(needed) = needed(place, part, resource) else { continue };
            if needed > hard {
                found
                    .at(place.pod)
                    .because(format!(
                        "{} allows {hard} of {}.{resource}, and the workloads of this run up to this one need at least \
                         {needed}, with the pods that a rollout adds: some never come",
                        quota.name(),
                        part.key(),
                    ))
                    .decide(or_except(RULE.id, "raise the quota, or lower the number of pods or what they ask for"));
            }
        }
    }
}

/// What all workloads up to this one need at least, in the order they were read; `None` where the run does not have it.
fn needed(place: &Place<'_, '_>, part: Part, resource: Resource) -> Option<Quantity> {
    let Settings { cpu_request, memory_request, .. } = &place.settings;
    let who = format!("{} {} {resource} {cpu_request} {memory_request}", RULE.id, part.key());
    let namespace = place.around.namespace();
    let sums = place.around.neighbours.remember(&who, namespace, || before_each(place, part, resource));
    let sum = *sums.get(place.workload)?;
    let object = place.pod.object().and_then(|object| object.get("spec"));
    let pods = replicas(place.workload, object, &place.autoscalers);
    let spec = place.pod.field("containers");
    let own = serde_json::json!({"containers": spec.value, "initContainers": place.pod.field("initContainers").value,
        "resources": place.pod.field("resources").value});
    let one = of_pod(&own, part, resource, &place.ranges, &place.settings);
    Some(sum.plus(one.times(pods.saturating_add(surge(place.workload, object, pods)))))
}

/// What all workloads before each of a namespace need at least.
fn before_each(place: &Place<'_, '_>, part: Part, resource: Resource) -> HashMap<Identity, Quantity> {
    let neighbours = place.around.neighbours;
    let mut sums = HashMap::new();
    let mut sum = Quantity::ZERO;
    for other in neighbours.workloads(place.around.namespace()) {
        sums.entry(other.identity.clone()).or_insert(sum);
        let autoscalers = Autoscalers::of(neighbours, &other.identity);
        let pods = replicas(&other.identity, other.at("/spec"), &autoscalers);
        for template in other.list("/templates") {
            let one = of_pod(&template["spec"], part, resource, &place.ranges, &place.settings);
            sum = sum.plus(one.times(pods));
        }
    }
    sums
}

/// What one pod needs at least: its containers together, or the largest init container.
fn of_pod(spec: &Value, part: Part, resource: Resource, ranges: &Ranges<'_>, settings: &Settings) -> Quantity {
    let pick = |requirements: Requirements| -> Amounts {
        if part == Part::Limits { requirements.limits } else { requirements.requests }
    };
    if let Some(whole) = pick(Requirements::of(spec.get("resources")).defaulted()).get(resource).known() {
        return whole;
    }
    let default = match (part, resource) {
        (Part::Requests, Resource::Cpu) => settings.cpu_request,
        (Part::Requests, Resource::Memory) => settings.memory_request,
        _ => Quantity::ZERO,
    };
    let of = |container: &Value| {
        let amount = pick(ranges.effective(Requirements::of(container.get("resources")))).get(resource);
        if amount.is_stated() { amount.known().unwrap_or(Quantity::ZERO) } else { default }
    };
    let list = |key: &str| spec[key].as_array().map(Vec::as_slice).unwrap_or_default();
    let (sidecars, ending): (Vec<&Value>, Vec<&Value>) =
        list("initContainers").iter().partition(|container| container["restartPolicy"] == "Always");
    let together = list("containers").iter().chain(sidecars).map(of).fold(Quantity::ZERO, Quantity::plus);
    ending.into_iter().map(of).fold(together, Quantity::max)
}

/// How many pods there are of a workload; of a DaemonSet at least one.
fn replicas(workload: &Identity, spec: Option<&Value>, autoscalers: &Autoscalers<'_>) -> u64 {
    let key = if workload.kind == "Job" { "parallelism" } else { "replicas" };
    let stated = spec.and_then(|spec| spec.get(key)?.as_u64());
    autoscalers.most_replicas().or(stated).unwrap_or(1)
}

/// How many pods a rollout adds.
fn surge(workload: &Identity, spec: Option<&Value>, pods: u64) -> u64 {
    let strategy = spec.and_then(|spec| spec.get("strategy")).unwrap_or(&Value::Null);
    if workload.kind != "Deployment" || strategy["type"] == "Recreate" {
        return 0;
    }
    match &strategy["rollingUpdate"]["maxSurge"] {
        Value::Number(number) => number.as_u64().unwrap_or_default(),
        Value::String(text) => {
            let percent = text.strip_suffix('%').and_then(|percent| percent.parse::<u64>().ok()).unwrap_or(25);
            pods.saturating_mul(percent).div_ceil(100)
        }
        _ => pods.saturating_mul(25).div_ceil(100),
    }
}
