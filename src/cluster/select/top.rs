//! From an object to the one on top that runs it: from a pod to its Deployment.
//!
//! What is changed further below, its controller puts back. The climb ends at a kind that holds no pod template: a custom
//! resource of which nothing is known is named, and what stands below it is looked at.

use crate::cluster::{Discovery, Live, Reference, Server};
use crate::workload::{Identity, KindTable};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// A pod of a CronJob is two steps below it; a chain of operators may be longer.
const MOST_STEPS: usize = 6;
/// How many owners are asked for at a time.
const AT_ONCE: usize = 8;
/// How many of those on top are told one by one.
const MOST_TOLD: usize = 5;

/// Climbs, and remembers who was met.
pub(super) struct Climb<'c> {
    server: &'c Server,
    discovery: &'c Discovery,
    kinds: &'c KindTable,
    /// The uids of what was given out, and of the controllers that were climbed to.
    met: HashSet<String>,
    climbed: HashSet<String>,
    /// Who was looked at instead of whom: the name on top, the first one below it that was asked for, and how many.
    below: Vec<(String, String, usize)>,
    /// Controllers that are not looked into: a sentence each.
    outside: Vec<String>,
}

/// Who controls an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Controller {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) uid: String,
}

/// An object on its way up.
struct Step {
    /// Its place among those that were asked for.
    at: usize,
    live: Live,
    /// The first that was asked for and led here, and how many did.
    asked: String,
    count: usize,
}

impl Controller {
    /// The owner that is marked as the controller.
    pub(super) fn of(live: &Live) -> Option<Self> {
        let owners = live.value.pointer("/metadata/ownerReferences")?.as_array()?;
        let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
        let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Self { api_version: text("apiVersion"), kind: text("kind"), name: text("name"), uid: text("uid") })
    }

    /// Whether its kind holds a pod template.
    pub(super) fn is_workload(&self, kinds: &KindTable) -> bool {
        kinds.knows(self.identity().group(), &self.kind)
    }

    fn identity(&self) -> Identity {
        let Self { api_version, kind, name, .. } = self.clone();
        Identity { api_version, kind, namespace: None, name }
    }
}

impl<'c> Climb<'c> {
    pub(super) fn new(server: &'c Server, discovery: &'c Discovery, kinds: &'c KindTable) -> Self {
        let (met, climbed, below, outside) = Default::default();
        Self { server, discovery, kinds, met, climbed, below, outside }
    }

    /// Those on top of these, each once in the whole run, in the order of those that led to them.
    pub(super) async fn tops(&mut self, lives: Vec<Live>) -> Vec<Live> {
        let step = |(at, live): (usize, Live)| Step { at, asked: live.reference.to_string(), live, count: 1 };
        let mut level: Vec<Step> = lives.into_iter().enumerate().map(step).collect();
        let mut tops: Vec<(usize, Live)> = Vec::new();
        for round in 0..=MOST_STEPS {
            let mut up = Vec::new();
            for step in level {
                match Controller::of(&step.live) {
                    Some(controller) if round < MOST_STEPS && controller.is_workload(self.kinds) => {
                        up.push((step, controller));
                    }
                    _ => self.arrive(step, &mut tops),
                }
            }
            level = self.controllers(up, &mut tops).await;
        }
        tops.sort_by_key(|(at, _)| *at);
        let mut whole = Vec::new();
        for (_, live) in tops {
            // A stem that leads nowhere is looked at itself. It may be gone by now.
            match live.value.get("kind").is_some() {
                true => whole.push(live),
                false => whole.extend(self.server.get(&live.reference).await),
            }
        }
        whole
    }

    /// Whether an object that nobody runs, nobody known, comes for the first time.
    pub(super) fn is_new(&mut self, live: &Live) -> bool {
        let is_new = self.met.insert(live.uid().to_owned());
        if is_new {
            self.note_outside(live);
        }
        is_new
    }

    /// Note who runs an object and is not looked into.
    fn note_outside(&mut self, live: &Live) {
        // A node runs what stands in its own files: the pod says so itself.
        if let Some(Controller { api_version, kind, name, .. }) = Controller::of(live).filter(|it| it.kind != "Node") {
            let below = &live.reference;
            self.outside.push(format!("{below} is run by {kind} {name} ({api_version}), which is not looked into"));
        }
    }

    /// What was found out on the way: who was looked at instead of whom.
    pub(super) fn notes(self) -> Vec<String> {
        let mut notes = self.outside;
        if self.below.len() > MOST_TOLD {
            notes.push(format!("what was asked for is run by {} workloads: looking at those", self.below.len()));
            return notes;
        }
        notes.extend(self.below.into_iter().map(|(top, first, count)| match count {
            1 => format!("{first} is run by {top}: looking at that"),
            count => format!("{first} and {} more are run by {top}: looking at that", count - 1),
        }));
        notes
    }

    /// A step ends the climb.
    fn arrive(&mut self, step: Step, tops: &mut Vec<(usize, Live)>) {
        let Step { at, live, asked, count } = step;
        let name = live.reference.to_string();
        if name != asked {
            self.below.push((name, asked, count));
        }
        if self.is_new(&live) {
            tops.push((at, live));
        }
    }

    /// One step up, each controller once. One that cannot be had ends the climb of those below it.
    async fn controllers(&mut self, up: Vec<(Step, Controller)>, tops: &mut Vec<(usize, Live)>) -> Vec<Step> {
        let mut groups: Vec<(Controller, Vec<Step>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (step, controller) in up.into_iter().filter(|(_, controller)| !self.climbed.contains(&controller.uid)) {
            let place = *places.entry(controller.uid.clone()).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, steps)) => steps.push(step),
                None => groups.push((controller, vec![step])),
            }
        }
        let (server, discovery) = (self.server, self.discovery);
        let got: Vec<(Controller, Vec<Step>, Option<Live>)> = stream::iter(groups)
            .map(|(controller, steps)| async move {
                let namespace = steps.first().and_then(|step| step.live.reference.namespace.clone());
                let live = controller.get(server, discovery, namespace).await;
                (controller, steps, live)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut level = Vec::new();
        for (controller, steps, live) in got {
            self.climbed.insert(controller.uid.clone());
            let count = steps.iter().map(|step| step.count).sum();
            match live {
                Some(live) if live.uid() == controller.uid => {
                    level.extend(steps.into_iter().next().map(|first| Step { live, count, ..first }));
                }
                // It is gone, another one of that name is there, or it may not be read.
                _ => steps.into_iter().for_each(|step| self.arrive(step, tops)),
            }
        }
        level
    }
}

impl Controller {
    /// The object itself; `None` where it cannot be had.
    async fn get(&self, server: &Server, discovery: &Discovery, namespace: Option<String>) -> Option<Live> {
        let resource = discovery.of_kind(&self.api_version, &self.kind)?;
        let namespace = namespace.filter(|_| resource.namespaced);
        server.get(&Reference { resource, namespace, name: self.name.clone() }).await.ok()
    }
}

/// As much of an object as a climb needs.
pub(super) fn stem(live: Live) -> Live {
    let Live { reference, mut value } = live;
    let field =
        |value: &mut Value, field: &str| value.get_mut("metadata").and_then(|it| it.get_mut(field)).map(Value::take);
    let (uid, owners) = (field(&mut value, "uid"), field(&mut value, "ownerReferences"));
    Live { reference, value: json!({"metadata": {"uid": uid, "ownerReferences": owners}}) }
}
