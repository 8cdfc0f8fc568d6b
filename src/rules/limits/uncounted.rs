//! Pods that a ResourceQuota does not count as long as they ask for nothing: once they do, it asks for more.

use super::RULE;
use super::asking::Place;
use super::settings::CpuLimit;
use super::storage::stays;
use crate::resources::quota::Part::Limits;
use crate::resources::{Requirements, Resource};
use crate::rules::Findings;
use crate::rules::findings::or_except;

/// Whether a quota would count the pod with its first request, and refuse it for want of a CPU limit that is not to be
/// set; that is found then, and neither processor time nor memory is to be asked for.
pub(super) fn check(place: &Place<'_, '_>, found: &mut Findings) -> bool {
    if place.settings.cpu_limit != CpuLimit::Never || !asks_for_nothing(place) {
        return false;
    }
    let counting =
        |quota: &&crate::resources::quota::Quota<'_>| quota.counts_asking_only && quota.demands(Limits, Resource::Cpu);
    let Some(quota) = place.quotas.iter().find(counting) else { return false };
    let Some(first) = place.pod.containers().iter().find(|container| stays(container)) else { return false };
    found
        .at(&first.field("resources"))
        .because(format!(
            "its pods ask for nothing, so that {} does not count them; with requests it refuses those of which a container \
             has no CPU limit",
            quota.name()
        ))
        .decide(or_except(RULE.id, "let `--cpu-limit=auto` set CPU limits along with the requests"));
    true
}

/// Whether its pods are `BestEffort`.
fn asks_for_nothing(place: &Place<'_, '_>) -> bool {
    let nothing = |own: Requirements| {
        let own = place.ranges.effective(own);
        ![Resource::Cpu, Resource::Memory].into_iter().any(|resource| own.mentions(resource))
    };
    let of_pod = Requirements::of(place.pod.field("resources").value);
    let mut containers = place.pod.containers().iter();
    !of_pod.mentions(Resource::Cpu)
        && !of_pod.mentions(Resource::Memory)
        && containers.all(|container| nothing(Requirements::of(container.field("resources").value)))
}
