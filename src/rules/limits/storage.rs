//! Ephemeral storage: what a container writes beside its claims. A pod that goes over its limit is evicted.

use super::asking::Asking;
use super::{RULE, contradiction};
use crate::resources::quota::Part::{Limits, Requests};
use crate::resources::{Quantity, Requirements, Resource};
use crate::rules::findings::or_except;
use crate::rules::{Findings, Risk};
use crate::workload::{Container, List, Pod, Volume};

const STORAGE: Resource = Resource::EphemeralStorage;

pub(super) fn check(asking: &Asking<'_, '_>, found: &mut Findings) {
    let pod = asking.place.pod;
    if pod.is_windows()
        || !stays(asking.container)
        || asking.is_settled(STORAGE)
        || contradiction::check(asking, STORAGE, found)
    {
        return;
    }
    if asking.own.limits.get(STORAGE).is_stated() {
        raise(asking, found);
        return;
    }
    let advised = asking.advised(Limits, STORAGE);
    if asking.effective.limits.get(STORAGE).is_stated() && advised.is_none() {
        return;
    }
    let settings = &asking.place.settings;
    let has_request = asking.own.requests.get(STORAGE).known();
    let request = has_request.or_else(|| asking.advised(Requests, STORAGE).map(|advice| advice.amount));
    let request = request.unwrap_or(settings.storage_request);
    let room = room(pod, &[asking.container]);
    let (limit, assessment) = match advised {
        Some(advice) => (advice.amount, advice.assessment),
        None => {
            let evidence = "the profile's default, with room for the emptyDirs that it mounts";
            let assessment = match doubt(asking) {
                Some(doubt) => {
                    Risk::Unproven.because(format!("{evidence}; but {doubt}, and over the limit the pod is evicted"))
                }
                None => Risk::Likely.because(format!("{evidence}; all else that it writes are logs")),
            };
            (settings.storage_limit.plus(room).max(request), assessment)
        }
    };
    let bounds = asking.bounds(STORAGE);
    let (request, limit) = bounds.fit(STORAGE, request.min(limit), has_request.is_some(), limit);
    let field = asking.field(Limits, STORAGE);
    let draft = found.at(&field).because(if has_request.is_some() {
        "without a limit of ephemeral storage what it writes can fill the disk of the node"
    } else {
        "without a limit of ephemeral storage what it writes can fill the disk of the node, and without a request the \
         scheduler does not know what it needs"
    });
    if limit < request {
        let decision = format!("make room in {}, or ask for less", bounds.names.join(" and "));
        draft.decide(or_except(RULE.id, &decision));
        return;
    }
    let draft = draft.set(&field, limit.to_string(), assessment.clone());
    if has_request.is_some() {
        return;
    }
    let field = asking.field(Requests, STORAGE);
    let set_aside = || Risk::Likely.because("the profile's default; it only says what the scheduler sets aside");
    let draft = draft.set(&field, request.to_string(), set_aside());
    if assessment.risk > Risk::Likely {
        draft.or_set(&field, request.to_string(), set_aside());
    }
}

/// Whether the kubelet counts what a container writes: not that of an init container that ends.
fn stays(container: &Container<'_>) -> bool {
    container.list() == List::Main || container.field("restartPolicy").as_str() == Some("Always")
}

/// The emptyDirs on disk.
fn disks<'a>(pod: &Pod<'a>) -> Vec<Volume<'a>> {
    let on_disk = |volume: &Volume<'_>| {
        volume.is("emptyDir") && volume.field.field("emptyDir/medium").as_str().is_none_or(str::is_empty)
    };
    pod.volumes().into_iter().filter(on_disk).collect()
}

/// What the emptyDirs hold together that any of these containers mounts, as far as they have a size.
fn room(pod: &Pod<'_>, containers: &[&Container<'_>]) -> Quantity {
    let mounts: Vec<_> = containers.iter().flat_map(|container| container.mounts()).collect();
    let mounted = disks(pod).into_iter().filter(|disk| mounts.iter().any(|mount| mount.volume == disk.name));
    mounted.filter_map(|disk| size(&disk)).fold(Quantity::ZERO, Quantity::plus)
}

fn size(volume: &Volume<'_>) -> Option<Quantity> {
    volume.field.field("emptyDir/sizeLimit").value.and_then(Quantity::of)
}

/// Why nobody can say how much it writes.
fn doubt(asking: &Asking<'_, '_>) -> Option<String> {
    if let Some(disk) = disks(asking.place.pod).iter().find(|disk| size(disk).is_none()) {
        return Some(format!("the emptyDir {} has no `sizeLimit`", disk.name));
    }
    let read_only = asking.container.field("securityContext/readOnlyRootFilesystem").as_bool() == Some(true);
    (!read_only).then(|| "it can write its root file system".to_owned())
}

/// Limits that the pod's own emptyDirs can use up: it is evicted before they are full.
fn raise(asking: &Asking<'_, '_>, found: &mut Findings) {
    let pod = asking.place.pod;
    let counted: Vec<_> = pod.containers().iter().filter(|container| stays(container)).collect();
    let mut limits = Vec::new();
    for container in &counted {
        let own = Requirements::of(container.field("resources").value);
        // As long as one has none, adding it comes first.
        let Some(limit) = asking.place.ranges.effective(own).limits.get(STORAGE).known() else { return };
        limits.push((container.pointer(), limit));
    }
    let all = limits.iter().map(|(_, limit)| *limit).fold(Quantity::ZERO, Quantity::plus);
    let used = room(pod, &counted);
    let is_first = limits.first().is_some_and(|(pointer, _)| *pointer == asking.container.pointer());
    let Some(limit) =
        asking.own.limits.get(STORAGE).known().filter(|_| is_first && all <= used && used > Quantity::ZERO)
    else {
        return;
    };
    let wanted = limit.plus(used).plus(asking.place.settings.storage_limit).minus(all);
    let field = asking.field(Limits, STORAGE);
    let draft = found.at(&field).because(format!(
        "the emptyDirs of the pod may hold {used}, and its limits of ephemeral storage are {all} together: it is evicted \
         before they are full"
    ));
    let bounds = asking.bounds(STORAGE);
    let request = asking.effective.requests.get(STORAGE).known().unwrap_or(limit);
    if bounds.fit(STORAGE, request, true, wanted).1 < wanted {
        let decision = format!("lower the `sizeLimit`s, or make room in {}", bounds.names.join(" and "));
        draft.decide(or_except(RULE.id, &decision));
    } else {
        draft.set(&field, wanted.to_string(), Risk::Safe.because("a higher limit takes nothing from the program"));
    }
}
