//! What was gathered.

use super::file::Fingerprint;
use super::{LiveOrigin, Origin};
use crate::manifest::{Position, Stream};
use std::path::PathBuf;

/// Everything a run read, each list in the order the user named things.
#[derive(Debug, Default)]
pub struct Gathered {
    /// What was read and is needed.
    pub manifests: Vec<Manifest>,
    /// What is not for us, and why.
    pub skipped: Vec<Skipped>,
    /// What cannot be used, and why. The run then ends with exit code 2.
    pub refused: Vec<Refused>,
    /// The manifests that were read and that the caller does not need.
    pub other_manifests: Vec<Origin>,
    /// The documents in those.
    pub other_documents: usize,
}

/// One text that was read, parsed.
#[derive(Debug)]
pub struct Manifest {
    /// Where it was read.
    pub origin: Origin,
    /// Its text and documents.
    pub stream: Stream,
    /// What the file was like when it was read; `None` for what cannot be written back, and for a new file.
    pub(super) fingerprint: Option<Fingerprint>,
    /// Whether it is not there yet.
    pub is_new: bool,
}

impl Manifest {
    /// A manifest that did not come from [`gather`](super::gather) and cannot be written back.
    pub fn detached(origin: Origin, stream: Stream) -> Self {
        Self { origin, stream, fingerprint: None, is_new: false }
    }

    /// Objects of a cluster that are not there yet. `stream` is empty.
    pub fn new_live(origin: LiveOrigin, stream: Stream) -> Self {
        Self { origin: Origin::Live(origin), stream, fingerprint: None, is_new: true }
    }

    /// A file that is not there yet. `stream` is empty.
    pub fn new_file(path: PathBuf, stream: Stream) -> Self {
        Self { origin: Origin::File(path), stream, fingerprint: None, is_new: true }
    }
}

/// A text that is not for us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where it was read.
    pub origin: Origin,
    /// Why, a few words.
    pub why: String,
}

/// Something that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where it is.
    pub origin: Origin,
    /// The place in its text, if it is about one.
    pub position: Option<Position>,
    /// What is wrong and what to do, without a full stop.
    pub message: String,
}

impl Refused {
    /// About the whole of something.
    pub(super) fn new(origin: &Origin, message: impl Into<String>) -> Self {
        Self { origin: origin.clone(), position: None, message: message.into() }
    }
}
