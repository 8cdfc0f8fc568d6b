//! The changes, batch by batch: write, watch, and take back what does not work.

use super::Run;
use super::item::{Item, State, wanted};
use super::parting::{Parting, Stage};
use super::send::{Sent, send, without};
use crate::cli::ChangeArgs;
use crate::cluster::Target;
use crate::cluster::apply::{Follow, News, Outcome, follow, rank};
use crate::cluster::diagnosis;
use crate::cluster::journal::Journal;
use crate::cluster::rollout::Patience;
use crate::command::Console;
use crate::command::apply::progress::Watched;
use crate::report::applying::Wanted;
use crate::report::{applying, shown};
use std::cell::RefCell;
use std::time::Duration;

/// The least that a pod is given.
const PER_POD: Duration = Duration::from_secs(60);
/// The progress deadline where none is stated.
const DEADLINE: u64 = 600;

/// An object that was written, and how it is followed.
struct Written {
    at: usize,
    sent: Sent,
    how: Follow,
}

/// Change all objects that are ready. Their states become what came of them; those that are not begun stay ready. What cannot be written down or told stops the
/// run; what was changed by then is seen through.
pub(super) fn rounds(run: &Run<'_>, journal: &RefCell<Journal>, items: &mut [Item], console: &mut Console) {
    let mut order: Vec<usize> = (0..items.len()).filter(|at| matches!(items[*at].state, State::Ready(_))).collect();
    order.sort_by_key(|at| match &items[*at].state {
        State::Ready(ready) => Some(rank(&ready.target)),
        State::Over(_) => None,
    });
    let size = usize::from(run.args.change.batch);
    let mut stopped = false;
    // The first one alone shows what may become of the others.
    let (first, rest) = order.split_at(order.len().min(1));
    for batch in [first].into_iter().chain(rest.chunks(size)) {
        let has_fallen = |at: &&usize| matches!(&items[**at].state, State::Over(outcome) if outcome.is_fallen());
        let fallen = order.iter().filter(has_fallen).count();
        stopped |= fallen >= usize::from(run.args.change.max_failures);
        let parting = RefCell::new(Parting::new(run.undo(journal.borrow().run(), console)));
        let mut written = Vec::new();
        for at in batch {
            if stopped {
                continue;
            }
            let state = std::mem::replace(&mut items[*at].state, State::Over(Outcome::Untouched));
            let State::Ready(ready) = state else { continue };
            let worked_before = ready.worked_before;
            let sent = match send(run, journal, items[*at].index, *ready, console) {
                Ok(Ok(sent)) => sent,
                Ok(Err(outcome)) => {
                    items[*at].state = State::Over(outcome);
                    continue;
                }
                Err(error) => {
                    items[*at].state = State::Over(Outcome::Failed(format!("{error:#}: nothing more is begun")));
                    stopped = true;
                    continue;
                }
            };
            items[*at].tried = Some(sent.target.clone());
            // It may have been planned again.
            items[*at].wanted = Wanted { added: std::mem::take(&mut items[*at].wanted.added), ..wanted(&sent.target) };
            parting.borrow_mut().at(*at, &items[*at].reference, Stage::Rolling);
            let told = console.data(&run.result(&items[*at].reference, "")).and_then(|()| console.finish());
            let failure = journal.borrow().failure().map(|error| anyhow::anyhow!(error.clone()));
            if let Some(error) = told.err().or(failure) {
                console.error(&format!("{error:#}: nothing more is begun, what is changed is watched to its end"));
                stopped = true;
            }
            let ChangeArgs { no_rollback: keep, trial_jobs: trial, .. } = run.args.change;
            let how = Follow { patience: patience(run, &sent.target), keep, worked_before, trial };
            written.push(Written { at: *at, sent, how });
        }
        for (at, outcome) in see_through(run, journal, written, &parting, console) {
            items[at].state = State::Over(outcome);
        }
    }
    if let (Some(error), false) = (journal.borrow().failure(), stopped) {
        console.error(&format!("what came of the last change is not in the journal: {error}"));
    }
}

/// Watch what was written, all of it at once.
fn see_through(
    run: &Run<'_>,
    journal: &RefCell<Journal>,
    written: Vec<Written>,
    parting: &RefCell<Parting>,
    console: &mut Console,
) -> Vec<(usize, Outcome)> {
    let (console, watched) = (RefCell::new(console), RefCell::new(Watched::default()));
    let server = &run.live.server;
    let each = written.into_iter().map(async |Written { at, sent, how }| {
        let (target, reference) = (&sent.target, &sent.target.live.reference);
        let name = shown(&reference.to_string()).into_owned();
        let mut tell = |news: News<'_>| {
            let mut console = console.borrow_mut();
            match news {
                News::Step(progress) => watched.borrow_mut().step(at, &name, progress, &mut console),
                News::Fell { failure, after, diagnosis } => {
                    let page = console.err_page();
                    console.show(&applying::fell(target, failure, after, diagnosis, &page));
                }
                News::TakingBack => {
                    parting.borrow_mut().at(at, reference, Stage::TakingBack);
                    console.say("  taking it back\n");
                }
                News::TakenBack => parting.borrow_mut().at(at, reference, Stage::TakenBack),
            }
        };
        let images = &run.live.session.world.images;
        let why = |failure: &_| diagnosis::explain_knowing(failure, target, images);
        let outcome = follow(server, journal, target, &sent.changed, how, &why, &mut tell).await;
        watched.borrow_mut().done(at);
        if let Outcome::Fallen(fall) = &outcome {
            let page = console.borrow().err_page();
            console.borrow_mut().show(&applying::back(fall, &page));
        }
        if outcome.is_taken_back() {
            for still in without(run, journal, &sent.added).await {
                console.borrow_mut().error(&still);
            }
        }
        parting.borrow_mut().done(at);
        let words = applying::ending(&outcome);
        if !words.is_empty() {
            console.borrow_mut().say(&format!("  {name} {words}\n"));
        }
        (at, outcome)
    });
    run.wait(futures::future::join_all(each))
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
