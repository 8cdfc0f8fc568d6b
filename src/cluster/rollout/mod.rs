//! What becomes of the pods of a changed workload.
//!
//! The whole state is asked for anew every second. A poll misses nothing that lasts, and there is no stream that could be
//! cut: while the server does not answer the clock of the rollout stands still, and the next answer says all. [`judge`]
//! decides on plain values; what is here asks, waits and collects.

mod before;
mod done;
mod evidence;
mod judge;
mod listen;
mod masked;
mod past;
mod revision;
mod settle;
mod state;
mod trial;
mod trouble;

pub use before::{Health, before};
pub use settle::{noticed, settle};
pub use trial::trial;

use super::{Error, Live, Reference, Server};
use judge::{Memory, Step, judge};
use listen::Listener;
use past::Past;
use state::{State, changed_at, gather};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long to look.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the pods to be ready.
    pub timeout: Duration,
    /// Whether that begins anew whenever a pod has come further, as the deadline of a Deployment does: many pods take long.
    pub anew: bool,
    /// How long they must stay so: a program may be ready before it does its first work.
    pub settle: Duration,
}

/// How far a rollout is, for a line of progress.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// New pods that are ready.
    pub ready: u64,
    /// New pods that there will be.
    pub wanted: u64,
    /// What it waits for, in a few words; may be empty.
    pub waiting_for: String,
}

/// How a rollout ended.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// All new pods are ready and stayed so.
    Healthy,
    /// There is nothing to watch, and why: no replicas, paused, `OnDelete`, a suspended job.
    Nothing(String),
    /// The new pods do not work.
    Failed(Box<Failure>),
}

/// What was seen of pods that do not work.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// In a few words: `the new pods do not start`.
    pub summary: String,
    /// What was seen, what says most first.
    pub sightings: Vec<Sighting>,
}

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where.
    pub source: Source,
    /// The pod, if it is about one.
    pub pod: Option<Reference>,
    /// The container, if it is about one.
    pub container: Option<String>,
    /// A word of the API, such as `CrashLoopBackOff`, `FailedCreate`, `OOMKilled`; may be empty.
    pub reason: String,
    /// The exit code, if a container ended.
    pub exit_code: Option<i64>,
    /// What stands there: a message, or the last lines of a log.
    pub text: String,
}

/// Where something was seen: the `where` of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A condition of the workload or of its ReplicaSet.
    Condition,
    /// Why a container waits.
    Waiting,
    /// How a container ended.
    Terminated,
    /// The pod's own status.
    Pod,
    /// An event.
    Event,
    /// A container's log.
    Log,
}

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// For all the answers of one look.
const ANSWER: Duration = Duration::from_secs(30);

/// Watch the pods of a workload that was just changed. `changed` is the server's answer to the change.
///
/// # Errors
/// When the server cannot be asked any more for as long as the timeout, or the object is gone or another one by now.
pub async fn watch(
    server: &Server,
    changed: &Live,
    patience: Patience,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Verdict, Error> {
    run(server, changed, &changed_at(&changed.value), patience, progress).await
}

/// Watch the pods of a workload from which a change was taken back. Those that are there may be those of before: what
/// happened to them up to now says nothing of how it is.
///
/// # Errors
/// As [`watch`].
pub async fn watch_back(
    server: &Server,
    changed: &Live,
    patience: Patience,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Verdict, Error> {
    run(server, changed, "", patience, progress).await
}

async fn run(
    server: &Server,
    changed: &Live,
    since: &str,
    patience: Patience,
    progress: &mut dyn FnMut(&Progress),
) -> Result<Verdict, Error> {
    if let Some(why) = done::nothing(&changed.value) {
        return Ok(Verdict::Nothing(why));
    }
    let mut past = None;
    let (mut memory, mut listener) = (Memory::default(), Listener::default());
    let mut last = Progress::default();
    // The time without an answer does not count against the pods.
    let (mut seen, mut silent) = (Duration::ZERO, Duration::ZERO);
    loop {
        let asked = Instant::now();
        match look(server, changed, since, &mut past, &mut listener, seen).await {
            Ok(mut state) => {
                silent = Duration::ZERO;
                let mut step = judge(&state, &mut memory, seen, patience);
                if step == Step::Ready && listener.is_fatal(server, &mut state).await {
                    step = Step::Failed("the new pods are ready and do not work".to_owned());
                }
                match step {
                    Step::Ready => return Ok(Verdict::Healthy),
                    Step::Failed(mut summary) => {
                        if state.is_rival {
                            summary += ", and somebody else has changed the workload meanwhile";
                        }
                        let sightings = evidence::collect(server, &state, since).await;
                        return Ok(Verdict::Failed(Box::new(Failure { summary, sightings })));
                    }
                    Step::Waiting(now) => last = now,
                }
                tokio::time::sleep(INTERVAL.saturating_sub(asked.elapsed())).await;
                seen += asked.elapsed();
            }
            Err(error) if error.is_passing() && silent < patience.timeout => {
                last.waiting_for = "the server to answer".to_owned();
                tokio::time::sleep(INTERVAL).await;
                silent += asked.elapsed();
            }
            Err(error) => return Err(error),
        }
        progress(&last);
    }
}

/// One look at everything.
async fn look(
    server: &Server,
    changed: &Live,
    since: &str,
    past: &mut Option<Arc<Past>>,
    listener: &mut Listener,
    now: Duration,
) -> Result<State, Error> {
    let answers = async {
        let mut state = gather(server, changed, since, past.clone()).await?;
        past.get_or_insert_with(|| Arc::clone(&state.past));
        listener.listen(server, &mut state, now).await;
        Ok(state)
    };
    let late = |_| Error::Unreachable { why: format!("the server did not answer within {} s", ANSWER.as_secs()) };
    tokio::time::timeout(ANSWER, answers).await.map_err(late)?
}
