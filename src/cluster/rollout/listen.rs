//! The logs of new pods: of containers that ended, of those that run and do not get ready, and of those that are ready.

use super::Source;
use super::done::{condition, text};
use super::past::Past;
use super::state::{Hit, State};
use super::trouble::statuses;
use crate::cluster::diagnosis::{Pattern, Weight, first};
use crate::cluster::{Live, LogOptions, Server};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// Which part of a log is read: enough for a stack trace, and no more than the patterns take a moment for.
/// The server cuts a log at its end, which says most: so it is told the lines alone, and the runtime keeps none above 16 KiB.
const LINES: u32 = 200;
const BYTES: u32 = 64 << 10;
/// At one look so many logs are read.
const MOST: usize = 4;
/// Of so many ready pods the logs are read.
const PODS: usize = 5;
/// Of so many pods that worked before.
const OLD_PODS: usize = 2;
/// The log of a container that does not get ready is read again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// Who reads them, each run of a container once.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// The runs read, with the time at which.
    read: HashMap<String, Duration>,
    hits: Vec<Hit>,
    /// What pods said that worked: pattern by container. `None` until they were asked.
    usual: Option<BTreeSet<(String, String)>>,
}

/// Which log is to be read.
struct Wanted<'s> {
    key: String,
    pod: &'s Live,
    container: &'s str,
    previous: bool,
    /// What counts as a hit.
    weight: Weight,
}

impl Listener {
    /// Read what is to be read, and note in the state what the logs said so far.
    pub(super) async fn listen(&mut self, server: &Server, state: &mut State, now: Duration) {
        if self.usual.is_none() {
            self.usual = Some(usual(server, &state.past.ready).await);
        }
        let due = |wanted: &Wanted<'_>| {
            self.read.get(&wanted.key).is_none_or(|at| wanted.weight == Weight::Fatal && now >= *at + AGAIN)
        };
        let wanted: Vec<Wanted<'_>> =
            state.pods.iter().flat_map(|pod| wanted(pod, &state.past)).filter(due).take(MOST).collect();
        for one in wanted {
            if self.hear(server, &one).await {
                self.read.insert(one.key, now);
            }
        }
        state.hits.clone_from(&self.hits);
    }

    /// Whether the logs of ready pods say that they do not work all the same.
    pub(super) async fn is_fatal(&mut self, server: &Server, state: &mut State) -> bool {
        let before = self.hits.len();
        for pod in state.pods.iter().take(PODS) {
            for (status, is_init) in statuses(&pod.value) {
                let key = String::new();
                let container = text(status, "/name");
                let one = Wanted { key, pod, container, previous: false, weight: Weight::Fatal };
                if !is_init {
                    self.hear(server, &one).await;
                }
            }
        }
        state.hits.clone_from(&self.hits);
        self.hits.len() > before
    }

    /// Read a log. Whether there is no need to try again: who may not read logs learns less, and a node that does not
    /// answer must not keep the watch from going on.
    async fn hear(&mut self, server: &Server, wanted: &Wanted<'_>) -> bool {
        let log = match server.log(&wanted.pod.reference, wanted.container, options(wanted.previous)).await {
            Ok(log) => log,
            Err(error) => return !error.is_passing(),
        };
        let log = last_of(&log);
        let usual = self.usual.get_or_insert_default();
        let heaviest = heaviest(log, wanted.container, usual);
        if let Some(weight) = heaviest.filter(|weight| *weight <= wanted.weight) {
            let (pod, container) = (wanted.pod.uid().to_owned(), wanted.container.to_owned());
            self.hits.push(Hit { pod, container, weight, log: log.to_owned() });
        }
        true
    }
}

/// The most that a log says, but for what pods of before said as well and worked.
fn heaviest(log: &str, container: &str, usual: &BTreeSet<(String, String)>) -> Option<Weight> {
    let found = log.lines().filter_map(|line| first(Source::Log, line));
    let is_new = |found: &&Pattern| !usual.contains(&(container.to_owned(), found.id().to_owned()));
    found.filter(is_new).map(Pattern::weight).min()
}

/// What ready pods that are older than the change say: at the start, at last, and before they were started again.
async fn usual(server: &Server, pods: &[Live]) -> BTreeSet<(String, String)> {
    let beginning = LogOptions { bytes: Some(BYTES), ..LogOptions::default() };
    let mut said = BTreeSet::new();
    for pod in pods.iter().take(OLD_PODS) {
        for (status, _) in statuses(&pod.value) {
            let name = text(status, "/name");
            let was_down = status.pointer("/lastState/terminated").is_some();
            let which = [beginning, options(false), options(true)];
            for options in which.into_iter().filter(|one| !one.previous || was_down) {
                let Ok(log) = server.log(&pod.reference, name, options).await else { break };
                let found = last_of(&log).lines().filter_map(|line| first(Source::Log, line));
                said.extend(found.map(|found| (name.to_owned(), found.id().to_owned())));
            }
        }
    }
    said
}

/// The logs of a pod that may say why it is not ready.
fn wanted<'s>(pod: &'s Live, past: &Past) -> Vec<Wanted<'s>> {
    let ready = condition(&pod.value, "Ready").is_some();
    let mut all = Vec::new();
    for (status, is_init) in statuses(&pod.value) {
        let container = text(status, "/name");
        let run = status.get("restartCount").and_then(Value::as_u64).unwrap_or_default();
        let key = format!("{}/{container}/{run}", pod.uid());
        let running = status.pointer("/state/running").is_some();
        if past.ended(&pod.value, status, is_init).is_some() {
            let previous = status.pointer("/state/terminated").is_none();
            let key = format!("{key}/{previous}");
            all.push(Wanted { key, pod, container, previous, weight: Weight::Cause });
        }
        if running && !ready && !is_init {
            all.push(Wanted { key, pod, container, previous: false, weight: Weight::Fatal });
        }
    }
    all
}

/// What a container wrote last, before it was started again if `previous`; `None` where it cannot be had.
pub(super) async fn log(server: &Server, pod: &Live, container: &str, previous: bool) -> Option<String> {
    let log = server.log(&pod.reference, container, options(previous)).await.ok()?;
    // The kubelet answers with this where the runtime has thrown the log away.
    let is_gone = log.trim().is_empty() || log.starts_with("unable to retrieve container logs");
    (!is_gone).then(|| last_of(&log).to_owned())
}

fn options(previous: bool) -> LogOptions {
    LogOptions { previous, tail: Some(LINES), ..LogOptions::default() }
}

/// The end of a log, in whole lines; of a line that is longer than all that is read its end.
fn last_of(log: &str) -> &str {
    let from = log.len().saturating_sub(BYTES as usize);
    if from == 0 {
        return log;
    }
    let end = (from..log.len()).find_map(|at| log.get(at..)).unwrap_or_default();
    end.split_once('\n').map_or(end, |(_, whole)| if whole.is_empty() { end } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_log_count() {
        let last = "FATAL: cannot run";
        let log = format!("{}\n{last}\n", "é".repeat(BYTES as usize));
        assert_eq!(last_of(&log).lines().last(), Some(last));
        let one = format!("a{}{last}", "é".repeat(BYTES as usize));
        assert!(last_of(&one).ends_with(last) && last_of(&one).len() <= BYTES as usize);
        assert_eq!(last_of(last), last);
        assert_eq!(options(false).bytes, None);
    }

    #[test]
    fn what_pods_said_that_worked_says_nothing() {
        let log = "GET /\n# Can't open or create append-only dir appendonlydir: Read-only file system\n";
        assert_eq!(heaviest(log, "db", &BTreeSet::new()), Some(Weight::Fatal));
        let usual = |container: &str| BTreeSet::from([(container.to_owned(), "redis-aof".to_owned())]);
        assert_eq!(heaviest(log, "db", &usual("db")), None);
        assert_eq!(heaviest(log, "db", &usual("other")), Some(Weight::Fatal));
    }
}
