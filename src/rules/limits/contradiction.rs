//! Amounts that contradict each other or what stands around them: which of them is meant is for a person to say.

use super::RULE;
use super::asking::Asking;
use crate::resources::Resource;
use crate::resources::quota::Part;
use crate::rules::Findings;
use crate::rules::findings::or_except;

/// Whether something contradicts the amounts of a resource; it is found then, and nothing is to be added to them.
pub(super) fn check(asking: &Asking<'_, '_>, resource: Resource, found: &mut Findings) -> bool {
    let Some((part, reason, decision)) = contradiction(asking, resource) else { return false };
    found.at(&asking.field(part, resource)).because(reason).decide(or_except(RULE.id, decision));
    true
}

fn contradiction(asking: &Asking<'_, '_>, resource: Resource) -> Option<(Part, String, &'static str)> {
    let (request, limit) = (asking.own.requests.get(resource).known(), asking.own.limits.get(resource).known());
    let pair = request.zip(limit).filter(|(request, limit)| request > limit);
    if let Some((request, limit)) = pair {
        let reason =
            format!("its {resource} request of {request} is above its limit of {limit}, which the API server refuses");
        return Some((Part::Requests, reason, "lower the request or raise the limit"));
    }
    if asking.own.mentions(resource) {
        if let Some((range, default)) = asking.place.ranges.low_default(&asking.own, resource) {
            let reason = format!(
                "{range} gives it a {resource} limit of {default}, which is below its request: its pods are refused"
            );
            return Some((
                Part::Limits,
                reason,
                "state a limit that is at least the request, or correct the LimitRange",
            ));
        }
        if let Some(reason) = asking.place.ranges.refusal(&asking.effective, resource) {
            let part = if limit.is_some() { Part::Limits } else { Part::Requests };
            return Some((part, format!("{reason}: its pods are refused"), "change the amount or the LimitRange"));
        }
    }
    let limit = limit.filter(|_| resource == Resource::Memory)?;
    let ceiling = asking.program(|program| program.ceiling()).filter(|ceiling| ceiling.amount >= limit)?;
    let reason = format!(
        "{} does not fit into its memory limit of {limit}: it is killed before it has used what it was given",
        ceiling.flag
    );
    Some((Part::Limits, reason, "lower the one or raise the other; a program needs more than its heap"))
}
