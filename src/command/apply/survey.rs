//! What can be known of an object before it changes: the plan for what it is now, who manages it, what the server says.

use super::Run;
use crate::cli::{Connection, Input, Selection, Trial};
use crate::cluster::apply::{Consent, Outcome, Permit, permit};
use crate::cluster::journal::Pen;
use crate::cluster::owner::{self, Effect, Ownership};
use crate::cluster::preflight::{self, Manner, Preflight};
use crate::cluster::rollout::{self, Health};
use crate::cluster::write::Draft;
use crate::cluster::{DryRun, Error, Live, Reference, Target};
use crate::command::Console;
use crate::command::live::{LiveSession, Moved};
use crate::command::words::Asked;
use crate::report::applying::{self, Before};
use std::collections::BTreeSet;

/// How often an object that moves under the survey is looked at anew.
const LOOKS: u32 = 4;

/// An object of the run.
pub(super) struct Item {
    /// Its place in the session.
    pub(super) index: usize,
    pub(super) reference: Reference,
    pub(super) state: State,
}

/// What is known of it.
pub(super) enum State {
    /// It can be changed.
    Ready(Box<Ready>),
    /// It will not be.
    Over(Outcome),
}

/// An object that can be changed.
pub(super) struct Ready {
    pub(super) target: Target,
    pub(super) pen: Pen,
    /// Take fields of other managers over.
    pub(super) force: bool,
    /// New objects that are made before it.
    pub(super) added: Vec<Target>,
    /// Whether its pods worked before.
    pub(super) worked_before: bool,
}

impl Ready {
    /// The change as it goes to the server.
    pub(super) fn draft(&self, target: &Target) -> Draft {
        let applied = (self.pen == Pen::Apply).then(|| Draft::apply(target, self.force)).flatten();
        applied.unwrap_or_else(|| Draft::plain(target))
    }
}

/// Look at one object, and say what there is to say of it.
pub(super) fn survey(run: &Run<'_>, index: usize, console: &mut Console) -> anyhow::Result<Item> {
    let reference = run.live.handles[index].reference.clone();
    let mut looks = 1;
    let state = loop {
        let over = |outcome| State::Over(outcome);
        let target = match run.wait(run.live.target(index)) {
            Ok(target) => target,
            Err(Moved::Changed(fresh)) => match run.live.target_of(index, *fresh)? {
                Some(target) => target,
                None => break over(Outcome::Unchanged),
            },
            Err(Moved::Server(error)) => break over(Outcome::Failed(error.to_string())),
            Err(gone) => break over(Outcome::Refused(vec![gone.to_string()])),
        };
        match weigh(run, index, target, console)? {
            Ok(state) => break state,
            Err(error) if error.is_stale() && looks < LOOKS => looks += 1,
            Err(error) if error.is_not_found() => {
                break over(Outcome::Refused(vec!["it was deleted meanwhile".into()]));
            }
            Err(error) => break over(Outcome::Failed(error.to_string())),
        }
    };
    Ok(Item { index, reference, state })
}

/// Judge a change of one object. The inner error is the server's.
pub(super) fn weigh(
    run: &Run<'_>,
    index: usize,
    mut target: Target,
    console: &mut Console,
) -> anyhow::Result<Result<State, Error>> {
    let change = &run.args.change;
    let mut ownership = owner::told_by(&target.live);
    let mut effects = owner::effects(&ownership, &target);
    let consent = Consent { managed: change.allow_managed, overrides: change.force_conflicts };
    match permit(&ownership, &effects, &target, consent) {
        Permit::Go => {}
        Permit::Without(rules) => match without(run, &target.live.reference, &rules, console)? {
            Some(narrowed) => {
                target = narrowed;
                ownership = owner::told_by(&target.live);
                effects = owner::effects(&ownership, &target);
                if permit(&ownership, &effects, &target, consent) != Permit::Go {
                    return Ok(Ok(refuse(&target, &ownership, &effects, &[ONLY_OVERRIDES.to_owned()], console)));
                }
            }
            None => return Ok(Ok(refuse(&target, &ownership, &effects, &[ONLY_OVERRIDES.to_owned()], console))),
        },
        Permit::Managed => {
            let mut whys = ownership.advice.clone();
            whys.push("or change it here all the same, by additions only: --allow-managed".to_owned());
            return Ok(Ok(refuse(&target, &ownership, &effects, &whys, console)));
        }
        Permit::Blocks => {
            return Ok(Ok(refuse(&target, &ownership, &effects, &[conflict(&effects)], console)));
        }
    }
    if target.live.value.pointer("/metadata/deletionTimestamp").is_some() {
        let name = &target.live.reference;
        console.warn(&format!("Detected changes to resource {name} which is currently being deleted."));
    }
    let added = added(run, index);
    let mut found = None;
    let mut health = Health::Unknown;
    if change.dry_run.trial != Trial::Client {
        let manner = match change.server_side {
            true => Manner::Apply { force: change.force_conflicts },
            false => Manner::Suiting(owner::pen(&target.live, &effects)),
        };
        let mut preflight = match run.wait(preflight::run(&run.live.server, &target, manner)) {
            Ok(preflight) => preflight,
            Err(error) => return Ok(Err(error)),
        };
        for one in &added {
            if let Err(error) = run.wait(Draft::plain(one).send(&run.live.server, one, DryRun::Server)) {
                preflight.refusals.push(format!("{} cannot be made: {error}", one.live.reference));
            }
        }
        if !target.templates.is_empty() {
            health = run.wait(rollout::before(&run.live.server, &target.live));
        }
        if let Health::Unhealthy(why) = &health {
            preflight.cautions.push(format!("it does not work before the change either: {why}"));
        }
        if let Some(earlier) = run.open.iter().find(|entry| is_of(entry, &target.live.reference)) {
            let undo = format!("{} undo {}", console.name, earlier.run);
            preflight
                .cautions
                .push(format!("run {} was cut off in the middle of it; take it back: {undo}", earlier.run));
        }
        if !preflight.conflicts.is_empty() && manner != (Manner::Apply { force: true }) && preflight.merged.is_none() {
            preflight.refusals.push(conflict_of(&preflight.conflicts));
        }
        found = Some(preflight);
    }
    if let Some(refusals) = found.as_ref().map(|found| &found.refusals).filter(|refusals| !refusals.is_empty()) {
        let whys = refusals.clone();
        return Ok(Ok(refuse_after(&target, &ownership, &effects, found.as_ref(), &whys, console)));
    }
    say(&target, &ownership, &effects, found.as_ref(), console);
    added.iter().for_each(|one| say(one, &Ownership::default(), &[], None, console));
    let pen = found.as_ref().and_then(|found| found.pen).unwrap_or(Pen::JsonPatch);
    let worked_before = !matches!(health, Health::Unhealthy(_));
    Ok(Ok(State::Ready(Box::new(Ready { target, pen, force: change.force_conflicts, added, worked_before }))))
}

/// Why additions alone are not enough.
const ONLY_OVERRIDES: &str =
    "nothing is left of the change without what overrides its manager's values: --force-conflicts";

fn is_of(entry: &crate::cluster::journal::Entry, reference: &Reference) -> bool {
    entry.reference == *reference
}

fn say(target: &Target, ownership: &Ownership, effects: &[Effect], found: Option<&Preflight>, console: &mut Console) {
    let before = Before { target, ownership, effects, preflight: found };
    console.say(&applying::before(&before, &console.err_page()));
}

/// An object that may not be changed: it is told with what would become of each change.
fn refuse(target: &Target, ownership: &Ownership, effects: &[Effect], whys: &[String], console: &mut Console) -> State {
    refuse_after(target, ownership, effects, None, whys, console)
}

fn refuse_after(
    target: &Target,
    ownership: &Ownership,
    effects: &[Effect],
    found: Option<&Preflight>,
    whys: &[String],
    console: &mut Console,
) -> State {
    say(target, ownership, effects, found, console);
    if found.is_none() {
        console.say(&applying::all_effects(effects, &console.err_page()));
    }
    State::Over(Outcome::Refused(whys.to_vec()))
}

/// The conflicts with another applier, and the ways out of them.
fn conflict(effects: &[Effect]) -> String {
    let blocks = effects.iter().filter(|effect| effect.fate == owner::Fate::Blocks);
    let pairs: Vec<(String, String)> = blocks
        .map(|effect| (effect.overrides.clone().unwrap_or_default(), crate::report::phrase::path(&effect.pointer)))
        .collect();
    conflict_of(&pairs)
}

/// The same, from managers and fields.
fn conflict_of(pairs: &[(String, String)]) -> String {
    let list: Vec<String> =
        pairs.iter().map(|(manager, field)| format!("conflict with {manager:?}: {field}")).collect();
    format!(
        "{}\noverride the values with --force-conflicts: then the other's next apply fails, unless it forces, too; or change them \
         where that manager takes them from",
        list.join("\n")
    )
}

/// The change without what some rules want.
fn without(
    run: &Run<'_>,
    reference: &Reference,
    rules: &BTreeSet<&'static str>,
    console: &mut Console,
) -> anyhow::Result<Option<Target>> {
    let mut ruling = run.args.ruling.clone();
    ruling.skip.extend(rules.iter().map(|rule| (*rule).to_owned()));
    let list: Vec<&str> = rules.iter().copied().collect();
    console.say(&format!(
        "{}: left out, since it overrides values of its manager: {} (--force-conflicts)\n",
        crate::report::shown(&reference.to_string()),
        list.join(", ")
    ));
    let resource = &reference.resource;
    let kind = match resource.group.as_str() {
        "" => resource.plural.clone(),
        group => format!("{}.{}.{group}", resource.plural, resource.version),
    };
    let objects = Selection { words: vec![format!("{kind}/{}", reference.name).into()], ..Selection::default() };
    let connection = Connection {
        namespace: reference.namespace.clone().or(run.args.connection.namespace.clone()),
        ..run.args.connection.clone()
    };
    let input = Input::default();
    let asked =
        Asked { verb: "apply", input: &input, objects: &objects, connection: &connection, live: false, reads: false };
    let live = LiveSession::open(&asked, &ruling, console)?;
    let Some(index) = live.changing().first().copied() else { return Ok(None) };
    Ok(live.runtime.wait(live.target(index)).ok())
}

/// The objects that are made before one.
fn added(run: &Run<'_>, index: usize) -> Vec<Target> {
    let own = run.live.added().into_iter().filter(|new| new.beside == index);
    own.filter_map(|new| {
        let live = Live { reference: new.reference?, value: serde_json::Value::Null };
        Some(Target { live, after: new.value.clone(), templates: Vec::new(), reasons: Vec::new() })
    })
    .collect()
}
