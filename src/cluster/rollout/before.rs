//! How a workload was before it was changed: what fails already is not the fault of the change.

use super::done::{Phase, nothing, phase};
use super::state::{State, gather};
use super::trouble::troubles;
use crate::cluster::{Live, Server};

/// How a workload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// All its pods are there and available.
    Healthy,
    /// Something is wrong: what, in a few words, such as `1 of 3 available` or `CrashLoopBackOff`.
    Unhealthy(String),
    /// It has no pods to tell by, or they may not be read.
    Unknown,
}

/// How a workload is, at one look, and what there is to say of the watch that is to come: who may not read its pods learns
/// less. To be asked before it is changed.
pub async fn before(server: &Server, live: &Live) -> (Health, Option<String>) {
    if nothing(&live.value).is_some() {
        return (Health::Unknown, None);
    }
    let Ok(state) = gather(server, live, "", None).await else { return (Health::Unknown, None) };
    (health(&state), state.unread.map(note))
}

fn note(unread: &'static str) -> String {
    format!("you may not list {unread} here: the rollout is watched by its counts alone, and takes longer to fail")
}

fn health(state: &State) -> Health {
    match phase(&state.object) {
        Phase::Done => Health::Healthy,
        Phase::Stuck(why) => Health::Unhealthy(why),
        Phase::Waiting(missing) => {
            let trouble = troubles(state).into_iter().next();
            Health::Unhealthy(trouble.map_or(missing, |trouble| trouble.word))
        }
    }
}
