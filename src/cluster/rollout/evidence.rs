//! What was seen of pods that do not work, what says most first. A right that is missing costs its part alone.

use super::done::text;
use super::listen::log;
use super::masked::mask;
use super::state::{State, events_of};
use super::trouble::{ended, statuses};
use super::{Sighting, Source};
use crate::cluster::{Live, Server};
use serde_json::Value;

/// Of so many pods everything is collected: those of one revision fail alike.
const PODS: usize = 3;
/// Of so many events, the latest: they are alike but for the names of the pods.
const EVENTS: usize = 10;

/// Collect it.
pub(super) async fn collect(server: &Server, state: &State, since: &str) -> Vec<Sighting> {
    let mut found = Vec::new();
    conditions(state, &mut found);
    let pods = failing(state);
    for pod in &pods {
        of_pod(pod, &mut found);
    }
    events(server, state, &pods, since, &mut found).await;
    for pod in pods {
        logs(server, pod, state, &mut found).await;
    }
    mask(&mut found, &state.object);
    found
}

/// The pods that are not ready, the youngest first; all of them, if all are.
fn failing(state: &State) -> Vec<&Live> {
    let ready = |pod: &&Live| super::done::condition(&pod.value, "Ready").is_some();
    let some: Vec<&Live> = state.pods.iter().filter(|pod| !ready(pod)).take(PODS).collect();
    if some.is_empty() { state.pods.iter().take(PODS).collect() } else { some }
}

fn conditions(state: &State, found: &mut Vec<Sighting>) {
    let set = state.new_set.iter().map(|set| &set.value);
    for object in set.chain([&state.object]) {
        let conditions = object.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
        for one in conditions {
            let (kind, status) = (text(one, "/type"), text(one, "/status"));
            let tells = matches!((kind, status), ("ReplicaFailure" | "Failed", "True") | ("Progressing", "False"));
            let message = text(one, "/message");
            if tells && !found.iter().any(|known| known.text == message) {
                found.push(bare(Source::Condition, text(one, "/reason"), message));
            }
        }
    }
}

fn of_pod(pod: &Live, found: &mut Vec<Sighting>) {
    let here = |sighting: Sighting| Sighting { pod: Some(pod.reference.clone()), ..sighting };
    for (status, is_init) in statuses(&pod.value) {
        let inside = |sighting| here(Sighting { container: Some(text(status, "/name").to_owned()), ..sighting });
        if let Some(end) = ended(&pod.value, status, is_init) {
            let (reason, message) = (text(end, "/reason"), text(end, "/message"));
            // The reason is all that there is of one that was killed for its memory.
            let message = if message.is_empty() { reason } else { message };
            let exit_code = end.get("exitCode").and_then(Value::as_i64);
            found.push(inside(Sighting { exit_code, ..bare(Source::Terminated, reason, message) }));
        }
        let (reason, message) = (text(status, "/state/waiting/reason"), text(status, "/state/waiting/message"));
        if !matches!(reason, "" | "ContainerCreating" | "PodInitializing") {
            found.push(inside(bare(Source::Waiting, reason, message)));
        }
    }
    let (reason, message) = (text(&pod.value, "/status/reason"), text(&pod.value, "/status/message"));
    if !message.is_empty() {
        found.push(here(bare(Source::Pod, reason, message)));
    }
    let conditions = pod.value.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    for one in conditions.filter(|one| text(one, "/type") == "PodScheduled" && text(one, "/status") == "False") {
        found.push(here(bare(Source::Condition, text(one, "/reason"), text(one, "/message"))));
    }
}

/// Warnings since the change, of the pods, and of who makes them.
async fn events(server: &Server, state: &State, pods: &[&Live], since: &str, found: &mut Vec<Sighting>) {
    let namespace = state.object.pointer("/metadata/namespace").and_then(Value::as_str);
    let maker = state.new_set.as_ref().map_or_else(|| text(&state.object, "/metadata/uid"), Live::uid);
    let uids = pods.iter().map(|pod| (pod.uid(), Some(pod.reference.clone()))).chain([(maker, None)]);
    for (uid, pod) in uids {
        for event in events_of(server, namespace, uid).await.unwrap_or_default().into_iter().rev().take(EVENTS) {
            let message = text(&event, "/message");
            let old = super::state::time(&event) < since;
            if old || text(&event, "/type") == "Normal" || found.iter().any(|known| known.text == message) {
                continue;
            }
            let path = text(&event, "/involvedObject/fieldPath");
            let container = path.split_once('{').and_then(|(_, rest)| rest.strip_suffix('}')).map(str::to_owned);
            let sighting = bare(Source::Event, text(&event, "/reason"), message);
            found.push(Sighting { pod: pod.clone(), container, ..sighting });
        }
    }
}

/// What was heard on the way, and what can be had still: of each container the run before and this one.
async fn logs(server: &Server, pod: &Live, state: &State, found: &mut Vec<Sighting>) {
    for (status, is_init) in statuses(&pod.value) {
        let container = text(status, "/name");
        let end = ended(&pod.value, status, is_init);
        if is_init && end.is_none() {
            continue;
        }
        let heard = state.hits.iter().filter(|hit| hit.is_of(pod.uid(), container)).map(|hit| hit.log.clone());
        let mut texts: Vec<String> = heard.collect();
        for previous in [true, false] {
            texts.extend(log(server, pod, container, previous).await);
        }
        texts.dedup();
        for text in texts {
            let exit_code = end.and_then(|end| end.get("exitCode")?.as_i64());
            let sighting = Sighting { exit_code, ..bare(Source::Log, "", &text) };
            found.push(Sighting {
                pod: Some(pod.reference.clone()),
                container: Some(container.to_owned()),
                ..sighting
            });
        }
    }
}

fn bare(source: Source, reason: &str, text: &str) -> Sighting {
    let (reason, text) = (reason.to_owned(), text.to_owned());
    Sighting { source, pod: None, container: None, reason, exit_code: None, text }
}
