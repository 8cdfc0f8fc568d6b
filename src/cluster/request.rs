//! What is asked of a server beside the path.

use super::Live;
use json_patch::PatchOperation;
use serde_json::{Value, json};

/// Which objects of a resource.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    /// Label selector, as kubectl's `-l`; empty for all.
    pub labels: String,
    /// Field selector; empty for all.
    pub fields: String,
    /// How many at a time; 0 for all at once.
    pub chunk: u32,
}

/// Whether a write is only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DryRun {
    /// Done.
    #[default]
    No,
    /// The server does everything but store it.
    Server,
}

/// How a write is done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Write<'w> {
    /// Whether it is only tried.
    pub dry_run: DryRun,
    /// Take fields of other managers over. For [`Patch::Apply`] alone.
    pub force: bool,
    /// Who writes; [`FIELD_MANAGER`](super::FIELD_MANAGER) where `None`.
    pub manager: Option<&'w str>,
}

/// A change of one object.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch {
    /// A list of operations, RFC 6902.
    Json(Value),
    /// A merge patch, RFC 7386.
    Merge(Value),
    /// A strategic merge patch; custom resources take none.
    Strategic(Value),
    /// The whole of what our manager wants: server-side apply.
    Apply(Value),
}

/// Which part of a container's log.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogOptions {
    /// Of the container's run before this one.
    pub previous: bool,
    /// At most this many lines, the last ones; all where `None`.
    pub tail: Option<u32>,
    /// At most this many bytes; all where `None`.
    pub bytes: Option<u32>,
    /// The lines of the last so many seconds; all where `None`.
    pub since: Option<u32>,
}

impl Patch {
    /// Operations that hold for the object as it was read, and for no later one: whatever it has become since, the server
    /// answers 409 to the first of them.
    pub(crate) fn locked(live: &Live, operations: impl IntoIterator<Item = PatchOperation>) -> Self {
        let lock = json!({"op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version()});
        Self::Json(std::iter::once(lock).chain(operations.into_iter().map(|operation| json!(operation))).collect())
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json-patch+json",
            Self::Merge(_) => "application/merge-patch+json",
            Self::Strategic(_) => "application/strategic-merge-patch+json",
            // JSON is YAML.
            Self::Apply(_) => "application/apply-patch+yaml",
        }
    }

    pub(super) fn body(&self) -> &Value {
        match self {
            Self::Json(body) | Self::Merge(body) | Self::Strategic(body) | Self::Apply(body) => body,
        }
    }
}
