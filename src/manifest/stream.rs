//! The text of one file, its documents parsed.

use super::tree::{Id, Tree};
use super::{Document, Position, ReadError, breaks, lenient, position, template};
use std::ops::Deref;
use std::sync::OnceLock;

/// The text of one file, its documents parsed. Owns everything it shows.
#[derive(Debug)]
pub struct Stream {
    pub(super) text: String,
    /// Absent where it was [folded](Stream::folded) and nobody has looked since.
    parsed: OnceLock<Box<Parsed>>,
    positions: OnceLock<position::Index>,
}

/// What a text holds, and where.
#[derive(Debug, Default)]
struct Parsed {
    tree: Tree,
    docs: Vec<Doc>,
}

impl From<(Tree, Vec<Doc>)> for Parsed {
    fn from((mut tree, mut docs): (Tree, Vec<Doc>)) -> Self {
        tree.shrink();
        docs.shrink_to_fit();
        Self { tree, docs }
    }
}

/// A stream to be read from end to end: the one that is kept, or a copy of it that is parsed for this once.
#[derive(Debug)]
pub enum Opened<'s> {
    /// It is parsed anyway.
    Kept(&'s Stream),
    /// Parsed for this once.
    Copy(Box<Stream>),
}

impl Deref for Opened<'_> {
    type Target = Stream;

    fn deref(&self) -> &Stream {
        match self {
            Self::Kept(stream) => stream,
            Self::Copy(stream) => stream,
        }
    }
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
            Ok(parsed) => {
                Ok(Self { text, parsed: OnceLock::from(Box::new(Parsed::from(parsed))), positions: OnceLock::new() })
            }
            Err(error) => Err((text, error)),
        }
    }

    /// The same with its text alone: what is parsed takes twice the room, and is made again when it is looked at. For runs
    /// that hold a great many.
    #[must_use]
    pub fn folded(self) -> Self {
        // As it was written it has room to grow.
        let text = self.text.as_str().to_owned();
        Self { text, parsed: OnceLock::new(), positions: OnceLock::new() }
    }

    /// For one reading from end to end. What a folded stream holds is then forgotten again.
    pub fn opened(&self) -> Opened<'_> {
        match self.parsed.get() {
            Some(_) => Opened::Kept(self),
            None => {
                let text = self.text.clone();
                Opened::Copy(Box::new(Self { text, parsed: OnceLock::new(), positions: OnceLock::new() }))
            }
        }
    }

    /// Every node of the text.
    pub(super) fn tree(&self) -> &Tree {
        &self.parsed().tree
    }

    /// The shares of the documents.
    pub(super) fn docs(&self) -> &[Doc] {
        &self.parsed().docs
    }

    fn parsed(&self) -> &Parsed {
        // It has been parsed before: an error cannot come now.
        self.parsed.get_or_init(|| Box::new(lenient::parse(&self.text).map(Parsed::from).unwrap_or_default()))
    }

    /// The text as it was read, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of documents, empty ones included.
    pub fn len(&self) -> usize {
        self.docs().len()
    }

    /// Whether there is no document at all.
    pub fn is_empty(&self) -> bool {
        self.docs().is_empty()
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
