//! The lines of a run's file.

use super::{Changed, Fate, Kept, Pen};
use crate::cluster::{Reference, Resource};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The version of the format. A file of a higher one is not read.
pub(super) const FORMAT: u32 = 1;

/// One step of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(super) enum Line {
    /// The run begins: the first line.
    Run(Head),
    /// An object is about to be changed.
    Intend(Box<Intent>),
    /// It was changed.
    Wrote(Wrote),
    /// It is known what became of it.
    Settle(Settle),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    pub(super) format: u32,
    /// The tool's version.
    pub(super) version: String,
    pub(super) run: String,
    pub(super) time: jiff::Timestamp,
    pub(super) profile: String,
    /// The server's address.
    pub(super) server: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Intent {
    /// Counts the objects of a run, from 0; the later steps name it.
    pub(super) number: usize,
    pub(super) object: Object,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) generation: u64,
    /// The rollout's revision before: what `kubectl rollout undo --to-revision` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revision: Option<String>,
    pub(super) pen: Pen,
    /// The mark of the run before, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<String>,
    pub(super) changes: Vec<Changed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wrote {
    pub(super) number: usize,
    pub(super) uid: String,
    pub(super) resource_version: String,
    pub(super) generation: u64,
    /// What the server made of values, by their index among the changes, where that is something else.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stored: Vec<(usize, Kept)>,
    /// The changes, by their index, that others asked for as well by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shared: Vec<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settle {
    pub(super) number: usize,
    pub(super) time: jiff::Timestamp,
    pub(super) fate: Fate,
}

/// Which object, and where it is served.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    group: String,
    version: String,
    kind: String,
    plural: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    name: String,
}

impl From<&Reference> for Object {
    fn from(reference: &Reference) -> Self {
        let Resource { group, version, kind, plural, .. } = (*reference.resource).clone();
        Self { group, version, kind, plural, namespace: reference.namespace.clone(), name: reference.name.clone() }
    }
}

impl From<Object> for Reference {
    fn from(object: Object) -> Self {
        let Object { group, version, kind, plural, namespace, name } = object;
        let resource = Resource::builtin(&group, &version, &kind, &plural, namespace.is_some());
        Self { resource: Arc::new(resource), namespace, name }
    }
}
