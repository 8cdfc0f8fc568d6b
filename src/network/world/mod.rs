//! The world that policies are about: workloads, and every object that says something about their traffic.

mod index;
mod kinds;
mod labels;
mod lean;
mod namespace;
mod object;
mod owner;
mod service;
#[cfg(test)]
pub(crate) mod tests;
mod workload;

pub(in crate::network) use index::Index;
pub use kinds::{TrafficKind, traffic_kind, wants};
pub use labels::Labels;
pub(in crate::network) use labels::labels_at;
pub use lean::lean;
pub(in crate::network) use lean::lean_template;
pub use namespace::{NAME_LABEL, Namespace};
pub use object::{DEFAULT_NAMESPACE, Object};
pub use service::{Service, ServicePort, Target};
pub use workload::{ContainerPort, Workload};

use crate::workload::{Identity, KindTable};
use owner::Owner;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

/// Namespace, group, kind, name: of several objects with one key the last one counts.
type Key = (Option<String>, String, String, String);

/// Everything in a run that has to do with traffic.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// The objects, in the order of their groups, kinds, namespaces and names.
    pub objects: Vec<Object>,
    /// Objects that a later one of the same name replaces, in the order they were read.
    pub replaced: Vec<Object>,
    /// The workloads, in the order of their namespaces, names and kinds.
    pub workloads: Vec<Workload>,
    /// The namespaces, by their names.
    pub namespaces: BTreeMap<String, Namespace>,
    /// Kinds of which there may be more than was read.
    pub unread: BTreeSet<String>,
    places: HashMap<Key, usize>,
}

impl World {
    /// The world of these objects, in the order they were read. `kinds` says where workloads have their templates.
    pub fn of(objects: impl IntoIterator<Item = (Identity, Value)>, kinds: &KindTable) -> Self {
        let mut by_key: BTreeMap<_, Object> = BTreeMap::new();
        let mut replaced = Vec::new();
        for (input, (identity, value)) in objects.into_iter().enumerate() {
            if !kinds::matters(&identity, kinds) {
                continue;
            }
            // Every object with a generated name is one of its own.
            let generated = value.pointer("/metadata/name").and_then(Value::as_str).is_none_or(str::is_empty);
            let object = Object::new(identity, value, input);
            let order = (
                object.group().to_owned(),
                object.kind().to_owned(),
                object.namespace.clone(),
                object.name().to_owned(),
                generated.then_some(input),
            );
            replaced.extend(by_key.insert(order, object));
        }
        let objects: Vec<Object> = by_key.into_values().collect();
        replaced.sort_by_key(|object| object.input);
        let key = |object: &Object| {
            let (group, kind, name) = (object.group().to_owned(), object.kind().to_owned(), object.name().to_owned());
            (object.namespace.clone(), group, kind, name)
        };
        let places = objects.iter().enumerate().map(|(at, object)| (key(object), at)).collect();
        let namespaces = namespace::all(&objects);
        let (workloads, unread) = Default::default();
        let mut world = Self { objects, replaced, workloads, namespaces, unread, places };
        world.workloads = world.all_workloads(kinds);
        world
    }

    /// The same, where there may be more objects of these kinds than were read.
    pub fn lacking(mut self, kinds: BTreeSet<String>) -> Self {
        self.unread = kinds;
        self
    }

    /// The object of this name; `None` for the namespace of kinds of the whole cluster, and an empty group for the core one.
    pub fn find(&self, namespace: Option<&str>, group: &str, kind: &str, name: &str) -> Option<&Object> {
        self.place(namespace, group, kind, name).map(|at| &self.objects[at])
    }

    /// All objects of a kind, in the order of their namespaces and names.
    pub fn of_kind(&self, group: &str, kind: &str) -> impl Iterator<Item = &Object> {
        let before = |object: &Object| (object.group(), object.kind()) < (group, kind);
        let until = |object: &Object| (object.group(), object.kind()) <= (group, kind);
        let (first, last) = (self.objects.partition_point(before), self.objects.partition_point(until));
        self.objects[first..last].iter()
    }

    /// The template of a workload: a mapping with `metadata` and `spec`.
    pub fn template(&self, workload: &Workload) -> &Value {
        self.objects[workload.object].value.pointer(&workload.template).unwrap_or(&Value::Null)
    }

    /// What a controller says its pods are: `spec.selector` of its object; `None` for Pods, Jobs and whoever states none.
    pub fn selector(&self, workload: &Workload) -> Option<&Value> {
        self.objects[workload.object].at("/spec/selector").filter(|_| !workload.template.is_empty())
    }

    /// The places of a namespace's workloads in [`World::workloads`].
    pub fn workloads_in(&self, namespace: &str) -> Range<usize> {
        let first = self.workloads.partition_point(|workload| workload.namespace.as_str() < namespace);
        let last = self.workloads.partition_point(|workload| workload.namespace.as_str() <= namespace);
        first..last
    }

    fn place(&self, namespace: Option<&str>, group: &str, kind: &str, name: &str) -> Option<usize> {
        let group = kinds::group_known(group, kind);
        self.places.get(&(namespace.map(str::to_owned), group.to_owned(), kind.to_owned(), name.to_owned())).copied()
    }

    /// The workloads of all objects that run pods; those that others own stand for their owners.
    fn all_workloads(&self, kinds: &KindTable) -> Vec<Workload> {
        let find = |namespace: Option<&str>, group: &str, kind: &str, name: &str| {
            self.place(namespace, group, kind, name).or_else(|| self.place(None, group, kind, name))
        };
        let mut workloads: BTreeMap<_, Workload> = BTreeMap::new();
        let mut owned = Vec::new();
        for (at, object) in self.objects.iter().enumerate() {
            let templates = match kinds::runs_pods(object.kind()) {
                true => kinds.templates(object.identity.group(), object.kind(), &object.value),
                false => continue,
            };
            match owner::topmost(object, &self.objects, find) {
                Some(owner) => owned.push((at, owner, templates)),
                None => {
                    let (several, owner) = (templates.len() > 1, (object.kind(), object.name()));
                    for template in templates {
                        let part = if several { template.clone() } else { String::new() };
                        self.add(&mut workloads, at, owner, template, part);
                    }
                }
            }
        }
        for (at, Owner { kind, name, object }, templates) in owned {
            let namespace = self.objects[at].namespace.clone().unwrap_or_default();
            let with_templates = object.is_some_and(|owner| {
                let owner = &self.objects[owner];
                !kinds.templates(owner.identity.group(), owner.kind(), &owner.value).is_empty()
            });
            if with_templates {
                let first = (namespace.clone(), name.clone(), kind.clone(), String::new());
                let theirs = workloads
                    .range_mut(first..)
                    .take_while(|((in_, named, of, _), _)| (in_, named, of) == (&namespace, &name, &kind));
                theirs.for_each(|(_, workload)| self.compare(workload, at, &templates));
                continue;
            }
            // Several pods of an owner that is not part of the run.
            for template in templates {
                let key = (namespace.clone(), name.clone(), kind.clone(), String::new());
                match workloads.get_mut(&key) {
                    Some(known) => self.compare(known, at, std::slice::from_ref(&template)),
                    None => self.add(&mut workloads, at, (&kind, &name), template, String::new()),
                }
            }
        }
        workloads.into_values().collect()
    }

    fn add(
        &self,
        workloads: &mut BTreeMap<(String, String, String, String), Workload>,
        at: usize,
        (kind, name): (&str, &str),
        template: String,
        part: String,
    ) {
        let object = &self.objects[at];
        let namespace = object.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE);
        // Objects with generated names may have the same one.
        let mut order = (namespace.to_owned(), name.to_owned(), kind.to_owned(), part.clone());
        while workloads.contains_key(&order) {
            order.3.push('\u{0}');
        }
        let workload = workload::of_template((namespace, kind, name), (at, &object.value), (template, part));
        workloads.insert(order, workload);
    }

    /// Note where a pod of a workload has other labels than the rest of it.
    fn compare(&self, workload: &mut Workload, pod: usize, templates: &[String]) {
        // The templates of whoever is in between are those of the owner; only Pods are what they are.
        if self.objects[pod].kind() != "Pod" {
            return;
        }
        for template in templates {
            let labels = labels::labels_at(&self.objects[pod].value, &format!("{template}/metadata/labels"));
            let differs = |key: &&String| workload.labels.get(*key) != labels.get(*key);
            let keys = workload.labels.keys().chain(labels.keys());
            let keys: Vec<String> =
                keys.filter(differs).filter(|key| !workload.varying.contains(*key)).cloned().collect();
            keys.iter().for_each(|key| drop(workload.labels.remove(key)));
            workload.varying.extend(keys);
            workload.varying.dedup();
        }
    }
}
