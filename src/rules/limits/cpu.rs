//! Processor time: a request, and a limit only where it is asked for.

use super::asking::{Advice, Asking};
use super::settings::CpuLimit;
use super::{RULE, contradiction, memory};
use crate::resources::Resource;
use crate::resources::quota::Part::{Limits, Requests};
use crate::rules::findings::or_except;
use crate::rules::{Findings, Risk};

/// What a limit does (`tests/cluster/README.md`).
const SLOWER: &str = "it slows a program down and does not end it: 37 of 37 measured programs worked with 100m";

pub(super) fn check(asking: &Asking<'_, '_>, found: &mut Findings) {
    let owned = asking.owned(Resource::Cpu);
    if asking.is_settled(Resource::Cpu) || contradiction::check(asking, Resource::Cpu, found) {
        return;
    }
    let settings = &asking.place.settings;
    let is_limited = asking.effective.limits.get(Resource::Cpu).is_stated() || owned.limit;
    let refused = asking.refused_without(Limits, Resource::Cpu).filter(|_| !is_limited);
    let wants_limit = !is_limited
        && match settings.cpu_limit {
            CpuLimit::Always => true,
            CpuLimit::Auto => refused.is_some(),
            CpuLimit::Never => false,
        };
    if let Some(name) = refused.as_ref().filter(|_| !wants_limit) {
        found
            .at(&asking.field(Limits, Resource::Cpu))
            .because(format!("{name} refuses pods of which a container has no CPU limit: they never come"))
            .decide(or_except(RULE.id, "set one, or let `--cpu-limit=auto` set one wherever it is demanded"));
    }
    let has_request = asking.own.requests.get(Resource::Cpu).is_stated();
    // A limit that is written would become the request where none is written beside it.
    let is_requested = has_request || (asking.effective.requests.get(Resource::Cpu).is_stated() && !wants_limit);
    let wants_request = !owned.request && !is_requested;
    if let Some(autoscaler) = asking.stalled(Resource::Cpu).filter(|_| wants_request) {
        memory::percent(asking, Resource::Cpu, autoscaler, found);
        return;
    }
    if !wants_limit && !wants_request {
        return;
    }

    let request = asking.request(Resource::Cpu, settings.cpu_request);
    let advice = asking.advised(Limits, Resource::Cpu).filter(|advice| advice.amount >= request.amount);
    let limit = advice.unwrap_or_else(|| Advice {
        amount: request.amount.times(4).max(settings.least_cpu_limit),
        assessment: Risk::Likely.because(match &refused {
            Some(name) => format!("{name} refuses pods without it; {SLOWER}"),
            None => SLOWER.to_owned(),
        }),
    });
    let bounds = asking.bounds(Resource::Cpu);
    let (amount, most) =
        bounds.fit(Resource::Cpu, request.amount.min(limit.amount), has_request || owned.request, limit.amount);
    let field = asking.field(if wants_request { Requests } else { Limits }, Resource::Cpu);
    let mut draft = found.at(&field).because(if wants_request {
        "without a CPU request it gets next to nothing on a busy node, and the scheduler does not know what it needs"
    } else {
        "without a CPU limit it can slow down all that runs on its node"
    });
    if wants_limit && !owned.request && most < amount {
        let decision = format!("make room in {}, or ask for less", bounds.names.join(" and "));
        draft.decide(or_except(RULE.id, &decision));
        return;
    }
    if wants_request {
        draft = draft.set(&field, amount.to_string(), request.assessment);
    }
    if wants_limit {
        draft.set(&asking.field(Limits, Resource::Cpu), most.to_string(), limit.assessment);
    }
}
