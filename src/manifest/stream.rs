//! The text of one file, its documents parsed.

use super::tree::{Id, Tree};
use super::{Document, Position, ReadError, lenient, template};

/// The text of one file, its documents parsed. Owns everything it shows.
#[derive(Debug)]
pub struct Stream {
    pub(super) text: String,
    pub(super) tree: Tree,
    pub(super) docs: Vec<Doc>,
}

/// One document's share of the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doc {
    pub(super) root: Id,
    /// Its bytes, its `---` line and directives included; the documents' shares cover the whole text.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Whether it holds an alias.
    pub(super) aliased: bool,
}

impl Stream {
    /// Parse a text. `Err` names the first place that is not YAML, or says that it is a template.
    pub fn read(text: String) -> Result<Self, ReadError> {
        let parsed = lenient::parse(&text).map_err(|error| template::explain(&text, error))?;
        let (tree, docs) = parsed;
        let stream = Self { text, tree, docs };
        template::refuse(&stream)?;
        Ok(stream)
    }

    /// The text as it was read, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of documents, empty ones included.
    pub fn len(&self) -> usize {
        self.docs.len()
    }

    /// Whether there is no document at all.
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
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
