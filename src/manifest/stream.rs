//! The text of one file, its documents parsed.

use super::tree::{Id, Tree};
use super::{Document, Position, ReadError, breaks, lenient, position, template};
use std::sync::OnceLock;

/// The text of one file, its documents parsed. Owns everything it shows.
#[derive(Debug)]
pub struct Stream {
    pub(super) text: String,
    pub(super) tree: Tree,
    pub(super) docs: Vec<Doc>,
    positions: OnceLock<position::Index>,
}

/// One document's share of the stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doc {
    pub(super) root: Id,
    /// One past its last node; they stand together, the root first.
    pub(super) nodes_end: Id,
    /// Its bytes, its `---` line and directives included; the documents' shares cover the whole text.
    pub(super) start: u32,
    /// Where what may be edited begins: behind its `---`.
    pub(super) head: u32,
    /// Where what may be edited ends: before its `...`.
    pub(super) tail: u32,
    pub(super) end: u32,
    /// Whether it holds an alias.
    pub(super) aliased: bool,
}

impl Stream {
    /// Parse a text. `Err` names the first place that is not YAML, or says that it is a template.
    pub fn read(text: String) -> Result<Self, ReadError> {
        if u32::try_from(text.len()).is_err() {
            let message = "larger than 4 GiB; split it".to_owned();
            return Err(ReadError { position: Position { line: 1, column: 1 }, message, template: false });
        }
        let stream = Self::parse(text).map_err(|(text, error)| template::explain(&text, error))?;
        template::refuse(&stream)?;
        breaks::refuse(&stream)?;
        Ok(stream)
    }

    /// Parse a text, template or not; the text comes back with the error.
    pub(super) fn parse(text: String) -> Result<Self, (String, ReadError)> {
        match lenient::parse(&text) {
            Ok((mut tree, mut docs)) => {
                tree.shrink();
                docs.shrink_to_fit();
                Ok(Self { text, tree, docs, positions: OnceLock::new() })
            }
            Err(error) => Err((text, error)),
        }
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

    /// Line and column (both from 1, columns in characters) of a byte offset. Cheap, also for a great many.
    pub fn position(&self, offset: usize) -> Position {
        self.positions.get_or_init(|| position::Index::of(&self.text)).find(&self.text, offset)
    }
}
