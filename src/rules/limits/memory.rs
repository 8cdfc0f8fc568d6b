//! Memory: a request and a limit.

use super::RULE;
use super::asking::{Advice, Asking};
use super::contradiction;
use crate::resources::quota::Part::{Limits, Requests};
use crate::resources::{Quantity, Resource};
use crate::rules::findings::or_except;
use crate::rules::{Assessment, Findings, Risk};

/// What is said where nothing is measured.
const UNMEASURED: &str = "it is killed when it needs more, and nothing is measured of that; `--limits-from` with krr, a VPA \
                          or a file would tell";
/// With this much all programs of the test suite did their work (`tests/cluster/README.md`).
const ENOUGH: Quantity = Quantity::mebi(256);
const MEASURED: &str = "37 of 37 measured programs worked with 256Mi, but on little data";

pub(super) fn check(asking: &Asking<'_, '_>, found: &mut Findings) {
    let owned = asking.owned(Resource::Memory);
    if asking.is_settled(Resource::Memory) || contradiction::check(asking, Resource::Memory, found) {
        return;
    }
    let (own, effective) = (&asking.own, &asking.effective);
    if let Some(limit) = own.limits.get(Resource::Memory).known() {
        if !owned.limit {
            raise(asking, limit, found);
        }
        return;
    }
    let advised = asking.advised(Limits, Resource::Memory);
    // What a LimitRange supplies is there, unless somebody knows better.
    let is_supplied = effective.limits.get(Resource::Memory).is_stated() && advised.is_none();
    let wants_limit = !owned.limit && !is_supplied;
    let has_request = own.requests.get(Resource::Memory).is_stated();
    let is_requested = effective.requests.get(Resource::Memory).is_stated() && !wants_limit;
    let wants_request = !owned.request && !has_request && !is_requested;
    let reason = match (wants_limit, wants_request) {
        (true, true) => {
            "without a memory limit it can take the memory of the whole node, and without a request its pod is the first \
             to go when that runs out"
        }
        (true, false) => "without a memory limit it can take the memory of the whole node",
        (false, true) => "without a memory request the scheduler does not know what it needs",
        (false, false) => return,
    };
    if let Some(autoscaler) = asking.stalled(Resource::Memory).filter(|_| wants_request) {
        percent(asking, Resource::Memory, autoscaler, found);
        return;
    }
    let request = asking.request(Resource::Memory, asking.place.settings.memory_request);
    let advice = advised.unwrap_or_else(|| by_default(asking, request.amount));
    let bounds = asking.bounds(Resource::Memory);
    let is_fixed = has_request || owned.request;
    let stated = own.requests.get(Resource::Memory).known().unwrap_or(Quantity::ZERO);
    let wanted = advice.amount.max(stated);
    let (amount, limit) = bounds.fit(Resource::Memory, request.amount.min(wanted), is_fixed, wanted);
    let place = asking.field(if wants_limit { Limits } else { Requests }, Resource::Memory);
    if wants_limit && !owned.request && limit < amount {
        let decision = format!("make room in {}, or ask for less", bounds.names.join(" and "));
        found.at(&place).because(reason).decide(or_except(RULE.id, &decision));
        return;
    }
    let mut draft = found.at(&place).because(reason);
    let field = asking.field(Requests, Resource::Memory);
    if wants_request {
        draft = draft.set(&field, amount.to_string(), request.assessment.clone());
    }
    if wants_limit {
        if wants_request && advice.assessment.risk > Risk::Likely && request.assessment.risk <= Risk::Likely {
            draft = draft.or_set(&field, amount.to_string(), request.assessment);
        }
        draft.set(&asking.field(Limits, Resource::Memory), limit.to_string(), with_effect(asking, advice.assessment));
    }
}

/// The limit where no source knows the container.
fn by_default(asking: &Asking<'_, '_>, request: Quantity) -> Advice {
    let mut amount = asking.place.settings.memory_limit.max(request.times(2));
    let mut evidence = String::from("the profile's default");
    if let Some(ceiling) = asking.program(|program| program.ceiling()) {
        let needed = Resource::Memory.round_up(ceiling.amount.percent(150));
        if needed > amount {
            (amount, evidence) = (needed, format!("one and a half times {}", ceiling.flag));
        }
    }
    let pod = asking.place.pod;
    let volumes = asking.container.mounts().into_iter().filter_map(|mount| pod.volume(mount.volume));
    for volume in volumes.filter(|volume| volume.field.field("emptyDir/medium").as_str() == Some("Memory")) {
        let size = volume.field.field("emptyDir/sizeLimit").value.and_then(Quantity::of);
        amount = amount.plus(size.unwrap_or(Quantity::ZERO));
    }
    let refused = asking.refused_without(Limits, Resource::Memory);
    let assessment = match refused {
        Some(name) => Risk::Likely.because(format!("{name} refuses pods without it; the amount is {evidence}")),
        None if amount >= ENOUGH => Risk::Unproven.because(format!("{evidence}; {MEASURED}: {UNMEASURED}")),
        None => Risk::Unproven.because(format!("{evidence}; {UNMEASURED}")),
    };
    Advice { amount, assessment }
}

fn with_effect(asking: &Asking<'_, '_>, assessment: Assessment) -> Assessment {
    match asking.program(|program| program.effect()) {
        Some(effect) => assessment.risk.because(format!("{}; {effect}", assessment.evidence)),
        None => assessment,
    }
}

/// A limit below what was measured.
fn raise(asking: &Asking<'_, '_>, limit: Quantity, found: &mut Findings) {
    let needed = [Limits, Requests].into_iter().filter_map(|part| asking.advised(part, Resource::Memory));
    let Some(needed) = needed.max_by_key(|advice| advice.amount).filter(|needed| needed.amount > limit) else { return };
    let field = asking.field(Limits, Resource::Memory);
    let Advice { amount, assessment } = needed;
    let draft = found.at(&field).because(format!(
        "its memory limit of {limit} is below the {amount} that it needs ({}): it is killed when it needs them",
        assessment.evidence
    ));
    let bounds = asking.bounds(Resource::Memory);
    let request = asking.effective.requests.get(Resource::Memory).known().unwrap_or(limit);
    if bounds.fit(Resource::Memory, request, true, amount).1 < amount {
        let decision =
            format!("{} does not allow more: change it, or let the program need less", bounds.names.join(" and "));
        draft.decide(or_except(RULE.id, &decision));
        return;
    }
    let assessment = with_effect(asking, assessment);
    // Where no request is stated the old limit was the request, too; it is written down so that it stays.
    if asking.own.requests.get(Resource::Memory).is_stated() || asking.owned(Resource::Memory).request {
        draft.set(&field, amount.to_string(), assessment);
    } else {
        let evidence = "what the limit was until now is the request as well, and stays it";
        let request = asking.field(Requests, Resource::Memory);
        draft.set(&request, limit.to_string(), Risk::Safe.because(evidence)).set(
            &field,
            amount.to_string(),
            assessment,
        );
    }
}

/// A request that an autoscaler measures in percent of.
pub(super) fn percent(asking: &Asking<'_, '_>, resource: Resource, autoscaler: &str, found: &mut Findings) {
    found
        .at(&asking.field(Requests, resource))
        .because(format!(
            "HorizontalPodAutoscaler {autoscaler} measures {resource} in percent of the request, and there is none: it \
             cannot scale"
        ))
        .decide(or_except(RULE.id, "set the request to what one pod uses when it is well loaded"));
}
