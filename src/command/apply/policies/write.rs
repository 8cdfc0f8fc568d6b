//! The writes of a namespace's policies.

use super::super::Run;
use super::Policies;
use super::survey::refusal;
use crate::cluster::apply::{Outcome, Refusal, submit, withdraw};
use crate::cluster::journal::{Fate, Journal};
use crate::cluster::write::Draft;
use crate::cluster::{Reference, Target};
use crate::command::Console;
use std::cell::RefCell;

/// Write them all. The error is what came of them instead: then none of them is there.
pub(super) fn write(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    policies: &Policies,
    console: &mut Console,
) -> Result<(), Outcome> {
    let bridge = policies.bridge();
    let mut written: Vec<Reference> = Vec::new();
    for target in bridge.iter().chain(policies.targets()) {
        if let Err(outcome) = one(run, journal, target, console) {
            // Nobody knows what is there: it stays in the journal.
            let still = match outcome {
                Outcome::Lost(_) => Vec::new(),
                _ => take_back(run, journal, &written),
            };
            return Err(if still.is_empty() {
                outcome
            } else {
                Outcome::Lost(told(run, journal, &outcome, &still, console))
            });
        }
        written.push(target.live.reference.clone());
    }
    for (reference, what) in policies.references() {
        if let Err(error) = console.data(&run.verb(reference, what.done(), "")) {
            console.error(&format!("{error:#}"));
        }
    }
    if let Some(bridge) = bridge
        && let Some(why) = run.wait(withdraw(&run.live.server, journal, &bridge.live.reference))
    {
        let why = format!("{} is still there, so all is open: {why}", bridge.live.reference);
        return Err(Outcome::Lost(why));
    }
    Ok(())
}

/// Why it is not as it was.
fn told(run: &Run<'_>, journal: &RefCell<Journal>, outcome: &Outcome, still: &[String], console: &Console) -> String {
    let why = match outcome {
        Outcome::Refused(whys) => whys.join("; "),
        Outcome::Failed(why) | Outcome::Lost(why) => why.clone(),
        _ => String::new(),
    };
    let undo = run.undo(journal.borrow().run(), console);
    format!("{why}\n{}\ntake it back:   {undo}", still.join("\n"))
}

fn one(run: &Run<'_>, journal: &RefCell<Journal>, target: &Target, console: &Console) -> Result<(), Outcome> {
    let mut target = target.clone();
    let sent = run.wait(submit(&run.live.server, &mut journal.borrow_mut(), &mut target, &Draft::plain));
    let reference = &target.live.reference;
    match sent {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(Refusal::Changed)) => {
            Err(Outcome::Refused(vec![format!("{reference} was changed meanwhile; look at it, and apply again")]))
        }
        Ok(Err(Refusal::Said(why))) => Err(Outcome::Refused(vec![format!("{reference}: {why}")])),
        Ok(Err(Refusal::Server(error))) if error.status().is_none() => Err(Outcome::Failed(error.to_string())),
        Ok(Err(Refusal::Server(error))) => Err(Outcome::Refused(refusal(reference, &error))),
        Ok(Err(Refusal::Unknown(error))) => Err(Outcome::Lost(format!(
            "nobody knows whether {reference} came through: {error}\nlater:   {}",
            run.undo(journal.borrow().run(), console)
        ))),
        Err(error) => Err(Outcome::Failed(format!("{error:#}: nothing more is begun"))),
    }
}

/// Take all of them back from under running pods: what is still there, a sentence each. Where all pods were open before they
/// are so at once, and nothing is cut by a part of them.
pub(super) fn withdraw_all(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    policies: &Policies,
    console: &mut Console,
) -> Vec<String> {
    let mut written = Vec::new();
    // Without it they go all the same.
    if let Some(bridge) = policies.bridge().filter(|bridge| one(run, journal, bridge, console).is_ok()) {
        written.push(bridge.live.reference);
    }
    written.extend(policies.references().map(|(reference, _)| reference.clone()));
    take_back(run, journal, &written)
}

/// Take back what was written, the last one first: what is still there, a sentence each.
pub(super) fn take_back(run: &Run<'_>, journal: &RefCell<Journal>, written: &[Reference]) -> Vec<String> {
    let mut still = Vec::new();
    for reference in written.iter().rev() {
        let why = run.wait(withdraw(&run.live.server, journal, reference));
        still.extend(why.map(|why| format!("{reference} is not taken back: {why}")));
    }
    still
}

/// Note what became of all of them.
pub(super) fn settle(journal: &RefCell<Journal>, policies: &Policies, fate: Fate) {
    for (reference, _) in policies.references() {
        journal.borrow_mut().settle(reference, fate);
    }
}
