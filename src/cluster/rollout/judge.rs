//! From the state of a rollout to whether to wait on: pure, so that every case can be tried without a cluster.

use super::done::{Phase, counts, is_observed, phase, text, wanted};
use super::state::State;
use super::trouble::{Trouble, is_leaving, statuses, troubles};
use super::{Patience, Progress};
use crate::cluster::Live;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Look again.
    Waiting(Progress),
    /// All is well, and stayed so.
    Ready,
    /// It failed: how, in a few words.
    Failed(String),
}

/// What has to be remembered from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Since when each trouble lasts.
    troubles: BTreeMap<String, Duration>,
    /// When pods came further last, and how far for this generation of the workload.
    moved: (Duration, u64, [u64; 3]),
    /// Since when all is well, and how often the containers had been started again by then.
    ready: Option<(Duration, BTreeMap<String, u64>)>,
}

/// Judge a state. `now` is the time since the watch began.
pub(super) fn judge(state: &State, memory: &mut Memory, now: Duration, patience: Patience) -> Step {
    let phase = phase(&state.object);
    // Whatever pods there are otherwise were made for what was before.
    let unseen = State { object: state.object.clone(), ..State::default() };
    let state = if is_observed(&state.object) { state } else { &unseen };
    // A pod that failed stays as a corpse, whoever has taken its place.
    let mut found = troubles(state);
    let corpses = found.iter().filter(|trouble| trouble.is_corpse).count();
    let all_there = staying(state).filter(is_alive).count() as u64 >= wanted(&state.object);
    // One may have had bad luck; what it has to blame itself for happens to the next one too.
    let unlucky = |trouble: &Trouble| corpses == 1 && all_there && !trouble.grace.is_zero();
    found.retain(|trouble| !trouble.is_corpse || (phase != Phase::Done && !unlucky(trouble)));
    memory.troubles.retain(|key, _| found.iter().any(|trouble| trouble.key == *key));
    for trouble in &found {
        let since = *memory.troubles.entry(trouble.key.clone()).or_insert(now);
        if now.saturating_sub(since) >= trouble.grace {
            return Step::Failed(trouble.summary.to_owned());
        }
    }
    let missing = match phase {
        Phase::Stuck(why) => return Step::Failed(why),
        Phase::Waiting(missing) => Some(missing),
        Phase::Done => unready(state),
    };
    let ready = match state.unread {
        None => state.pods.iter().filter(|pod| is_ready(&pod.value)).count() as u64,
        // An old pod may be among those available.
        Some(_) => counts(&state.object).into_iter().min().unwrap_or_default(),
    };
    let mut progress = Progress { ready, wanted: wanted(&state.object).max(ready), waiting_for: String::new() };
    note_progress(state, memory, ready, now);
    if let Some((since, before)) = &memory.ready {
        if let Some(summary) = fallen(state, before) {
            return Step::Failed(summary.to_owned());
        }
        if missing.is_none() && now.saturating_sub(*since) >= patience.settle {
            return Step::Ready;
        }
    }
    match missing {
        // The time of being well begins anew: a pod that was ready for a moment proves nothing.
        Some(_) => memory.ready = None,
        None => {
            let counts = || ends(state).into_iter().map(|(key, (count, _))| (key, count)).collect();
            memory.ready.get_or_insert_with(|| (now, counts()));
            progress.waiting_for = "to stay so".to_owned();
        }
    }
    if let Some(missing) = missing {
        let begun = if patience.anew { memory.moved.0 } else { Duration::ZERO };
        if now.saturating_sub(begun) >= patience.timeout {
            let further = if begun.is_zero() { "ready after" } else { "ready, and got no further for" };
            return Step::Failed(format!("the new pods are not {further} {} s", patience.timeout.as_secs()));
        }
        progress.waiting_for = found.first().map_or(missing, |trouble| trouble.word.clone());
    }
    if patience.settle.is_zero() && memory.ready.is_some() { Step::Ready } else { Step::Waiting(progress) }
}

fn note_progress(state: &State, memory: &mut Memory, ready: u64, now: Duration) {
    if !is_observed(&state.object) {
        return;
    }
    let generation = state.object.pointer("/metadata/generation").and_then(Value::as_u64).unwrap_or_default();
    let [made, available] = counts(&state.object);
    let (moved, known, best) = &mut memory.moved;
    let further = [made, ready, available];
    if generation != *known {
        // A change of others sets out anew.
        (*moved, *known, *best) = (now, generation, further);
    }
    for (best, further) in best.iter_mut().zip(further) {
        if further > *best {
            (*moved, *best) = (now, further);
        }
    }
}

/// What happened to a workload that was well: a container of it ended, and 0 is no better than any other code for one that
/// is to run on.
fn fallen(state: &State, before: &BTreeMap<String, u64>) -> Option<&'static str> {
    let again = ends(state).into_iter().any(|(key, (count, usual))| {
        let known = before.get(&key).copied().unwrap_or_default();
        count > known.max(usual)
    });
    again.then_some("the new pods were ready and ended then")
}

/// New pods that are not ready although their controller counts them as available: after an absence of the server its
/// status is older than theirs.
fn unready(state: &State) -> Option<String> {
    if !matches!(text(&state.object, "/kind"), "Deployment" | "StatefulSet" | "DaemonSet") {
        return None;
    }
    let alive: Vec<&Live> = staying(state).filter(is_alive).collect();
    let ready = alive.iter().filter(|pod| is_ready(&pod.value)).count();
    (ready < alive.len()).then(|| format!("{ready} of {} pods ready", alive.len()))
}

/// The new pods but those that leave: who ends a container by deleting its pod means it.
fn staying(state: &State) -> impl Iterator<Item = &Live> {
    state.pods.iter().filter(|pod| !is_leaving(&pod.value))
}

fn is_alive(pod: &&Live) -> bool {
    text(&pod.value, "/status/phase") != "Failed"
}

/// How often each container that is to run on has ended since the change, and how often it may: pods that work all the same
/// have done it so often.
fn ends(state: &State) -> BTreeMap<String, (u64, u64)> {
    let of_pod = |pod: &Live| -> Vec<(String, (u64, u64))> {
        let count = |(status, _): (&Value, bool)| {
            let name = text(status, "/name");
            let is_down = status.pointer("/state/terminated").is_some();
            let down = is_down && state.past.ended(&pod.value, status, false).is_some();
            let count = state.past.restarts(&pod.value, status) + u64::from(down);
            (format!("{}/{name}", pod.uid()), (count, state.past.usual(name)))
        };
        statuses(&pod.value).into_iter().filter(|(_, is_init)| !is_init).map(count).collect()
    };
    staying(state).flat_map(of_pod).collect()
}

fn is_ready(pod: &Value) -> bool {
    super::done::condition(pod, "Ready").is_some() || text(pod, "/status/phase") == "Succeeded"
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "since_tests.rs"]
mod since_tests;
