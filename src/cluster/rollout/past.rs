//! What was so before the change: a pod that is older keeps its restarts and the way it ended once, and neither is the
//! fault of what was changed since.

use super::done::{condition, text};
use super::trouble::{ended, statuses};
use crate::cluster::Live;
use crate::resources::Quantity;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the pods that are older than the change, by the first look at them.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Those of them that are ready: what they do, a new one may do.
    pub(super) ready: Vec<Live>,
    /// Of each container, by pod and name: how often it had been started again, and when it ended last.
    containers: BTreeMap<(String, String), (u64, String)>,
    /// The most restarts that a container of this name had in a ready pod.
    usual: BTreeMap<String, u64>,
    /// What was told of the workload by then: events, with their times.
    pub(super) told: BTreeSet<(String, String)>,
    /// The pods that had failed for good.
    corpses: BTreeSet<String>,
}

impl Past {
    /// What these pods show. Older than the change are those made before `since`, as the server writes times; all of them
    /// where it is empty.
    pub(super) fn of(pods: impl IntoIterator<Item = Live>, since: &str) -> Self {
        let mut past = Self::default();
        let is_older = |pod: &Live| since.is_empty() || text(&pod.value, "/metadata/creationTimestamp") < since;
        for pod in pods.into_iter().filter(is_older) {
            let is_ready = condition(&pod.value, "Ready").is_some();
            for (status, is_init) in statuses(&pod.value) {
                let name = text(status, "/name").to_owned();
                if is_ready {
                    let most = past.usual.entry(name.clone()).or_default();
                    *most = restarts(status).max(*most);
                }
                let end = ended(&pod.value, status, is_init).map(ended_at).unwrap_or_default();
                past.containers.insert((pod.uid().to_owned(), name), (restarts(status), end.to_owned()));
            }
            if text(&pod.value, "/status/phase") == "Failed" {
                past.corpses.insert(pod.uid().to_owned());
            }
            if is_ready {
                past.ready.push(pod);
            }
        }
        past
    }

    /// How often a container was started again since.
    pub(super) fn restarts(&self, pod: &Value, status: &Value) -> u64 {
        restarts(status).saturating_sub(self.container(pod, status).map_or(0, |(count, _)| *count))
    }

    /// How a container ended last that should not have, if it was since.
    pub(super) fn ended<'s>(&self, pod: &Value, status: &'s Value, is_init: bool) -> Option<&'s Value> {
        let known = self.container(pod, status).map(|(_, end)| end.as_str());
        ended(pod, status, is_init).filter(|end| known.is_none_or(|known| known.is_empty() || known != ended_at(end)))
    }

    /// How often a container of this name was started again in pods that work all the same.
    pub(super) fn usual(&self, container: &str) -> u64 {
        self.usual.get(container).copied().unwrap_or_default()
    }

    /// Whether a pod had failed by then.
    pub(super) fn is_corpse(&self, pod: &str) -> bool {
        self.corpses.contains(pod)
    }

    /// Whether a new pod asks for more room than those of before.
    pub(super) fn is_asked_for_more(&self, pod: &Value) -> bool {
        let Some(old) = self.ready.first() else { return false };
        let old = requests(&old.value);
        let amount = |value: &Value| Quantity::of(value);
        requests(pod).into_iter().any(|(place, wanted)| {
            let had = old.get(&place).and_then(|had| amount(had));
            amount(wanted).is_some_and(|wanted| had.is_none_or(|had| wanted > had))
        })
    }

    fn container(&self, pod: &Value, status: &Value) -> Option<&(u64, String)> {
        self.containers.get(&(text(pod, "/metadata/uid").to_owned(), text(status, "/name").to_owned()))
    }
}

/// What the containers ask for, by name and resource.
fn requests(pod: &Value) -> BTreeMap<(&str, &str), &Value> {
    let containers =
        ["/spec/initContainers", "/spec/containers"].into_iter().filter_map(|list| pod.pointer(list)?.as_array());
    let each = containers.flatten().flat_map(|container| {
        let requests = container.pointer("/resources/requests").and_then(Value::as_object).into_iter().flatten();
        requests.map(|(resource, amount)| ((text(container, "/name"), resource.as_str()), amount))
    });
    each.collect()
}

fn restarts(status: &Value) -> u64 {
    status.get("restartCount").and_then(Value::as_u64).unwrap_or_default()
}

fn ended_at(end: &Value) -> &str {
    text(end, "/finishedAt")
}
