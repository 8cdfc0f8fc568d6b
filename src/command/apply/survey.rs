//! What can be known of an object before it changes: the plan for what it is now, who manages it, what the server says.

use super::Run;
use super::item::{Item, Ready, State};
use super::narrow::without;
use crate::cli::Trial;
use crate::cluster::apply::{Consent, Outcome, Permit, permit};
use crate::cluster::journal::Pen;
use crate::cluster::owner::{self, Effect, Ownership};
use crate::cluster::preflight::{self, Manner, Preflight};
use crate::cluster::rollout::{self, Health};
use crate::cluster::write::Draft;
use crate::cluster::{DryRun, Error, Live, Target};
use crate::command::Console;
use crate::command::live::Moved;
use crate::report::applying::{self, Before};
use crate::report::place;
use serde_json::Value;

/// How often an object that moves under the survey is looked at anew.
pub(super) const LOOKS: u32 = 4;

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
    Ok(Item::new(index, reference, state))
}

/// Judge a change of one object, and say what there is to say of it. The inner error is the server's.
pub(super) fn weigh(
    run: &Run<'_>,
    index: usize,
    target: Target,
    console: &mut Console,
) -> anyhow::Result<Result<State, Error>> {
    let case = match permitted(run, Case::of(target), console)? {
        Ok(case) => case,
        Err((case, why)) => {
            say(&case, None, console);
            console.say(&applying::all_effects(&case.target, &case.effects, &console.err_page()));
            return Ok(Ok(State::Over(Outcome::Refused(why))));
        }
    };
    if case.target.live.value.pointer("/metadata/deletionTimestamp").is_some() {
        let name = &case.target.live.reference;
        console.warn(&format!("Detected changes to resource {name} which is currently being deleted."));
        return Ok(Ok(State::Over(Outcome::Refused(vec!["it is being deleted".to_owned()]))));
    }
    let added = added(run, index);
    let trial = run.args.change.dry_run.trial;
    let found = match trial {
        Trial::Client => unasked(&case.target),
        Trial::No | Trial::Server => match tried(run, &case, &added, console) {
            Ok(found) => Some(found),
            Err(error) => return Ok(Err(error)),
        },
    };
    say(&case, found.as_ref().map(|(preflight, _)| preflight), console);
    if let Some((preflight, _)) = found.as_ref().filter(|(preflight, _)| !preflight.refusals.is_empty()) {
        return Ok(Ok(State::Over(Outcome::Refused(preflight.refusals.clone()))));
    }
    added.iter().for_each(|one| say(&Case::of(one.clone()), None, console));
    Ok(Ok(State::Ready(Box::new(Ready {
        pen: found.as_ref().and_then(|(preflight, _)| preflight.pen).unwrap_or(Pen::JsonPatch),
        worked_before: found.is_none_or(|(_, health)| !matches!(health, Health::Unhealthy(_))),
        force: run.args.change.force_conflicts,
        target: case.target,
        added,
    }))))
}

/// A change, and who has a say in it.
struct Case {
    target: Target,
    ownership: Ownership,
    effects: Vec<Effect>,
}

impl Case {
    fn of(target: Target) -> Self {
        let ownership = owner::told_by(&target.live);
        let effects = owner::effects(&ownership, &target);
        Self { target, ownership, effects }
    }

    fn permit(&self, consent: Consent) -> Permit {
        permit(&self.ownership, &self.effects, &self.target, consent)
    }
}

/// The change as far as those who manage the object and the user allow it; else why not.
fn permitted(run: &Run<'_>, case: Case, console: &mut Console) -> anyhow::Result<Result<Case, (Case, Vec<String>)>> {
    let change = &run.args.change;
    let consent = Consent { managed: change.allow_managed, overrides: change.force_conflicts };
    Ok(match case.permit(consent) {
        Permit::Go => Ok(case),
        Permit::Without(rules) => {
            let narrowed = without(run, &case.target.live.reference, &rules, console)?.map(Case::of);
            match narrowed.filter(|case| case.permit(consent) == Permit::Go) {
                Some(narrowed) => Ok(narrowed),
                None => Err((case, vec![ONLY_OVERRIDES.to_owned()])),
            }
        }
        Permit::Managed => {
            let mut why = case.ownership.advice.clone();
            why.push("or change it here all the same, by additions only: --allow-managed".to_owned());
            Err((case, why))
        }
        Permit::Blocks => {
            let blocks = case.effects.iter().filter(|effect| effect.fate == owner::Fate::Blocks);
            let field = |effect: &Effect| place(&case.target.live.value, &case.target.after, &effect.pointer);
            let pairs = blocks.map(|effect| (effect.overrides.clone().unwrap_or_default(), field(effect)));
            let why = applying::conflict(&pairs.collect::<Vec<_>>());
            Err((case, vec![why]))
        }
    })
}

/// Why additions alone are not enough.
const ONLY_OVERRIDES: &str =
    "nothing is left of the change without what overrides its manager's values: --force-conflicts";

/// What is sure without the server: that the kind lets nobody make the change.
fn unasked(target: &Target) -> Option<(Preflight, Health)> {
    let refusals = vec![preflight::forbidden(target)?];
    Some((Preflight { refusals, ..Preflight::default() }, Health::Unknown))
}

/// What the server says, and how the workload is now.
fn tried(run: &Run<'_>, case: &Case, added: &[Target], console: &Console) -> Result<(Preflight, Health), Error> {
    let (change, target, server) = (&run.args.change, &case.target, &run.live.server);
    let manner = match change.server_side {
        true => Manner::Apply { force: change.force_conflicts },
        false => Manner::Suiting(owner::pen(&target.live, &case.effects)),
    };
    let mut preflight = run.wait(preflight::run(server, target, manner))?;
    if preflight.merged.is_none() && !preflight.conflicts.is_empty() {
        preflight.refusals.push(applying::conflict(&preflight.conflicts));
    }
    for one in added {
        if let Err(error) = run.wait(Draft::plain(one).send(server, one, DryRun::Server)) {
            preflight.refusals.push(format!("{} cannot be made: {error}", one.live.reference));
        }
    }
    let (health, note) = match target.templates.is_empty() {
        true => (Health::Unknown, None),
        false => run.wait(rollout::before(server, &target.live)),
    };
    preflight.cautions.extend(note);
    if let Health::Unhealthy(why) = &health {
        preflight.cautions.push(format!("it does not work before the change either: {why}"));
    }
    if let Some(earlier) = run.left_open(&target.live.reference) {
        let undo = run.undo(&earlier.run, console);
        preflight.cautions.push(format!("run {} was cut off in the middle of it; take it back: {undo}", earlier.run));
    }
    Ok((preflight, health))
}

fn say(case: &Case, found: Option<&Preflight>, console: &mut Console) {
    let Case { target, ownership, effects } = case;
    let before = Before { target, ownership, effects, preflight: found };
    console.say(&applying::before(&before, &console.err_page()));
}

/// The objects that are made before one.
fn added(run: &Run<'_>, index: usize) -> Vec<Target> {
    let own = run.live.added().into_iter().filter(|new| new.beside == index);
    own.filter_map(|new| {
        let live = Live { reference: new.reference?, value: Value::Null };
        Some(Target { live, after: new.value.clone(), templates: Vec::new(), reasons: Vec::new() })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn refusals(group: &str, kind: &str, before: Value, after: Value) -> Vec<String> {
        let resource = Arc::new(Resource::builtin(group, "v1", kind, "things", true));
        let live = Live::new(&resource, before);
        let target = Target { live, after, templates: Vec::new(), reasons: Vec::new() };
        unasked(&target).map(|(preflight, _)| preflight.refusals).unwrap_or_default()
    }

    #[test]
    fn what_a_kind_forbids_needs_no_server() {
        let (before, after) = (json!({"spec": {"hostPID": true}}), json!({"spec": {"hostPID": false}}));
        assert!(refusals("", "Pod", before.clone(), after.clone())[0].starts_with("a running pod cannot be changed"));
        assert!(refusals("apps", "Deployment", before, after).is_empty());
        let (before, after) = (json!({"spec": {"template": 1}}), json!({"spec": {"template": 2}}));
        assert!(refusals("batch", "Job", before, after)[0].starts_with("the template of a job"));
    }
}
