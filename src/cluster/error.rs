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

    /// Whether another object has that name.
    pub fn is_taken(&self) -> bool {
        self.code() == 409 && self.status().is_some_and(|status| status.reason == "AlreadyExists")
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

impl Status {
    /// The answer that a body holds. One that is no `Status`, of a proxy for example, gets the reason and the words that
    /// client-go gives it.
    pub(super) fn of(code: u16, body: &[u8]) -> Self {
        let mut status: Self = serde_json::from_slice(body).unwrap_or_default();
        status.code = code;
        if !status.message.is_empty() || !status.reason.is_empty() {
            return status;
        }
        let said: String = String::from_utf8_lossy(body).trim().chars().take(200).collect();
        let (reason, message) = match code {
            401 => ("Unauthorized", "the server has asked for the client to provide credentials".to_owned()),
            403 => ("Forbidden", said),
            404 => ("NotFound", "the server could not find the requested resource".to_owned()),
            406 => ("NotAcceptable", said),
            415 => ("UnsupportedMediaType", said),
            429 => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later".to_owned(),
            ),
            503 => ("ServiceUnavailable", "the server is currently unable to handle the request".to_owned()),
            504 => (
                "Timeout",
                format!(
                    "the server was unable to return a response in the time allotted, but may still be processing the request: {said}"
                ),
            ),
            _ => (
                "InternalError",
                format!("an error on the server ({said:?}) has prevented the request from succeeding"),
            ),
        };
        Self { reason: reason.to_owned(), message, ..status }
    }
}

impl fmt::Display for Status {
    /// As kubectl puts it: `Error from server (Forbidden): ...`, and what is wrong with an object as bullets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => write!(out, "Error from server: {}", self.message),
            "Unauthorized" => write!(out, "You must be logged in to the server ({})", self.message),
            "Invalid" => self.invalid(out),
            reason => write!(out, "Error from server ({reason}): {}", self.message),
        }
    }
}

impl Status {
    fn invalid(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { kind, name, causes, .. } = &self.details;
        match (kind.is_empty() && name.is_empty(), causes.is_empty()) {
            (false, _) => write!(out, "The {kind} {name:?} is invalid")?,
            (true, true) => return write!(out, "The request is invalid: {}", self.message),
            (true, false) => write!(out, "The request is invalid")?,
        }
        let mut lines: Vec<String> = Vec::new();
        for Cause { field, message, .. } in causes {
            let line = format!("{field}: {message}");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        match lines.as_slice() {
            [] => Ok(()),
            [only] => write!(out, ": {only}"),
            many => write!(out, ": \n* {}", many.join("\n* ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn says(status: serde_json::Value) -> String {
        Status::of(422, status.to_string().as_bytes()).to_string()
    }

    #[test]
    fn sentences_are_those_of_kubectl() {
        let cause = |field: &str| json!({"field": field, "message": "Invalid value"});
        let invalid = |causes: &[serde_json::Value]| json!({"reason": "Invalid", "message": "m", "details": {"kind": "Deployment", "name": "web", "causes": causes}});
        assert_eq!(says(invalid(&[cause("a")])), "The Deployment \"web\" is invalid: a: Invalid value");
        assert_eq!(
            says(invalid(&[cause("a"), cause("b"), cause("a")])),
            "The Deployment \"web\" is invalid: \n* a: Invalid value\n* b: Invalid value"
        );
        assert_eq!(says(invalid(&[])), "The Deployment \"web\" is invalid");
        assert_eq!(says(json!({"reason": "Forbidden", "message": "no"})), "Error from server (Forbidden): no");
        assert_eq!(
            says(json!({"reason": "Unauthorized", "message": "Unauthorized"})),
            "You must be logged in to the server (Unauthorized)"
        );
        assert_eq!(
            Status::of(502, b"<html>").to_string(),
            "Error from server (InternalError): an error on the server (\"<html>\") has prevented the request from succeeding"
        );
    }
}
