//! Namespaces: those with an object of their own, and those that others state.

use super::labels::labels_at;
use super::{Labels, Object};
use std::collections::BTreeMap;

/// The label that every namespace has, with its name as value.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its labels; [`NAME_LABEL`] is always among them.
    pub labels: Labels,
    /// Whether the run holds its object. Otherwise it may have labels that nobody knows.
    pub declared: bool,
}

impl Namespace {
    /// One that only its name is known of.
    pub fn named(name: &str) -> Self {
        let labels = Labels::from([(NAME_LABEL.to_owned(), name.to_owned())]);
        Self { labels, declared: false }
    }
}

/// All namespaces that objects are in or are.
pub(super) fn all(objects: &[Object]) -> BTreeMap<String, Namespace> {
    let mut namespaces = BTreeMap::new();
    for object in objects {
        match &object.namespace {
            Some(name) => drop(namespaces.entry(name.clone()).or_insert_with(|| Namespace::named(name))),
            None if object.kind() == "Namespace" && object.group().is_empty() => {
                let mut labels = labels_at(&object.value, "/metadata/labels");
                labels.extend(Namespace::named(object.name()).labels);
                namespaces.insert(object.name().to_owned(), Namespace { labels, declared: true });
            }
            None => {}
        }
    }
    namespaces
}
