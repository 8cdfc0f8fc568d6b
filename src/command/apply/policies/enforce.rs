//! The policies of a namespace, once its workloads are as they should be: written, watched, and taken back where they cut off
//! what is needed.

use super::super::Run;
use super::super::item::{Item, State};
use super::Policies;
use super::watch::{Watch, again, broken, working};
use super::write::{settle, withdraw_all, write};
use crate::cluster::Target;
use crate::cluster::apply::{Back, Fall, Outcome};
use crate::cluster::journal::{Fate, Journal};
use crate::command::Console;
use crate::report::{applying, shown};
use crate::source::interrupt;
use crate::workload::{lookup, selects};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::time::Instant;

/// Write and watch the policies of each namespace. Their outcomes become known.
pub(in crate::command::apply) fn enforce(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    items: &[Item],
    all: &mut [Policies],
    console: &mut Console,
) {
    let mut fallen = items.iter().filter(|item| matches!(&item.state, State::Over(one) if one.is_fallen())).count();
    for policies in all.iter_mut().filter(|policies| policies.is_ready()) {
        let outcome = match against(run, journal, items, policies) {
            Some(why) => {
                console
                    .say(&format!("NetworkPolicies in namespace {} are left out: {why}\n", shown(&policies.namespace)));
                Outcome::Refused(vec![why])
            }
            None if fallen >= usize::from(run.args.change.max_failures) => {
                let name = shown(&policies.namespace).into_owned();
                console.say(&format!(
                    "NetworkPolicies in namespace {name} are not begun: something did not work before\n"
                ));
                Outcome::Untouched
            }
            None => {
                let undo = run.undo(journal.borrow().run(), console);
                let name = shown(&policies.namespace).into_owned();
                interrupt::last_words(format!(
                    "\nstopped; the NetworkPolicies of namespace {name} are written, or some of them, and nobody watches its pods\ntake it back:   {undo}\n"
                ));
                let outcome = of_namespace(run, journal, policies, console);
                interrupt::last_words(String::new());
                fallen += usize::from(outcome.is_fallen());
                policies.outcome = Some(outcome);
                run.tell_why_no_policies(policies, console);
                continue;
            }
        };
        policies.outcome = Some(outcome);
    }
}

/// Why the policies of a namespace must not be written after all.
fn against(run: &Run<'_>, journal: &RefCell<Journal>, items: &[Item], policies: &Policies) -> Option<String> {
    if let Some(error) = journal.borrow().failure() {
        return Some(error.to_string());
    }
    let own = |item: &&Item| item.reference.namespace.as_ref() == Some(&policies.namespace);
    for item in items.iter().filter(own) {
        let State::Over(outcome) = &item.state else { continue };
        let why = match outcome {
            Outcome::Fallen(_) => "its change did not work",
            Outcome::Failed(_) | Outcome::Lost(_) => "nobody knows how it is",
            Outcome::Untouched => "the run had stopped before it",
            _ => continue,
        };
        return Some(format!("{}: {why}", item.reference));
    }
    for (reference, pointer, value) in &policies.needed {
        match run.wait(run.live.server.get(reference)) {
            Ok(live) if lookup(&live.value, pointer) == Some(value) => {}
            Ok(_) => return Some(format!("the pods of {reference} have no label to select them by")),
            Err(error) => return Some(format!("{reference}: {error}")),
        }
    }
    None
}

fn of_namespace(run: &Run<'_>, journal: &RefCell<Journal>, policies: &Policies, console: &mut Console) -> Outcome {
    let watches = working(run, &policies.namespace, console);
    if let Err(outcome) = write(run, journal, policies, console) {
        return outcome;
    }
    let begun = Instant::now();
    let namespace = shown(&policies.namespace).into_owned();
    if watches.is_empty() {
        settle(journal, policies, Fate::Unwatched);
        console.say(&format!("  namespace {namespace}: nothing works there that could be watched\n"));
        return Outcome::Unwatched("nothing works in the namespace that could be watched".to_owned());
    }
    let (broken, unseen) = broken(run, &watches, console);
    let Some((watch, failure)) = broken else {
        if !unseen.is_empty() {
            let undo = run.undo(journal.borrow().run(), console);
            return Outcome::Lost(format!(
                "written, and not seen through: {}\ntake it back:   {undo}",
                unseen.join("; ")
            ));
        }
        settle(journal, policies, Fate::Healthy);
        console.say(&format!(
            "  namespace {namespace}: all that worked works under its policies, {} s later\n",
            begun.elapsed().as_secs()
        ));
        return Outcome::Healthy(begun.elapsed());
    };
    let target = unchanged(watch);
    let page = console.err_page();
    console.show(&applying::fell(&target, &failure, begun.elapsed(), None, &page));
    console.show(&applying::selected_by(&selecting(policies, watch), &page));
    let (back, left) = match run.args.change.no_rollback {
        true => {
            settle(journal, policies, Fate::Broken);
            (Back::Kept, Vec::new())
        }
        false => (back(run, journal, policies, watch, console), Vec::new()),
    };
    let fall = Fall { failure, diagnosis: None, back, left };
    console.show(&applying::back(&fall, &page));
    Outcome::Fallen(Box::new(fall))
}

/// Take them back, and wait for the workload that they broke.
fn back(run: &Run<'_>, journal: &RefCell<Journal>, policies: &Policies, watch: &Watch, console: &mut Console) -> Back {
    console.say("  taking the policies back\n");
    let begun = Instant::now();
    let still = withdraw_all(run, journal, policies, console);
    if !still.is_empty() {
        return Back::Stuck(still);
    }
    match again(run, watch) {
        Ok(()) => Back::Healthy(begun.elapsed()),
        Err(why) => Back::Unhealthy(why),
    }
}

/// A workload that does not change.
fn unchanged(watch: &Watch) -> Target {
    let (live, templates) = (watch.live.clone(), watch.templates.clone());
    Target { after: live.value.clone(), live, templates, reasons: Vec::new() }
}

/// The names of the policies that select the pods of a workload.
fn selecting(policies: &Policies, watch: &Watch) -> Vec<String> {
    let labels = |template: &String| {
        lookup(&watch.live.value, &format!("{template}/metadata/labels")).cloned().unwrap_or_else(|| json!({}))
    };
    let labels: Vec<Value> = watch.templates.iter().map(labels).collect();
    let selects = |target: &&Target| {
        let selector = &target.after["spec"]["podSelector"];
        labels.iter().any(|labels| selects(selector, labels))
    };
    policies.targets().filter(selects).map(|target| target.live.reference.name.clone()).collect()
}
