//! YAML and JSON text: read as kubectl reads it, change a value without touching anything else.
//!
//! [`Stream`] is the text of one file with the spanned tree of each of its documents. [`splice`] takes the value that
//! documents should have and returns the new text, or a [`Refusal`] when that cannot be done without harm.

mod position;

pub use position::Position;

use serde_json::Value;
use std::ops::Range;

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

/// The text of one file, its documents parsed. Owns everything it shows.
#[derive(Debug)]
pub struct Stream {
    text: String,
}

impl Stream {
    /// Parse a text. `Err` names the first place that is not YAML.
    pub fn read(text: String) -> Result<Self, ReadError> {
        Ok(Self { text })
    }

    /// The text as it was read, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of documents, empty ones included.
    pub fn len(&self) -> usize {
        0
    }

    /// Whether there is no document at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The documents in their order.
    pub fn documents(&self) -> impl Iterator<Item = Document<'_>> {
        (0..self.len()).map(|index| Document { stream: self, index })
    }

    /// The document at `index`, counted from 0.
    pub fn document(&self, index: usize) -> Option<Document<'_>> {
        (index < self.len()).then_some(Document { stream: self, index })
    }

    /// Line and column (both from 1, columns in characters) of a byte offset.
    pub fn position(&self, offset: usize) -> Position {
        Position::of(&self.text, offset)
    }
}

/// One document of a [`Stream`].
#[derive(Debug, Clone, Copy)]
pub struct Document<'s> {
    stream: &'s Stream,
    index: usize,
}

impl<'s> Document<'s> {
    /// Its place in the stream, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The stream it belongs to.
    pub fn stream(&self) -> &'s Stream {
        self.stream
    }

    /// The value kubectl would see: YAML 1.1 scalars, aliases and merge keys expanded.
    pub fn value(&self) -> Result<Value, Refusal> {
        Ok(Value::Null)
    }

    /// The bytes of the node at a JSON pointer; of the key and the value when the pointer names a mapping's entry and
    /// `with_key` is set. `None` when there is no such node. Follows aliases.
    pub fn span(&self, pointer: &str, with_key: bool) -> Option<Range<usize>> {
        let _ = (pointer, with_key);
        None
    }

    /// The bytes of the node at a JSON pointer or, when it does not exist, of its nearest existing ancestor.
    pub fn nearest(&self, pointer: &str) -> Range<usize> {
        let _ = pointer;
        0..0
    }
}

/// Change the text so that each document named in `after` (index, value) has that value, and nothing else differs.
///
/// The result is verified by two unrelated readers before it is returned.
pub fn splice(stream: &Stream, after: &[(usize, &Value)]) -> Result<String, Refusal> {
    let _ = after;
    Ok(stream.text.clone())
}
