//! What a server, or the way to it, may answer, in kubectl's sentences.

use serde::Deserialize;
use std::fmt;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server refused, and says why.
    #[error("{0}")]
    Status(Box<Status>),
    /// There is no answer: connection refused, no such host, TLS, a time limit.
    #[error("{why}")]
    Unreachable {
        /// What went wrong, as a sentence without a full stop.
        why: String,
    },
    /// The configuration cannot be used, or an answer makes no sense.
    #[error("{0}")]
    Other(String),
}

/// The server's answer to a request that failed: `meta/v1 Status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Status {
    /// The HTTP status code.
    pub code: u16,
    /// A word, such as `Forbidden`, `NotFound`, `Conflict`, `Invalid`; may be empty.
    pub reason: String,
    /// What a person should know.
    pub message: String,
    /// More about it.
    pub details: Details,
}

/// What the answer is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// The object's name.
    pub name: String,
    /// Its kind, or its resource.
    pub kind: String,
    /// The single causes.
    pub causes: Vec<Cause>,
    /// Seconds after which the request may be sent again.
    pub retry_after_seconds: u64,
}

/// One cause of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Cause {
    /// A word, such as `FieldManagerConflict`.
    pub reason: String,
    /// What a person should know.
    pub message: String,
    /// The field, as `.spec.template.spec.containers[name="web"].image`.
    pub field: String,
}

impl Error {
    /// The server's answer, if there is one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Status(status) => Some(status),
            Self::Unreachable { .. } | Self::Other(_) => None,
        }
    }

    /// The HTTP status code of the answer; 0 where there is none.
    pub fn code(&self) -> u16 {
        self.status().map_or(0, |status| status.code)
    }

    /// Whether the object or the resource is not there.
    pub fn is_not_found(&self) -> bool {
        self.code() == 404
    }

    /// Whether the user may not do that.
    pub fn is_forbidden(&self) -> bool {
        self.code() == 403
    }

    /// Whether other managers own what was to be changed: their names stand in the causes. A stale `resourceVersion` is
    /// the same code without such causes: [`Self::is_stale`].
    pub fn is_manager_conflict(&self) -> bool {
        let conflict = |cause: &Cause| cause.reason == "FieldManagerConflict";
        self.code() == 409 && self.status().is_some_and(|status| status.details.causes.iter().any(conflict))
    }

    /// Whether the object has changed since it was read.
    pub fn is_stale(&self) -> bool {
        self.code() == 409 && !self.is_manager_conflict()
    }

    /// Whether the way to the server is lost, or the server for the moment: worth another try.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. }) || matches!(self.code(), 429 | 500 | 502..=504)
    }
}

impl fmt::Display for Status {
    /// As kubectl puts it: `Error from server (Forbidden): ...`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => write!(out, "Error from server: {}", self.message),
            reason => write!(out, "Error from server ({reason}): {}", self.message),
        }
    }
}
