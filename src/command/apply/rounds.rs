//! The changes, batch by batch: write, watch, and take back what does not work.

use super::survey::{Item, Ready, State, weigh};
use super::{Run, ask, draw};
use crate::cli::ChangeArgs;
use crate::cluster::apply::{Follow, News, Outcome, Refusal, follow, rank, submit, withdraw};
use crate::cluster::diagnosis;
use crate::cluster::journal::{Fate, Journal};
use crate::cluster::rollout::Patience;
use crate::cluster::{Live, Reference, Target};
use crate::command::Console;
use crate::command::apply::progress::Watched;
use crate::report::{applying, shown};
use crate::source::interrupt;
use std::cell::RefCell;
use std::time::Duration;

/// How often an object that is changed by others meanwhile is planned again.
const PLANS: u32 = 3;
/// The least that a pod is given.
const PER_POD: Duration = Duration::from_secs(60);
/// The progress deadline where none is stated.
const DEADLINE: u64 = 600;

/// An object that was written.
struct Written {
    at: usize,
    target: Target,
    changed: Live,
    added: Vec<Reference>,
    how: Follow,
}

/// Change all objects that are ready. Their states become what came of them.
pub(super) fn rounds(run: &Run<'_>, journal: Journal, items: &mut [Item], console: &mut Console) -> anyhow::Result<()> {
    let journal = RefCell::new(journal);
    let mut order: Vec<usize> = (0..items.len()).filter(|at| matches!(items[*at].state, State::Ready(_))).collect();
    order.sort_by_key(|at| match &items[*at].state {
        State::Ready(ready) => Some(rank(&ready.target)),
        State::Over(_) => None,
    });
    let size = usize::from(run.args.change.batch);
    // The first one alone shows what may become of the others.
    let (first, rest) = order.split_at(order.len().min(1));
    for batch in [first].into_iter().chain(rest.chunks(size)) {
        let fallen =
            items.iter().filter(|item| matches!(&item.state, State::Over(outcome) if outcome.is_fallen())).count();
        if fallen >= usize::from(run.args.change.max_failures) {
            batch.iter().for_each(|at| items[*at].state = State::Over(Outcome::Untouched));
            continue;
        }
        let mut written = Vec::new();
        for at in batch {
            let state = std::mem::replace(&mut items[*at].state, State::Over(Outcome::Untouched));
            let State::Ready(ready) = state else { continue };
            match write(run, &journal, *at, items[*at].index, *ready, console)? {
                Ok(one) => {
                    console.data(&run.result(&items[*at].reference, ""))?;
                    written.push(one);
                }
                Err(outcome) => items[*at].state = State::Over(outcome),
            }
            leave_word(run, &journal, &written, console);
        }
        for (at, outcome) in see_through(run, &journal, written, console)? {
            items[at].state = State::Over(outcome);
        }
        interrupt::last_words(String::new());
    }
    Ok(())
}

/// Should the run be ended now: what goes on without it.
fn leave_word(run: &Run<'_>, journal: &RefCell<Journal>, written: &[Written], console: &Console) {
    let names: Vec<String> =
        written.iter().map(|one| shown(&one.target.live.reference.to_string()).into_owned()).collect();
    let words = match names.is_empty() {
        true => String::new(),
        false => format!(
            "\nstopped; {} changed, and rolls out without being watched\ntake it back:   {}\n",
            names.join(", "),
            run.undo(journal.borrow().run(), console)
        ),
    };
    interrupt::last_words(words);
}

/// Write one object, and what goes with it. The inner error is what came of it instead.
fn write(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    at: usize,
    index: usize,
    mut ready: Ready,
    console: &mut Console,
) -> anyhow::Result<Result<Written, Outcome>> {
    let server = &run.live.server;
    let mut added = Vec::new();
    for mut one in std::mem::take(&mut ready.added) {
        let sent = run.wait(submit(server, &mut journal.borrow_mut(), &mut one, &|target| ready.draft(target)))?;
        match sent {
            Ok(_) => added.push(one.live.reference.clone()),
            Err(refusal) => return Ok(Err(given_up(run, journal, added, refusal)?)),
        }
        journal.borrow_mut().settle(&one.live.reference, Fate::Healthy)?;
    }
    let mut plans = 1;
    loop {
        let mut target = ready.target.clone();
        let sent = run.wait(submit(server, &mut journal.borrow_mut(), &mut target, &|target| ready.draft(target)))?;
        let refusal = match sent {
            Ok(changed) => {
                let patience = patience(run, &target);
                let ChangeArgs { no_rollback: keep, trial_jobs: trial, .. } = run.args.change;
                let how = Follow { patience, keep, worked_before: ready.worked_before, trial };
                return Ok(Ok(Written { at, target, changed, added, how }));
            }
            Err(refusal) => refusal,
        };
        if refusal != Refusal::Changed || plans == PLANS {
            return Ok(Err(given_up(run, journal, added, refusal)?));
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

/// An object that was not written: what was made for it goes again.
fn given_up(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    added: Vec<Reference>,
    refusal: Refusal,
) -> anyhow::Result<Outcome> {
    let outcome = match refusal {
        Refusal::Changed => Outcome::Refused(vec!["it changes all the time: nothing was applied".to_owned()]),
        Refusal::Said(why) => Outcome::Refused(vec![why]),
        Refusal::Server(error) if error.status().is_none() => Outcome::Failed(error.to_string()),
        Refusal::Server(error) => Outcome::Refused(crate::cluster::preflight::words(&error)),
        Refusal::Unknown(error) => {
            let undo = format!("undo {}", journal.borrow().run());
            let why = format!("nobody knows whether the change came through: {error}\nlater: kubectl harden {undo}");
            return Ok(Outcome::Failed(why));
        }
    };
    for reference in added {
        run.wait(withdraw(&run.live.server, journal, &reference))?;
    }
    Ok(outcome)
}

/// Watch what was written, all of it at once.
fn see_through(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    written: Vec<Written>,
    console: &mut Console,
) -> anyhow::Result<Vec<(usize, Outcome)>> {
    let (console, watched) = (RefCell::new(console), RefCell::new(Watched::default()));
    let server = &run.live.server;
    let each = written.into_iter().map(async |one| {
        let name = shown(&one.target.live.reference.to_string()).into_owned();
        let mut tell = |news: News<'_>| {
            let mut console = console.borrow_mut();
            match news {
                News::Step(progress) => watched.borrow_mut().step(one.at, &name, progress, &mut console),
                News::Fell { failure, after, diagnosis } => {
                    let page = console.err_page();
                    console.show(&applying::fell(&one.target, failure, after, diagnosis, &page));
                }
                News::TakingBack => console.say("  taking it back\n"),
            }
        };
        let images = &run.live.session.world.images;
        let why = |failure: &_| diagnosis::explain_knowing(failure, &one.target, images);
        let outcome = follow(server, journal, &one.target, &one.changed, one.how, &why, &mut tell).await?;
        watched.borrow_mut().done(one.at);
        if let Outcome::Fallen(fall) = &outcome {
            let page = console.borrow().err_page();
            console.borrow_mut().show(&applying::back(&fall.back, &page));
        }
        for reference in outcome.is_taken_back().then_some(&one.added).into_iter().flatten() {
            if let Some(why) = withdraw(server, journal, reference).await? {
                console.borrow_mut().error(&format!("{reference} is still there: {why}"));
            }
        }
        let words = applying::ending(&outcome);
        if !words.is_empty() {
            console.borrow_mut().say(&format!("  {name} {words}\n"));
        }
        anyhow::Ok((one.at, outcome))
    });
    let all = run.wait(futures::future::join_all(each));
    all.into_iter().collect()
}

/// How long the pods of a workload may take: one after the other as long as the controller itself would wait, or all of them
/// together what is wished.
fn patience(run: &Run<'_>, target: &Target) -> Patience {
    let number = |pointer: &str| target.after.pointer(pointer).and_then(serde_json::Value::as_u64);
    let seconds = |pointer: &str, default: u64| Duration::from_secs(number(pointer).unwrap_or(default));
    let deadline = seconds("/spec/progressDeadlineSeconds", DEADLINE).max(PER_POD);
    let own = deadline.saturating_add(seconds("/spec/minReadySeconds", 0));
    let wanted = run.args.change.timeout;
    Patience { timeout: wanted.unwrap_or(own), anew: wanted.is_none(), settle: run.args.change.settle }
}
