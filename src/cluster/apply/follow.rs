//! What becomes of a change that was made: the pods are watched, a failure is explained and the change taken back.

use super::lost::{Lost, seen_by};
use super::outcome::{Back, Fall, Outcome};
use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::journal::{Fate, Journal};
use crate::cluster::rollout::{self, Failure, Patience, Progress, Verdict};
use crate::cluster::undo::{self, TakenBack};
use crate::cluster::{Error, Live, Reference, Server, Target};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Between two attempts to take a change back while the server stays away.
const PAUSE: Duration = Duration::from_secs(1);

/// How a change is followed.
#[derive(Debug, Clone, Copy)]
pub struct Follow {
    /// How long.
    pub patience: Patience,
    /// Whether a change that does not work stays: `--no-rollback`.
    pub keep: bool,
    /// Whether its pods worked before.
    pub worked_before: bool,
    /// Whether the job of a CronJob is run once: `--trial-jobs`.
    pub trial: bool,
}

/// What there is to tell on the way.
#[derive(Debug, Clone, Copy)]
pub enum News<'n> {
    /// The pods have come so far.
    Step(&'n Progress),
    /// The change does not work.
    Fell {
        /// What was seen.
        failure: &'n Failure,
        /// After how long.
        after: Duration,
        /// Why, and what would mend it.
        diagnosis: Option<&'n Diagnosis>,
    },
    /// It is being taken back.
    TakingBack,
    /// It is taken back, and the pods have to become as they were.
    TakenBack,
}

/// Watch what was changed until it is healthy, or take it back. `why` explains a failure. What the journal cannot write down
/// is the journal's to tell: the change is made, and followed all the same.
pub async fn follow(
    server: &Server,
    journal: &RefCell<Journal>,
    target: &Target,
    changed: &Live,
    how: Follow,
    why: &dyn Fn(&Failure) -> Option<Diagnosis>,
    tell: &mut dyn FnMut(News<'_>),
) -> Outcome {
    let begun = Instant::now();
    let settle = |fate| journal.borrow_mut().settle(&target.live.reference, fate);
    if target.templates.is_empty() {
        settle(Fate::Unwatched);
        return Outcome::Unwatched(String::new());
    }
    let patience = Patience { settle: rollout::settle(target, how.patience.settle), ..how.patience };
    let step = &mut |step: &Progress| tell(News::Step(step));
    let verdict = match how.trial && changed.reference.resource.kind == "CronJob" {
        true => rollout::trial(server, changed, patience, step).await,
        false => rollout::watch(server, changed, patience, step).await,
    };
    let failure = match seen_by(server, changed, verdict).await {
        Ok(Verdict::Healthy) => {
            settle(Fate::Healthy);
            return Outcome::Healthy(begun.elapsed());
        }
        Ok(Verdict::Nothing(why)) => {
            settle(Fate::Unwatched);
            return Outcome::Unwatched(why);
        }
        Ok(Verdict::Failed(failure)) => *failure,
        Err(Lost::Gone) => {
            settle(Fate::TakenBack);
            return Outcome::Failed("changed, and then deleted or made anew by somebody else".to_owned());
        }
        // It is written, and the journal says so: the next run finds it.
        Err(Lost::Unseen(error)) => {
            return Outcome::Lost(format!("changed, but its pods can no longer be watched: {error}"));
        }
    };
    let after = begun.elapsed();
    let diagnosis = why(&failure);
    tell(News::Fell { failure: &failure, after, diagnosis: diagnosis.as_ref() });
    let (back, left) = match how.keep {
        true => {
            settle(Fate::Broken);
            (Back::Kept, Vec::new())
        }
        false => take_back(server, journal, target, how, tell).await,
    };
    Outcome::Fallen(Box::new(Fall { failure, diagnosis, back, left }))
}

/// What became of the change, and what of it stays.
async fn take_back(
    server: &Server,
    journal: &RefCell<Journal>,
    target: &Target,
    how: Follow,
    tell: &mut dyn FnMut(News<'_>),
) -> (Back, Vec<String>) {
    tell(News::TakingBack);
    let begun = Instant::now();
    let reference = &target.live.reference;
    let taken = withdrawn(server, journal, reference, how.patience.timeout).await;
    let fate = if taken.is_ok() { Fate::TakenBack } else { Fate::Broken };
    journal.borrow_mut().settle(reference, fate);
    let all = |back| (back, Vec::new());
    let (live, left, stuck) = match taken {
        Ok(TakenBack::Done { plan, live, stuck }) => (live, plan.left, stuck),
        Ok(TakenBack::Nothing) => {
            return all(Back::Unwatched("nothing of the change is there any more".to_owned()));
        }
        Ok(TakenBack::Gone) => return all(Back::Unwatched("the object is gone".to_owned())),
        Err(error) => return all(Back::Stuck(vec![error.to_string()])),
    };
    tell(News::TakenBack);
    if !stuck.is_empty() {
        return (Back::Sticks(stuck), left);
    }
    // A workload that did not work before proves nothing by a moment in which it does.
    if !how.worked_before {
        return (Back::AsBefore, left);
    }
    // What ran before need not prove itself for long.
    let patience = Patience { settle: Duration::from_secs(1), ..how.patience };
    let watch = rollout::watch_back(server, &live, patience, &mut |step| tell(News::Step(step))).await;
    let back = match seen_by(server, &live, watch).await {
        Ok(Verdict::Healthy) => Back::Healthy(begun.elapsed()),
        Ok(Verdict::Nothing(why)) => Back::Unwatched(why),
        Ok(Verdict::Failed(failure)) => Back::Unhealthy(seen(&failure)),
        Err(Lost::Gone) => Back::Unwatched("the object is gone".to_owned()),
        Err(Lost::Unseen(error)) => Back::Unhealthy(error.to_string()),
    };
    (back, left)
}

/// Take back what the run did to an object, for as long as the server may stay away.
async fn withdrawn(
    server: &Server,
    journal: &RefCell<Journal>,
    reference: &Reference,
    timeout: Duration,
) -> Result<TakenBack, Error> {
    let entry = journal.borrow().entry(reference)?;
    let Some(entry) = entry else {
        return Err(Error::Other("the journal does not know the change".to_owned()));
    };
    let begun = Instant::now();
    loop {
        match undo::take_back(server, &entry, false).await {
            Err(error) if error.is_passing() && begun.elapsed() < timeout => tokio::time::sleep(PAUSE).await,
            taken => return taken,
        }
    }
}

/// Take a new object away again, which goes with a change that was taken back: why it is still there, if it is.
pub async fn withdraw(server: &Server, journal: &RefCell<Journal>, reference: &Reference) -> Option<String> {
    let (fate, why) = match withdrawn(server, journal, reference, PAUSE).await {
        Ok(TakenBack::Done { plan, .. }) if !plan.left.is_empty() => (Fate::Broken, Some(plan.left.join("; "))),
        Ok(_) => (Fate::TakenBack, None),
        Err(error) => (Fate::Broken, Some(error.to_string())),
    };
    journal.borrow_mut().settle(reference, fate);
    why
}

/// A failure in one line.
fn seen(failure: &Failure) -> String {
    match failure.sightings.first() {
        Some(first) => {
            format!("{}: {} {}", failure.summary, first.reason, first.text.lines().last().unwrap_or_default())
        }
        None => failure.summary.clone(),
    }
}
