//! YAML and JSON text: read as kubectl reads it, change a value without touching anything else.
//!
//! [`Stream`] is the text of one file with the spanned tree of each of its documents. [`splice`] takes the value that
//! documents should have and returns the new text, or a [`Refusal`] when that cannot be done without harm.

mod breaks;
mod cursor;
mod document;
mod fresh;
mod lenient;
mod parse;
mod part;
mod place;
mod position;
mod resolve;
mod second;
mod splice;
mod stream;
mod template;
mod tree;
mod value;
mod verify;

pub use document::Document;
pub use part::Part;
pub use position::Position;
pub use splice::{Change, Splicer, splice};
pub use stream::{Opened, Stream};

use stream::Doc;

/// Why a text cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct ReadError {
    /// Where the reader gave up.
    pub position: Position,
    /// What is wrong, in the field's words, and what to do.
    pub message: String,
    /// The text is a Go template (a Helm chart's file), not a manifest.
    pub template: bool,
}

/// Why a text that could be read cannot be changed as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct Refusal {
    /// The place that stands in the way.
    pub position: Position,
    /// What is wrong and what to do.
    pub message: String,
}
