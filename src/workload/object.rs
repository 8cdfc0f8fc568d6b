//! An object: who it is, where it was read, what it holds.

use serde_json::Value;
use std::fmt;

/// Who an object is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// `apiVersion` as it stands, such as `apps/v1`.
    pub api_version: String,
    /// `kind` as it stands.
    pub kind: String,
    /// `metadata.namespace`, if stated.
    pub namespace: Option<String>,
    /// `metadata.name`, or `metadata.generateName` when there is no name; may be empty.
    pub name: String,
}

impl Identity {
    /// The identity of an object with this apiVersion and kind, named as its metadata says.
    pub fn of(api_version: String, kind: String, value: &Value) -> Self {
        let stated = |key: &str| value.get("metadata")?.get(key)?.as_str().filter(|text| !text.is_empty());
        Self {
            api_version,
            kind,
            namespace: stated("namespace").map(str::to_owned),
            name: stated("name").or(stated("generateName")).unwrap_or_default().to_owned(),
        }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        Self::group_of(&self.api_version)
    }

    /// The API group of an apiVersion; empty for the core group.
    pub(super) fn group_of(api_version: &str) -> &str {
        api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

impl fmt::Display for Identity {
    /// `Deployment shop/web`, or `Deployment web` where the manifest states no namespace.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(out, "{} {namespace}/{}", self.kind, self.name),
            None => write!(out, "{} {}", self.kind, self.name),
        }
    }
}

/// One object of a run.
#[derive(Debug, Clone)]
pub struct Object {
    /// Index of its manifest in the run.
    pub manifest: usize,
    /// Index of its document in the manifest.
    pub document: usize,
    /// JSON pointer of the object within its document: `""`, or `/items/3` in a List.
    pub base: String,
    /// Who it is.
    pub identity: Identity,
    /// What it holds.
    pub value: Value,
    /// JSON pointers of its pod templates, from the object's root. Never empty for a workload.
    pub templates: Vec<String>,
}

impl Object {
    /// A string entry of `metadata.labels` or `metadata.annotations`.
    pub fn metadata(&self, section: &str, key: &str) -> Option<&str> {
        self.value.get("metadata")?.get(section)?.get(key)?.as_str()
    }

    /// Whether it holds a pod template.
    pub fn is_workload(&self) -> bool {
        !self.templates.is_empty()
    }
}
