//! Run a profile over a world to a fixed point.

use super::edit::{Edit, apply, before_removal, by_place, in_order, is_append};
use super::elsewhere::{self, Denial, Denials, Ground};
use super::excuse::{self, Excuses, Use};
use super::ledger::{Found, Ledger};
use super::pool::Pool;
use super::verdict::{self, Verdict};
use super::{Plan, Planned, PlannedFinding, Source, StaleException};
use crate::manifest::{Position, Refusal, Stream};
use crate::profile::{Profile, RuleSetting};
use crate::rules::{Findings, Risk, Rule, Stage, explain};
use crate::workload::{Identity, Object, Surroundings, Whole, World};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Two rules undo each other's changes on an object: a bug in them, never the user's fault.
    #[error("{object}: these rules undo each other: {}; this is a bug, please report it with the manifest", .rules.join(", "))]
    Unsettled {
        /// The object, as its identity is shown.
        object: String,
        /// The rules that still wanted changes after the last round.
        rules: Vec<&'static str>,
    },
    /// The texts are not those that the world was made of.
    #[error("{object}: {refusal}")]
    Unreadable {
        /// The object, as its identity is shown.
        object: String,
        /// What went wrong.
        refusal: Refusal,
    },
}

/// Make the plan. `streams` are the manifests' texts that the world was made of, by index.
///
/// A finding is mended whole, when all its changes are within the limit, or not at all. Findings are those of the objects
/// as they are, and those that only appear once others are mended.
pub fn make(profile: &Profile, world: &World, streams: &[&Stream], limits: &Limits) -> Result<Plan, PlanError> {
    make_around(profile, world, streams, limits, &BTreeSet::new())
}

/// [`make`] where no change of one manifest may count on a change in one of the `sealed` ones, which stay as they are.
pub fn make_around(
    profile: &Profile,
    world: &World,
    streams: &[&Stream],
    limits: &Limits,
    sealed: &BTreeSet<usize>,
) -> Result<Plan, PlanError> {
    let concerned = |object: &Object| {
        let Identity { api_version, kind, .. } = &object.identity;
        object.is_workload()
            || profile.rules.iter().any(|setting| setting.enabled && setting.rule.wants(api_version, kind))
    };
    let objects: Vec<usize> = (0..world.objects.len()).filter(|at| concerned(&world.objects[*at])).collect();
    let pool = Pool::default();
    let one = |index: usize, denied: &[Denial]| {
        plan(profile, world, index, streams[world.objects[index].manifest], limits, denied, &pool)
    };
    let parts: Result<Vec<_>, _> = objects.par_iter().map(|index| one(*index, &[])).collect();

    let (mut objects, mut exceptions) = (Vec::new(), BTreeMap::new());
    for (planned, used, stale) in parts? {
        exceptions.insert(planned.object, (used, stale));
        objects.push(planned);
    }
    let ground = Ground { world, streams, sealed };
    let mut denials = Denials::default();
    loop {
        let again = elsewhere::deny(&objects, &ground, &mut denials);
        if again.is_empty() {
            break;
        }
        for index in again {
            let (planned, used, stale) = one(index, &denials[&index])?;
            exceptions.insert(index, (used, stale));
            let at = objects.partition_point(|known| known.object < index);
            objects[at] = planned;
        }
    }
    // Of what is no workload only that is told which something was found in.
    objects.retain(|planned| planned.is_workload || !planned.findings.is_empty());
    let added = elsewhere::carry_out(&mut objects, &ground);

    for part in objects.chunk_by_mut(|one, other| manifest_of(world, one) == manifest_of(world, other)) {
        let stream = streams[manifest_of(world, &part[0])];
        let findings = part.iter_mut().flat_map(|planned| &mut planned.findings);
        locate(stream.text(), findings.filter_map(|finding| finding.source.as_mut()).collect());
    }
    let (uses, own): (Vec<_>, Vec<_>) = exceptions.into_values().unzip();
    let mut all = excuse::stale(profile, uses.into_iter().flatten(), &limits.today);
    all.extend(own.into_iter().flatten());
    let asks = |planned: &Planned| planned.findings.iter().any(|finding| finding.policies().next().is_some());
    let leads = (0..objects.len()).filter(|at| asks(&objects[*at])).collect();
    Ok(Plan { objects, added, stale: all, leads })
}

fn manifest_of(world: &World, planned: &Planned) -> usize {
    world.objects[planned.object].manifest
}

/// Plan one object, and tell what became of exceptions.
fn plan(
    profile: &Profile,
    world: &World,
    index: usize,
    stream: &Stream,
    limits: &Limits,
    denied: &[Denial],
    pool: &Pool,
) -> Result<(Planned, Vec<Use>, Vec<StaleException>), PlanError> {
    let object = &world.objects[index];
    let surroundings = world.around(object, profile.kubernetes);
    let identity = &object.identity;
    let unreadable = |refusal| PlanError::Unreadable { object: identity.to_string(), refusal };
    let stream = &*stream.opened();
    let mut value = object.value(stream).map_err(unreadable)?;
    let settings = profile.settings_for(identity, &value);
    let mut excuses = Excuses::new(profile, index, object, &value, &limits.today);
    settings.iter().for_each(|setting| excuses.rule_runs(setting.rule));
    let level = |value: &Value| verdict::level(object, value, &surroundings);
    let before = level(&value);

    let mut ledger = Ledger::new(denied, pool);
    let mut edits: Vec<Edit> = Vec::new();
    // How many edits say which containers there are.
    let mut shaping = 0;
    for stage in Stage::ALL {
        let of = |wanted: fn(&Stage, &Stage) -> bool| -> Vec<&RuleSetting> {
            settings.iter().copied().filter(|setting| wanted(&setting.rule.stage, &stage)).collect()
        };
        // Nothing has changed since the rules of the stages before ran last: they would find the same again.
        let (new, all) = (of(Stage::eq), of(Stage::le));
        for round in 0.. {
            let settings = if round == 0 { &new } else { &all };
            let found = run(object, &value, &surroundings, settings, &mut excuses);
            let begun = |rule: &Rule| round > 0 || rule.stage == stage;
            let mending = in_order(ledger.enter(found, &value, limits.max_risk, begun));
            if mending.is_empty() {
                break;
            }
            if round == ROUNDS {
                return Err(PlanError::Unsettled { object: identity.to_string(), rules: ledger.restless() });
            }
            mending.iter().for_each(|edit| apply(&mut value, edit));
            edits.extend(mending);
        }
        if stage == Stage::Shape {
            shaping = edits.len();
        }
    }
    let after = if edits.is_empty() { before } else { level(&value) };

    let mut findings = ledger.close(&edits);
    let removed: Vec<&str> =
        edits[..shaping].iter().filter(|edit| edit.value.is_none()).map(|edit| &*edit.pointer).collect();
    if !removed.is_empty() {
        tell_as_it_stood(&mut findings, &removed);
    }
    let document = stream.document(object.document);
    if edits.iter().any(|edit| is_append(&edit.pointer) && edit.pointer.contains("/initContainers/")) {
        // People do not have before them what the run itself adds.
        findings.retain(|finding| {
            let place = container_of(&finding.subject.pointer).zip(document);
            place.is_none_or(|(container, document)| {
                let name = document.scalar(&format!("{}{container}/name", object.base));
                name.as_deref() == finding.subject.container.as_deref()
            })
        });
    }
    for finding in &mut findings {
        let pointer = format!("{}{}", object.base, finding.subject.pointer);
        // The position is filled in for a whole manifest at once.
        finding.source =
            document.map(|document| Source::new(&document.nearest(&pointer), Position { line: 1, column: 1 }));
    }
    findings.sort_by(|one, other| {
        let start = |finding: &PlannedFinding| finding.source.map(|source| source.span().start);
        start(one)
            .cmp(&start(other))
            .then_with(|| by_place(&one.subject.pointer, &other.subject.pointer))
            .then_with(|| one.rule.id.cmp(other.rule.id))
    });
    // A large manifest has a great many of them.
    for finding in &mut findings {
        finding.mask_values();
        finding.changes.shrink_to_fit();
        finding.elsewhere.shrink_to_fit();
    }
    findings.shrink_to_fit();
    edits.shrink_to_fit();
    let ran = |rule: &Rule| settings.iter().any(|setting| setting.rule.id == rule.id);
    let (uses, stale) = excuses.finish(ran);
    let is_workload = object.is_workload();
    Ok((Planned { object: index, is_workload, findings, verdict: Verdict { before, after }, edits }, uses, stale))
}

/// Later stages speak of the object without the containers that the first one took out; people have it before them whole.
fn tell_as_it_stood(findings: &mut [PlannedFinding], removed: &[&str]) {
    for finding in findings.iter_mut().filter(|finding| finding.rule.stage > Stage::Shape) {
        let changes = finding.changes.iter_mut().map(|change| &mut change.pointer);
        for pointer in changes.chain([&mut finding.subject.pointer]) {
            if let Some(before) = before_removal(pointer, removed) {
                *pointer = before.into();
            }
        }
    }
}

/// The init container that a place is in, as a pointer.
fn container_of(pointer: &str) -> Option<&str> {
    let list = pointer.find("/initContainers/")? + "/initContainers/".len();
    let end = pointer[list..].find('/').map_or(pointer.len(), |end| list + end);
    Some(&pointer[..end])
}

/// One round: every rule over every pod template, or over the object as a whole.
fn run<'p>(
    object: &Object,
    value: &Value,
    surroundings: &Surroundings<'_>,
    settings: &[&'p RuleSetting],
    excuses: &mut Excuses<'_>,
) -> Vec<Found<'p>> {
    let mut all = Vec::new();
    for pod in object.pods(value, surroundings) {
        for setting in settings {
            let Some(check) = setting.rule.check.of_pods() else { continue };
            let spared = excuses.spared(setting.rule, &pod);
            let mut findings = Findings::new(setting.parameters.clone()).sparing(spared);
            check(&pod, &mut findings);
            for mut finding in findings.into_vec() {
                explain(&pod, setting.rule.id, &mut finding);
                let excuse = excuses.reason(setting.rule, Some(&pod), &finding);
                all.push(Found { setting, finding, excuse });
            }
        }
    }
    let whole = Whole::new(&object.identity, value, surroundings);
    for setting in settings {
        for finding in setting.rule.run_whole(&whole, setting.parameters.clone()) {
            let excuse = excuses.reason(setting.rule, None, &finding);
            all.push(Found { setting, finding, excuse });
        }
    }
    all
}

/// Fill in where each span begins, in one pass over the text.
fn locate(text: &str, mut places: Vec<&mut Source>) {
    places.sort_by_key(|place| place.span().start);
    let (mut at, mut here) = (0, Position { line: 1, column: 1 });
    for place in places {
        let span = place.span();
        for byte in &text.as_bytes()[at..span.start.max(at)] {
            match byte {
                b'\n' => here = Position { line: here.line + 1, column: 1 },
                // Every byte that is not a UTF-8 continuation byte begins a character.
                byte if byte & 0xC0 != 0x80 => here.column += 1,
                _ => {}
            }
        }
        at = span.start.max(at);
        *place = Source::new(&span, here);
    }
}
