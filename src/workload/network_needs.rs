//! What the NetworkPolicies of a run lack, told by the objects that lack it: it takes all of them together to find out, so it
//! is known before the first rule runs.

use super::{Identity, Object};
use serde_json::Value;
use std::collections::HashMap;

/// What is lacking, by the object at which it is told.
#[derive(Debug, Default)]
pub struct NetworkNeeds {
    by_object: HashMap<(usize, usize, String), NetworkNeed>,
}

/// What one namespace lacks.
#[derive(Debug, Clone)]
pub struct NetworkNeed {
    /// What is wrong, a sentence without a full stop.
    pub reason: String,
    /// What mends it; the error says what a person has to decide.
    pub answer: Result<NetworkMend, String>,
}

/// What mends the policies of a namespace, all of it or none.
#[derive(Debug, Clone)]
pub struct NetworkMend {
    /// Whether nothing else is known to need its pods: the input is a whole, or somebody has said so.
    pub is_likely: bool,
    /// What speaks for it.
    pub evidence: String,
    /// What becomes of files.
    pub files: Vec<PolicyFile>,
    /// What has to be set in other objects.
    pub fields: Vec<NeededField>,
}

/// What becomes of the policies in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its index among those of the run that policies are put into.
    pub home: usize,
    /// Its name.
    pub name: String,
    /// Index of its manifest; `None` for a new one.
    pub manifest: Option<usize>,
    /// Policies that are new.
    pub added: Vec<Value>,
    /// Policies that are there and no longer fit, as they should be.
    pub changed: Vec<Value>,
    /// Policies that nothing needs any more.
    pub dropped: Vec<Identity>,
}

/// A value that an object of the run has to have.
#[derive(Debug, Clone)]
pub struct NeededField {
    /// Index of its manifest.
    pub manifest: usize,
    /// Index of its document in the manifest.
    pub document: usize,
    /// JSON pointer of the object within its document.
    pub base: String,
    /// JSON pointer within the object.
    pub pointer: String,
    /// The value.
    pub value: Value,
    /// What for.
    pub evidence: String,
}

impl NetworkNeeds {
    /// Tell something at an object.
    pub fn add(&mut self, object: &Object, need: NetworkNeed) {
        self.by_object.insert((object.manifest, object.document, object.base.clone()), need);
    }

    /// What is told at an object.
    pub fn of(&self, object: &Object) -> Option<&NetworkNeed> {
        if self.by_object.is_empty() {
            return None;
        }
        self.by_object.get(&(object.manifest, object.document, object.base.clone()))
    }
}

impl PolicyFile {
    /// How many policies it concerns.
    pub fn len(&self) -> usize {
        self.added.len() + self.changed.len() + self.dropped.len()
    }

    /// Whether nothing becomes of it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
