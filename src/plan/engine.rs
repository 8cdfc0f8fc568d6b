//! Run a profile over a world to a fixed point.

use super::edit::{Edit, apply, by_place, in_order};
use super::excuse::{self, Excuses, Use};
use super::ledger::{Found, Ledger};
use super::verdict::{self, Verdict};
use super::{Plan, Planned, PlannedFinding, StaleException};
use crate::manifest::{Document, Position, Stream};
use crate::profile::{Profile, RuleSetting};
use crate::rules::{Findings, Risk};
use crate::workload::{Identity, Object, Pod, World};
use rayon::prelude::*;
use serde_json::Value;
use std::ops::Range;

/// Rules come to rest within two or three rounds; more than this means that two of them undo each other.
const ROUNDS: usize = 10;

/// How a run is limited beyond its profile.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The riskiest change that is made.
    pub max_risk: Risk,
    /// Today, `YYYY-MM-DD`, for exceptions that expire.
    pub today: String,
}

/// The rules do not come to rest on an object: a bug in them, never the user's fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{identity}: these rules undo each other: {}; this is a bug, please report it with the manifest", .rules.join(", "))]
pub struct Unsettled {
    /// The object.
    pub identity: Identity,
    /// The rules that still wanted changes after the last round.
    pub rules: Vec<&'static str>,
}

/// Make the plan. `streams` are the manifests' texts by index, for the source spans; one that is missing gives none.
///
/// A finding is mended whole, when all its changes are within the limit, or not at all. Findings are those of the objects
/// as they are, and those that only appear once others are mended.
pub fn make(profile: &Profile, world: &World, streams: &[&Stream], limits: &Limits) -> Result<Plan, Unsettled> {
    let workloads: Vec<usize> = (0..world.objects.len()).filter(|at| world.objects[*at].is_workload()).collect();
    let planned = workloads.par_iter().map(|index| {
        let object = &world.objects[*index];
        let document = streams.get(object.manifest).and_then(|stream| stream.document(object.document));
        plan(profile, *index, object, document, limits)
    });
    let parts = planned.collect::<Result<Vec<_>, _>>()?;

    let (mut objects, mut uses, mut stale) = (Vec::new(), Vec::new(), Vec::new());
    for (planned, used, mut own) in parts {
        objects.push(planned);
        uses.extend(used);
        stale.append(&mut own);
    }
    for part in objects.chunk_by_mut(|one, other| manifest_of(world, one) == manifest_of(world, other)) {
        if let Some(stream) = part.first().and_then(|planned| streams.get(manifest_of(world, planned))) {
            let findings = part.iter_mut().flat_map(|planned| &mut planned.findings);
            locate(stream.text(), findings.filter_map(|finding| finding.source.as_mut()).collect());
        }
    }
    let mut all = excuse::stale(profile, uses, &limits.today);
    all.append(&mut stale);
    Ok(Plan { objects, stale: all })
}

fn manifest_of(world: &World, planned: &Planned) -> usize {
    world.objects[planned.object].manifest
}

/// Plan one object, and tell what became of exceptions.
fn plan(
    profile: &Profile,
    index: usize,
    object: &Object,
    document: Option<Document<'_>>,
    limits: &Limits,
) -> Result<(Planned, Vec<Use>, Vec<StaleException>), Unsettled> {
    let settings = profile.settings_for(object);
    let mut excuses = Excuses::new(profile, index, object, &limits.today);
    settings.iter().for_each(|setting| excuses.rule_runs(setting.rule));

    let mut ledger = Ledger::default();
    let mut edits: Vec<Edit> = Vec::new();
    // Most objects are looked at and left alone: only one that changes is copied.
    let mut changed: Option<Value> = None;
    for round in 0.. {
        let value = changed.as_ref().unwrap_or(&object.value);
        let found = run(profile, object, value, &settings, &mut excuses);
        let mending = in_order(ledger.enter(found, value, limits.max_risk));
        if mending.is_empty() {
            break;
        }
        if round == ROUNDS {
            return Err(Unsettled { identity: object.identity.clone(), rules: ledger.restless() });
        }
        let value = changed.get_or_insert_with(|| object.value.clone());
        mending.iter().for_each(|edit| apply(value, edit));
        edits.extend(mending);
    }

    let after = changed.as_ref().unwrap_or(&object.value);
    let mut findings = ledger.close(after);
    for finding in &mut findings {
        let pointer = format!("{}{}", object.base, finding.subject.pointer);
        // The position is filled in for a whole manifest at once.
        finding.source = document.map(|document| (document.nearest(&pointer), Position { line: 1, column: 1 }));
    }
    findings.sort_by(|one, other| {
        let start = |finding: &PlannedFinding| finding.source.as_ref().map(|(span, _)| span.start);
        start(one)
            .cmp(&start(other))
            .then_with(|| by_place(&one.subject.pointer, &other.subject.pointer))
            .then_with(|| one.rule.id.cmp(other.rule.id))
    });
    let before = verdict::level(object, &object.value, profile.kubernetes);
    let after = changed.as_ref().map_or(before, |value| verdict::level(object, value, profile.kubernetes));
    let ran = |rule: &crate::rules::Rule| settings.iter().any(|setting| setting.rule.id == rule.id);
    let (uses, stale) = excuses.finish(ran);
    Ok((Planned { object: index, findings, verdict: Verdict { before, after }, edits }, uses, stale))
}

/// One round: every rule over every pod template.
fn run<'p>(
    profile: &Profile,
    object: &Object,
    value: &Value,
    settings: &[&'p RuleSetting],
    excuses: &mut Excuses<'_>,
) -> Vec<Found<'p>> {
    let mut all = Vec::new();
    for pointer in &object.templates {
        let Some(template) = value.pointer(pointer) else { continue };
        let pod = Pod::new(template, pointer.as_str(), profile.kubernetes);
        for setting in settings {
            let mut findings = Findings::new(setting.parameters.clone());
            (setting.rule.check)(&pod, &mut findings);
            for finding in findings.into_vec() {
                let excuse = excuses.reason(setting.rule, pointer, &finding.subject);
                all.push(Found { setting, finding, excuse });
            }
        }
    }
    all
}

/// Fill in where each span begins, in one pass over the text.
fn locate(text: &str, mut places: Vec<&mut (Range<usize>, Position)>) {
    places.sort_by_key(|(span, _)| span.start);
    let (mut at, mut here) = (0, Position { line: 1, column: 1 });
    for (span, position) in places {
        for byte in &text.as_bytes()[at..span.start.max(at)] {
            match byte {
                b'\n' => here = Position { line: here.line + 1, column: 1 },
                // Every byte that is not a UTF-8 continuation byte begins a character.
                byte if byte & 0xC0 != 0x80 => here.column += 1,
                _ => {}
            }
        }
        at = span.start.max(at);
        *position = here;
    }
}
