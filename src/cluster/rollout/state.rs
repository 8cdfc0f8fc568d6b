//! The state of a rollout: everything there is to know of it at one moment, asked for anew each time.

use super::done::{is_observed, made, text, wanted};
use super::past::Past;
use super::revision::{is_new, is_owned, new_hash, new_set, selector};
use super::trouble::{is_leaving, statuses};
use crate::cluster::diagnosis::Weight;
use crate::cluster::{Error, ListOptions, Live, Resource, Server};
use serde_json::Value;
use std::sync::Arc;

/// A workload and its new pods.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The workload.
    pub(super) object: Value,
    /// The new ReplicaSet of a Deployment.
    pub(super) new_set: Option<Live>,
    /// The new pods, the youngest first.
    pub(super) pods: Vec<Live>,
    /// Whether somebody else has changed the template since: its pods are followed, which have the change as well or not.
    pub(super) is_rival: bool,
    /// Whether a pod is on its way out: it still takes room.
    pub(super) is_leaving: bool,
    /// Events since the change, the latest last: of the workload where pods are missing, of pods that are being set up.
    pub(super) events: Vec<Value>,
    /// What of it may not be read, as a right names it: `pods`. Then the workload's status alone tells.
    pub(super) unread: Option<&'static str>,
    /// What was so before.
    pub(super) past: Arc<Past>,
    /// What logs said up to now.
    pub(super) hits: Vec<Hit>,
}

impl State {
    /// Whether there are fewer new pods than there will be.
    pub(super) fn is_short(&self) -> bool {
        let there = match self.unread {
            Some(_) => made(&self.object),
            None => self.pods.len() as u64,
        };
        there < wanted(&self.object)
    }

    /// What was read; nothing where that is not allowed, which is noted.
    fn read<T>(&mut self, what: &'static str, answer: Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
        if answer.as_ref().is_err_and(Error::is_forbidden) {
            self.unread.get_or_insert(what);
        }
        permitted(answer)
    }
}

/// A log that a pattern was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// The pod's uid.
    pub(super) pod: String,
    /// The container.
    pub(super) container: String,
    /// How much it says.
    pub(super) weight: Weight,
    /// The log: the next run of the container may have taken its place since.
    pub(super) log: String,
}

impl Hit {
    pub(super) fn is_of(&self, pod: &str, container: &str) -> bool {
        self.pod == pod && self.container == container
    }
}

/// Of so many pods the events are asked for: those of one revision fail alike.
const PODS_ASKED: usize = 3;

/// Ask for everything. `since` is when the change was made, as the server writes times; empty for any time. `past` is what
/// the first look found to have been so before; `None` at the first.
pub(super) async fn gather(
    server: &Server,
    changed: &Live,
    since: &str,
    past: Option<Arc<Past>>,
) -> Result<State, Error> {
    let now = server.get(&changed.reference).await?;
    if now.uid() != changed.uid() {
        return Err(Error::Other(format!("{} is another object by now", changed.reference)));
    }
    let is_rival = now.value.pointer("/spec/template") != changed.value.pointer("/spec/template");
    let mut state = State { object: now.value, is_rival, ..State::default() };
    if text(&state.object, "/kind") == "Pod" {
        state.pods = vec![Live { reference: changed.reference.clone(), value: state.object.clone() }];
        state.past = past.unwrap_or_else(|| Arc::new(Past::of(state.pods.clone(), since)));
        return Ok(state);
    }
    let namespace = changed.reference.namespace.as_deref();
    let labels = selector(state.object.pointer("/spec/selector").unwrap_or(&Value::Null));
    let options = ListOptions { labels, ..ListOptions::default() };
    let list = |plural, kind| listed(server, Resource::builtin("apps", "v1", kind, plural, true), namespace, &options);
    let (mut hash, mut makers) = (None, vec![changed.uid().to_owned()]);
    match text(&state.object, "/kind") {
        "Deployment" => {
            let sets = state.read("replicasets", list("replicasets", "ReplicaSet").await)?;
            state.new_set = new_set(&state.object, &sets).cloned();
            let own = sets.iter().filter(|set| is_owned(&set.value, changed.uid()));
            makers.extend(own.map(|set| set.uid().to_owned()));
        }
        "StatefulSet" => hash = new_hash(&state.object, &[]),
        // A missing right costs precision: the generation on the pods tells nearly as well.
        "DaemonSet" => {
            let revisions = permitted(list("controllerrevisions", "ControllerRevision").await)?;
            hash = new_hash(&state.object, &revisions);
        }
        _ => {}
    }
    let pods = listed(server, Resource::builtin("", "v1", "Pod", "pods", true), namespace, &options).await;
    let all = state.read("pods", pods)?;
    state.is_leaving = all.iter().any(|pod| is_leaving(&pod.value));
    state.past = match past {
        Some(past) => past,
        None => {
            let own = all.iter().filter(|pod| makers.iter().any(|maker| is_owned(&pod.value, maker)));
            let mut past = Past::of(own.cloned(), since);
            if since.is_empty() {
                let told = permitted(events_of(server, namespace, changed.uid()).await)?;
                past.told = told.iter().map(named).collect();
            }
            Arc::new(past)
        }
    };
    if !is_observed(&state.object) {
        return Ok(state);
    }
    state.pods = all
        .into_iter()
        .filter(|pod| is_new(&pod.value, &state.object, state.new_set.as_ref(), hash.as_deref()))
        .collect();
    state.pods.sort_by(|one, other| born(other).cmp(born(one)));
    state.events = needed_events(server, namespace, &state, since).await?;
    Ok(state)
}

/// The events that tell what the pods themselves do not: why there are none, and why one is not set up.
async fn needed_events(
    server: &Server,
    namespace: Option<&str>,
    state: &State,
    since: &str,
) -> Result<Vec<Value>, Error> {
    let mut uids = Vec::new();
    // The pods of a Deployment are made by its ReplicaSet, which has a condition for it.
    if state.new_set.is_none() && state.is_short() {
        uids.push(text(&state.object, "/metadata/uid"));
    }
    let set_up = |pod: &&Live| {
        let waits = |status: &Value| text(status, "/state/waiting/reason") == "ContainerCreating";
        statuses(&pod.value).iter().any(|(status, _)| waits(status))
    };
    uids.extend(state.pods.iter().filter(set_up).take(PODS_ASKED).map(|pod| pod.uid()));
    let mut events = Vec::new();
    for uid in uids {
        let found = permitted(events_of(server, namespace, uid).await)?.into_iter();
        events.extend(found.filter(|event| time(event) >= since && !state.past.told.contains(&named(event))));
    }
    Ok(events)
}

/// Nothing, where it may not be read: a missing right costs precision.
fn permitted<T>(answer: Result<Vec<T>, Error>) -> Result<Vec<T>, Error> {
    answer.or_else(|error| if error.is_forbidden() { Ok(Vec::new()) } else { Err(error) })
}

/// Which event, and when: one that is told again is another one.
fn named(event: &Value) -> (String, String) {
    (text(event, "/metadata/uid").to_owned(), time(event).to_owned())
}

/// The events of the object with this uid, the latest last.
pub(super) async fn events_of(server: &Server, namespace: Option<&str>, uid: &str) -> Result<Vec<Value>, Error> {
    let options = ListOptions { fields: format!("involvedObject.uid={uid}"), ..ListOptions::default() };
    let events = listed(server, Resource::builtin("", "v1", "Event", "events", true), namespace, &options).await?;
    let mut events: Vec<Value> = events.into_iter().map(|event| event.value).collect();
    events.sort_by(|one, other| time(one).cmp(time(other)));
    Ok(events)
}

async fn listed(
    server: &Server,
    resource: Resource,
    namespace: Option<&str>,
    options: &ListOptions,
) -> Result<Vec<Live>, Error> {
    let mut items = Vec::new();
    server.list(&Arc::new(resource), namespace, options, |item| items.push(item)).await?;
    Ok(items)
}

/// When an event was seen last, to the second: times of one form compare as text.
pub(super) fn time(event: &Value) -> &str {
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
    let time = times.into_iter().map(|place| text(event, place)).find(|time| !time.is_empty()).unwrap_or_default();
    time.get(..19).unwrap_or(time)
}

/// When an object was changed last by anybody but its controller, to the second; empty where that is not told.
pub(super) fn changed_at(object: &Value) -> String {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let wanted = entries.filter(|entry| text(entry, "/subresource").is_empty());
    let time = wanted.map(|entry| text(entry, "/time")).max().unwrap_or_default();
    time.get(..19).unwrap_or(time).to_owned()
}

fn born(pod: &Live) -> &str {
    text(&pod.value, "/metadata/creationTimestamp")
}
