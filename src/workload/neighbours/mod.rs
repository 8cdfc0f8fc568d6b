//! What a workload has around it: the objects of the same run that say something about its pods.
//!
//! Their values are read once and kept only as far as a rule asks for them. Files of this folder read those of one kind.

mod autoscaler;
mod binding;
mod budget;
mod claim;
mod kept;
mod kustomization;
mod persistent;
mod remembered;
mod service;
mod workload;

pub use binding::{Grant, Through};
pub use claim::Claim;
pub(super) use kustomization::{API_VERSION as KUSTOMIZE_VERSION, KIND as KUSTOMIZATION};
pub use kustomization::{GROUP as KUSTOMIZE, ImageEntry, Kustomization, Listed};
pub use persistent::{GroupPolicy, Persistent};
use remembered::Remembered;
pub use service::Service;
pub(super) use workload::is_keels;

use super::{Identity, Object};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The manifest of what stands in none.
const OUTSIDE: usize = usize::MAX;

/// All neighbours of a run, those of each kind in the order they were read.
#[derive(Debug, Default)]
pub struct Neighbours {
    by_kind: HashMap<String, Kind>,
    workloads: Kind,
    kustomizations: Vec<Neighbour>,
    /// The first kustomization that names an image, by that name: a run may have a great many of both.
    named: HashMap<String, usize>,
    /// What the kustomizations list, by the index of their manifest.
    listed: BTreeMap<usize, Listed>,
    /// Kinds of which there may be some that nobody could read.
    unread: BTreeSet<String>,
    remembered: Remembered,
}

/// The neighbours of one kind, or the workloads: a run may have ten thousand of them, and as many workloads that ask.
#[derive(Debug, Default)]
struct Kind {
    all: Vec<Neighbour>,
    by_namespace: HashMap<Option<String>, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Services by a label that they select.
    by_pair: HashMap<String, Vec<usize>>,
}

/// An object that says something about workloads.
#[derive(Debug)]
pub struct Neighbour {
    /// Who it is.
    pub identity: Identity,
    /// Index of its manifest in the run.
    pub manifest: usize,
    /// Index of its document in the manifest.
    pub document: usize,
    /// JSON pointer of the object within its document.
    pub base: String,
    /// What is kept of it: see [`kept`]. Never what a Secret holds.
    pub value: Value,
    /// The values of it that Flux writes.
    pub marked: BTreeSet<String>,
}

impl Neighbours {
    /// Whether an object of this group and kind says something about workloads.
    pub(super) fn wants(group: &str, kind: &str) -> bool {
        kept::fields(group, kind).is_some()
    }

    /// Take what an object says.
    pub(super) fn add(&mut self, object: &Object, value: &Value) {
        let neighbour = |value| Neighbour {
            identity: object.identity.clone(),
            manifest: object.manifest,
            document: object.document,
            base: object.base.clone(),
            value,
            marked: object.marked.clone(),
        };
        if let Some(value) = kept::of(object.identity.group(), &object.identity.kind, value) {
            match object.identity.group() {
                KUSTOMIZE => self.add_kustomization(neighbour(value)),
                _ => self.by_kind.entry(object.identity.kind.clone()).or_default().add(neighbour(value)),
            }
        }
        if object.is_workload() {
            self.workloads.add(neighbour(workload::kept(value, &object.templates)));
        }
    }

    /// Add those of another part of the run.
    pub(super) fn extend(&mut self, other: Self) {
        for (kind, Kind { all, .. }) in other.by_kind {
            let kind = self.by_kind.entry(kind).or_default();
            all.into_iter().for_each(|one| kind.add(one));
        }
        other.workloads.all.into_iter().for_each(|one| self.workloads.add(one));
        other.kustomizations.into_iter().for_each(|one| self.add_kustomization(one));
    }

    /// Take what an object of a cluster says that is no part of the run: nothing in it can be changed.
    pub fn add_outside(&mut self, identity: Identity, value: &Value) {
        self.add(&Object::other(OUTSIDE, 0, String::new(), identity), value);
    }

    /// Add those that stand around the run. Who is part of the run counts as it is there.
    pub fn surround(&mut self, around: Self) {
        self.unread.extend(around.unread);
        for (name, Kind { all, .. }) in around.by_kind {
            let kind = self.by_kind.entry(name).or_default();
            let known: HashSet<Identity> = kind.all.iter().map(|one| one.identity.clone()).collect();
            all.into_iter().filter(|one| !known.contains(&one.identity)).for_each(|one| kind.add(one));
        }
    }

    /// Note that objects of a kind could not be read: that there is none does not mean that there is none.
    pub fn leave_out(&mut self, kind: &str) {
        self.unread.insert(kind.to_owned());
    }

    /// Whether objects of a kind could not be read.
    pub fn lacks(&self, kind: &str) -> bool {
        self.unread.contains(kind)
    }

    /// Those of a kind, whatever their namespace.
    pub fn of_kind(&self, kind: &str) -> &[Neighbour] {
        self.by_kind.get(kind).map(|kind| kind.all.as_slice()).unwrap_or_default()
    }

    /// Those of a kind in a namespace. A manifest that states none is applied where its neighbour is.
    pub fn beside<'n>(&'n self, kind: &str, namespace: Option<&str>) -> impl Iterator<Item = &'n Neighbour> + use<'n> {
        let kind = self.by_kind.get(kind);
        let within = |namespace: Option<&str>| {
            let places = kind.and_then(|kind| kind.by_namespace.get(&namespace.map(str::to_owned)));
            places.into_iter().flatten().copied()
        };
        let mut places: Vec<usize> = match namespace {
            None => (0..kind.map_or(0, |kind| kind.all.len())).collect(),
            Some(_) => within(namespace).chain(within(None)).collect(),
        };
        places.sort_unstable();
        places.into_iter().filter_map(move |at| kind?.all.get(at))
    }

    /// Those of a kind and name in a namespace.
    pub fn named<'n>(
        &'n self,
        kind: &str,
        namespace: Option<&'n str>,
        name: &str,
    ) -> impl Iterator<Item = &'n Neighbour> + use<'n> {
        let kind = self.by_kind.get(kind);
        let places = kind.and_then(|kind| kind.by_name.get(name)).into_iter().flatten();
        places.filter_map(move |at| kind?.all.get(*at)).filter(move |one| one.is_in(namespace))
    }
}

impl Kind {
    fn add(&mut self, one: Neighbour) {
        let at = self.all.len();
        self.by_namespace.entry(one.identity.namespace.clone()).or_default().push(at);
        self.by_name.entry(one.identity.name.clone()).or_default().push(at);
        if one.identity.kind == "Service"
            && let Some(pair) = service::selector_pair(&one)
        {
            self.by_pair.entry(pair).or_default().push(at);
        }
        self.all.push(one);
    }
}

impl Neighbour {
    /// Whether it may be in this namespace.
    pub fn is_in(&self, namespace: Option<&str>) -> bool {
        let own = self.identity.namespace.as_deref();
        own.is_none() || namespace.is_none() || own == namespace
    }

    /// The value at a JSON pointer of what is kept.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The string at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).and_then(Value::as_str)
    }

    /// The items of the list at a JSON pointer; none where there is no list.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The neighbours among these objects, each `{apiVersion, kind, ...}`.
    pub(super) fn neighbours(values: &[Value]) -> Neighbours {
        let mut neighbours = Neighbours::default();
        for value in values {
            let text = |key: &str| value[key].as_str().unwrap_or("v1").to_owned();
            let identity = Identity::of(text("apiVersion"), text("kind"), value);
            let mut object = Object::other(0, 0, String::new(), identity);
            if object.identity.kind == "Pod" {
                object.templates = vec![String::new()];
            }
            neighbours.add(&object, value);
        }
        neighbours
    }

    #[test]
    fn those_of_another_namespace_or_group_do_not_count() {
        let quota =
            |namespace: Value| json!({"kind": "ResourceQuota", "metadata": {"name": "q", "namespace": namespace}});
        let other = json!({"apiVersion": "example.com/v1", "kind": "ResourceQuota", "metadata": {"name": "q"}});
        let all = neighbours(&[quota(json!("shop")), quota(json!("other")), quota(json!(null)), other]);
        assert_eq!(all.beside("ResourceQuota", Some("shop")).count(), 2);
        assert_eq!(all.beside("ResourceQuota", None).count(), 3);
        assert_eq!(all.beside("LimitRange", None).count(), 0);
    }

    #[test]
    fn nothing_is_kept_of_what_a_secret_holds() {
        let secret = json!({"kind": "Secret", "metadata": {"name": "s", "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": "canary-1"}}, "type": "Opaque",
            "data": {"a": "canary-2"}, "stringData": {"b": "canary-3"}});
        let all = neighbours(&[secret]);
        assert!(!format!("{all:?}").contains("canary"));
        assert_eq!(all.beside("Secret", None).next().unwrap().value["keys"], json!(["a", "b"]));
    }
}
