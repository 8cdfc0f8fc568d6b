//! The logs of new pods: of containers that ended, of those that run and do not get ready, and of those that are ready.

use super::Source;
use super::done::{condition, text};
use super::past::Past;
use super::state::{Hit, State};
use super::trouble::statuses;
use crate::cluster::diagnosis::{Weight, first};
use crate::cluster::{Live, LogOptions, Server};
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// Which part of a log is read: enough for a stack trace, and no more than the patterns take a moment for.
const LINES: u32 = 200;
const BYTES: u32 = 64 << 10;
/// At one look so many logs are read.
const MOST: usize = 4;
/// Of so many ready pods the logs are read.
const PODS: usize = 5;
/// The log of a container that does not get ready is read again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// Who reads them, each run of a container once.
#[derive(Debug, Default)]
pub(super) struct Listener {
    /// The runs read, with the time at which.
    read: HashMap<String, Duration>,
    hits: Vec<Hit>,
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
        let heaviest = log.lines().filter_map(|line| first(Source::Log, line)).map(|found| found.weight()).min();
        if let Some(weight) = heaviest.filter(|weight| *weight <= wanted.weight) {
            let (pod, container) = (wanted.pod.uid().to_owned(), wanted.container.to_owned());
            self.hits.push(Hit { pod, container, weight, log });
        }
        true
    }
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
    (!is_gone).then_some(log)
}

fn options(previous: bool) -> LogOptions {
    LogOptions { previous, tail: Some(LINES), bytes: Some(BYTES), ..LogOptions::default() }
}
