//! The pods of a namespace under their new policies: probes take a while to tell what is cut off.

use super::super::Run;
use super::super::progress::Watched;
use crate::cluster::rollout::{self, Failure, Health, Patience, Source, Verdict};
use crate::cluster::{Live, Reference};
use crate::command::Console;
use crate::report::shown;
use futures::{StreamExt, stream};
use std::cell::RefCell;
use std::time::Duration;

/// So many workloads are watched at a time, each with some requests a second.
const AT_ONCE: usize = 64;
/// How long pods may take to be as they were, where nobody says how long.
const BACK: Duration = Duration::from_secs(120);

/// A workload, and where its pod templates are.
pub(super) struct Watch {
    pub(super) live: Live,
    pub(super) templates: Vec<String>,
}

/// The workloads of a namespace that have pods which work, and what to say of the others.
pub(super) fn working(run: &Run<'_>, namespace: &str, console: &mut Console) -> Vec<Watch> {
    let Some(ground) = run.live.grounds.get(namespace) else { return Vec::new() };
    let (server, kinds) = (&run.live.server, &run.live.session.profile.kinds);
    let asked = stream::iter(&ground.workloads).map(async |reference: &Reference| {
        let live = server.get(reference).await.ok()?;
        let (health, _) = rollout::before(server, &live).await;
        Some((live, health))
    });
    let asked: Vec<_> = run.wait(asked.buffered(AT_ONCE).collect());
    let mut working = Vec::new();
    for (live, health) in asked.into_iter().flatten() {
        match health {
            Health::Healthy => {
                let resource = &live.reference.resource;
                let templates = kinds.templates(&resource.group, &resource.kind, &live.value);
                working.push(Watch { templates, live });
            }
            Health::Unhealthy(why) => {
                let name = shown(&live.reference.to_string()).into_owned();
                console.note(&format!("{name} does not work before the policies either, and is not watched: {why}"));
            }
            Health::Unknown => {}
        }
    }
    working
}

/// What the policies broke; `None` where all stays as it was. Beside it what could not be watched, a sentence each.
pub(super) fn broken<'w>(
    run: &Run<'_>,
    watches: &'w [Watch],
    console: &mut Console,
) -> (Option<(&'w Watch, Failure)>, Vec<String>) {
    let (console, watched) = (RefCell::new(console), RefCell::new(Watched::default()));
    let unseen: RefCell<Vec<String>> = RefCell::default();
    let each = stream::iter(watches.iter().enumerate()).map(async |(at, watch)| {
        let name = shown(&watch.live.reference.to_string()).into_owned();
        let mut step = |progress: &rollout::Progress| {
            watched.borrow_mut().step(at, &name, progress, &mut console.borrow_mut());
        };
        let settle = rollout::noticed(&watch.live.value, &watch.templates).max(run.args.change.settle);
        let patience = Patience { timeout: settle, anew: false, settle };
        let verdict = rollout::watch_back(&run.live.server, &watch.live, patience, &mut step).await;
        watched.borrow_mut().done(at);
        match verdict {
            Ok(Verdict::Failed(failure)) => Some((watch, of_running(*failure))),
            Ok(_) => None,
            Err(error) => {
                unseen.borrow_mut().push(format!("{name} cannot be watched: {error}"));
                None
            }
        }
    });
    let mut failed = Box::pin(each.buffer_unordered(AT_ONCE).filter_map(async |failed| failed));
    let first = run.wait(failed.next());
    drop(failed);
    (first, unseen.into_inner())
}

/// Whether its pods work again, after so long: the error says what is seen.
pub(super) fn again(run: &Run<'_>, watch: &Watch) -> Result<(), String> {
    let timeout = run.args.change.timeout.unwrap_or(BACK);
    let patience = Patience { timeout, anew: true, settle: Duration::from_secs(1) };
    match run.wait(rollout::watch_back(&run.live.server, &watch.live, patience, &mut |_| {})) {
        Ok(Verdict::Healthy | Verdict::Nothing(_)) => Ok(()),
        Ok(Verdict::Failed(failure)) => Err(of_running(*failure).summary),
        Err(error) => Err(error.to_string()),
    }
}

/// The words for pods that are none of the new ones: what a probe or a program itself says comes first.
fn of_running(mut failure: Failure) -> Failure {
    failure.summary = failure.summary.replace("the new pods", "its pods");
    failure.sightings.sort_by_key(|one| match one.source {
        Source::Event if one.reason == "Unhealthy" => 0,
        Source::Log => 1,
        Source::Terminated => 2,
        _ => 3,
    });
    failure
}
