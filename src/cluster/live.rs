//! A live object, and how it is named.

use super::Resource;
use crate::workload::Identity;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Which object of a cluster. `Display` is kubectl's `deployment.apps/web`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// Where the server serves it.
    pub resource: Arc<Resource>,
    /// Its namespace; `None` for what stands in none.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// An object as the server gave it.
#[derive(Debug, Clone)]
pub struct Live {
    /// Which one.
    pub reference: Reference,
    /// All of it.
    pub value: Value,
}

impl Reference {
    /// The object of this resource with the name and namespace in `value`.
    pub fn of(resource: &Arc<Resource>, value: &Value) -> Self {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Self {
            resource: Arc::clone(resource),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").unwrap_or_default(),
        }
    }

    /// Who it is, as manifests put it.
    pub fn identity(&self) -> Identity {
        Identity {
            api_version: self.resource.api_version(),
            kind: self.resource.kind.clone(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        }
    }
}

impl PartialEq for Reference {
    /// Whether both name the same object. What else is known of its resource does not count: discovery tells more of it than
    /// a table or a journal.
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (&self.resource, &other.resource);
        let same_resource = own.group == others.group && own.plural == others.plural;
        same_resource && self.namespace == other.namespace && self.name == other.name
    }
}

impl Eq for Reference {}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Resource { group, kind, .. } = &*self.resource;
        let kind = kind.to_lowercase();
        match group.as_str() {
            "" => write!(out, "{kind}/{}", self.name),
            group => write!(out, "{kind}.{group}/{}", self.name),
        }
    }
}

impl Live {
    /// An object of this resource.
    pub fn new(resource: &Arc<Resource>, value: Value) -> Self {
        Self { reference: Reference::of(resource, &value), value }
    }

    /// `metadata.uid`: another object of the same name has another one.
    pub fn uid(&self) -> &str {
        self.metadata("uid")
    }

    /// `metadata.resourceVersion`: any change makes it another one.
    pub fn resource_version(&self) -> &str {
        self.metadata("resourceVersion")
    }

    /// `metadata.generation`: a change of what is asked for makes it another one, a change of the status does not; 0 where
    /// the kind counts none.
    pub fn generation(&self) -> u64 {
        self.value.pointer("/metadata/generation").and_then(Value::as_u64).unwrap_or_default()
    }

    fn metadata(&self, field: &str) -> &str {
        let metadata = self.value.get("metadata").and_then(|metadata| metadata.get(field));
        metadata.and_then(Value::as_str).unwrap_or_default()
    }
}
