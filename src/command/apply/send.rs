//! The write of one object, and of what goes with it.

use super::item::{Ready, State};
use super::survey::weigh;
use super::{Run, ask, draw};
use crate::cluster::apply::{Outcome, Refusal, submit, withdraw};
use crate::cluster::journal::{Fate, Journal};
use crate::cluster::{Live, Reference, Target};
use crate::command::Console;
use crate::report::shown;
use std::cell::RefCell;

/// How often an object that is changed by others meanwhile is planned again.
const PLANS: u32 = 3;

/// An object that was written.
pub(super) struct Sent {
    pub(super) target: Target,
    /// The server's answer.
    pub(super) changed: Live,
    /// What was made for it.
    pub(super) added: Vec<Reference>,
}

/// Write one object, and what goes with it. The inner error is what came of it instead: what was made for it is gone then.
///
/// # Errors
/// It could not be planned or noted: nothing is changed.
pub(super) fn send(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    index: usize,
    ready: Ready,
    console: &mut Console,
) -> anyhow::Result<Result<Sent, Outcome>> {
    let mut added = Vec::new();
    let sent = written(run, journal, index, ready, &mut added, console);
    match sent {
        Ok(Ok((target, changed))) => Ok(Ok(Sent { target, changed, added })),
        // The object may count on them.
        Ok(Err(outcome @ Outcome::Lost(_))) => Ok(Err(outcome)),
        other => {
            run.wait(without(run, journal, &added)).iter().for_each(|still| console.error(still));
            other.map(|outcome| outcome.map(|(target, changed)| Sent { target, changed, added }))
        }
    }
}

/// Take away what was made for an object: what is still there, a sentence each.
pub(super) async fn without(run: &Run<'_>, journal: &RefCell<Journal>, added: &[Reference]) -> Vec<String> {
    let mut still = Vec::new();
    for reference in added {
        let why = withdraw(&run.live.server, journal, reference).await;
        still.extend(why.map(|why| format!("{reference} is still there: {why}")));
    }
    still
}

fn written(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    index: usize,
    mut ready: Ready,
    added: &mut Vec<Reference>,
    console: &mut Console,
) -> anyhow::Result<Result<(Target, Live), Outcome>> {
    let server = &run.live.server;
    for mut one in std::mem::take(&mut ready.added) {
        let sent = run.wait(submit(server, &mut journal.borrow_mut(), &mut one, &|target| ready.draft(target)))?;
        if let Err(refusal) = sent {
            return Ok(Err(given_up(journal, refusal)));
        }
        added.push(one.live.reference.clone());
        journal.borrow_mut().settle(&one.live.reference, Fate::Unwatched);
    }
    let mut plans = 1;
    loop {
        let mut target = ready.target.clone();
        let sent = run.wait(submit(server, &mut journal.borrow_mut(), &mut target, &|target| ready.draft(target)))?;
        let refusal = match sent {
            Ok(changed) => return Ok(Ok((target, changed))),
            Err(refusal) => refusal,
        };
        if refusal != Refusal::Changed || plans == PLANS {
            return Ok(Err(given_up(journal, refusal)));
        }
        plans += 1;
        match again(run, index, ready, console)? {
            Ok(next) => ready = next,
            Err(outcome) => return Ok(Err(outcome)),
        }
    }
}

/// Plan an object anew that asks for something else by now: the same change goes on, another one is asked for again.
fn again(run: &Run<'_>, index: usize, ready: Ready, console: &mut Console) -> anyhow::Result<Result<Ready, Outcome>> {
    let reference = &ready.target.live.reference;
    let fresh = match run.wait(run.live.server.get(reference)) {
        Ok(fresh) if fresh.uid() == ready.target.live.uid() => fresh,
        Ok(_) => return Ok(Err(Outcome::Refused(vec!["it was deleted and made anew meanwhile".to_owned()]))),
        Err(error) if error.is_not_found() => {
            return Ok(Err(Outcome::Refused(vec!["it was deleted meanwhile".to_owned()])));
        }
        Err(error) => return Ok(Err(Outcome::Failed(error.to_string()))),
    };
    let Some(target) = run.live.target_of(index, fresh)? else { return Ok(Err(Outcome::Unchanged)) };
    if target.operations() == ready.target.operations() {
        return Ok(Ok(Ready { target, ..ready }));
    }
    let name = shown(&reference.to_string()).into_owned();
    let changed = "it was changed meanwhile: another change would be made now";
    if run.args.change.yes {
        return Ok(Err(Outcome::Refused(vec![format!("{changed}; look at it, and apply again")])));
    }
    console.show(&format!("\n{name}: {changed}\n{}", draw::difference(&target, console)));
    let mut diff = |console: &mut Console| console.show(&draw::difference(&target, console));
    if ask::agreed(&format!("Apply this to {name}? [y/N/d(iff)] "), console, &mut diff) != Some(true) {
        return Ok(Err(Outcome::Refused(vec![changed.to_owned()])));
    }
    match weigh(run, index, target, console)? {
        Ok(State::Ready(next)) => Ok(Ok(*next)),
        Ok(State::Over(outcome)) => Ok(Err(outcome)),
        Err(error) => Ok(Err(Outcome::Failed(error.to_string()))),
    }
}

/// An object that was not written, and why.
fn given_up(journal: &RefCell<Journal>, refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Changed => Outcome::Refused(vec!["it changes all the time: nothing was applied".to_owned()]),
        Refusal::Said(why) => Outcome::Refused(vec![why]),
        Refusal::Server(error) if error.status().is_none() => Outcome::Failed(error.to_string()),
        Refusal::Server(error) => Outcome::Refused(crate::cluster::preflight::words(&error)),
        Refusal::Unknown(error) => {
            let undo = format!("undo {}", journal.borrow().run());
            let why = format!("nobody knows whether the change came through: {error}\nlater: kubectl harden {undo}");
            Outcome::Lost(why)
        }
    }
}
