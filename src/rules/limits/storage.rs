//! Ephemeral storage: what a container writes beside its claims. A pod that goes over its limit is evicted.

use super::asking::Asking;
use super::{RULE, contradiction};
use crate::resources::quota::Part::{Limits, Requests};
use crate::resources::{Quantity, Requirements, Resource};
use crate::rules::findings::or_except;
use crate::rules::{Findings, Risk};
use crate::workload::{Container, List, Pod, Volume};
use std::collections::{BTreeMap, BTreeSet};

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
    let room = asking.place.volumes.room(&[asking.container]);
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
pub(super) fn stays(container: &Container<'_>) -> bool {
    container.list() == List::Main || container.field("restartPolicy").as_str() == Some("Always")
}

/// The emptyDirs of a pod, by name, each with its `sizeLimit`. Read once: a pod may have a great many.
pub(super) struct Volumes<'a> {
    disks: BTreeMap<&'a str, Option<Quantity>>,
    pub(super) memory: BTreeMap<&'a str, Option<Quantity>>,
    /// The pointer of the first container that stays.
    first: Option<String>,
}

impl<'a> Volumes<'a> {
    pub(super) fn of(pod: &Pod<'a>) -> Self {
        let empty = |wanted: &str| {
            let volumes = pod.volumes().into_iter().filter(|volume| volume.is("emptyDir"));
            let medium = |volume: &Volume<'a>| volume.field.field("emptyDir/medium").as_str().unwrap_or_default();
            let size = |volume: &Volume<'_>| volume.field.field("emptyDir/sizeLimit").value.and_then(Quantity::of);
            volumes.filter(|volume| medium(volume) == wanted).map(|volume| (volume.name, size(&volume))).collect()
        };
        let first = pod.containers().iter().find(|container| stays(container));
        Self { disks: empty(""), memory: empty("Memory"), first: first.map(|container| container.pointer().to_owned()) }
    }

    /// What those on disk hold together that any of these containers mounts, as far as they have a size.
    fn room(&self, containers: &[&Container<'_>]) -> Quantity {
        let mounts = containers.iter().flat_map(|container| container.mounts());
        let mounted: BTreeSet<&str> = mounts.map(|mount| mount.volume).collect();
        let sizes = mounted.into_iter().filter_map(|name| *self.disks.get(name)?);
        sizes.fold(Quantity::ZERO, Quantity::plus)
    }
}

/// Why nobody can say how much it writes.
fn doubt(asking: &Asking<'_, '_>) -> Option<String> {
    if let Some((name, _)) = asking.place.volumes.disks.iter().find(|(_, size)| size.is_none()) {
        return Some(format!("the emptyDir {name} has no `sizeLimit`"));
    }
    let writes =
        |container: &Container<'_>| container.field("securityContext/readOnlyRootFilesystem").as_bool() != Some(true);
    if writes(asking.container) {
        return Some("it can write its root file system".to_owned());
    }
    // The kubelet holds all that a pod writes against the sum of the limits that are there.
    let unlimited = |container: &&Container<'_>| {
        let own = Requirements::of(container.field("resources").value);
        !asking.place.ranges.effective(own).limits.get(STORAGE).is_stated()
    };
    let mut beside = asking.place.pod.containers().iter().filter(|container| stays(container) && writes(container));
    let other = beside.find(unlimited)?.name();
    Some(format!(
        "the limit is that of the pod as long as container {other} has none, which can write its root file system"
    ))
}

/// Limits that the pod's own emptyDirs can use up: it is evicted before they are full.
fn raise(asking: &Asking<'_, '_>, found: &mut Findings) {
    let (pod, volumes) = (asking.place.pod, &asking.place.volumes);
    // One finding for the pod, at the first of them.
    if volumes.first.as_deref() != Some(asking.container.pointer()) {
        return;
    }
    let counted: Vec<_> = pod.containers().iter().filter(|container| stays(container)).collect();
    let mut all = Quantity::ZERO;
    for container in &counted {
        let own = Requirements::of(container.field("resources").value);
        // As long as one has none, adding it comes first.
        let Some(limit) = asking.place.ranges.effective(own).limits.get(STORAGE).known() else { return };
        all = all.plus(limit);
    }
    let used = volumes.room(&counted);
    let limit = asking.own.limits.get(STORAGE).known();
    let Some(limit) = limit.filter(|_| all <= used && used > Quantity::ZERO) else { return };
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
