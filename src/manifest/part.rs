//! What is edited and verified as one: a document, or one object of a document that is a list of them.
//!
//! A `kind: List` may be as large as the file. Its items in block style stand on lines of their own, those in flow style
//! between brackets of their own, so that each is read back alone as well as a document is.

use super::tree::{Entry, Id, Kind};
use super::value::is_merge;
use super::{Document, Refusal, Stream, value};
use serde_json::Value;
use std::ops::Range;

/// More keys than any list has beside `items`; each look goes through them.
const MOST_KEYS: usize = 20;

/// A document, or an item of the list that it is.
#[derive(Debug, Clone)]
pub struct Part<'s> {
    pub(super) stream: &'s Stream,
    pub(super) root: Id,
    /// The item as its list holds it, and the collections around it.
    pub(super) item: Option<(Entry, [Id; 2])>,
    /// Its nodes, which stand together.
    pub(super) nodes: Range<usize>,
    /// Its bytes. Parts that follow each other share none.
    pub(super) bytes: Range<usize>,
    /// Those of its bytes that may be edited; the marker lines of a document may not.
    pub(super) body: Range<usize>,
    /// Whether it stands on lines of its own.
    pub(super) lines: bool,
    pub(super) aliased: bool,
}

impl<'s> Document<'s> {
    /// The whole document as one part.
    pub fn whole(&self) -> Part<'s> {
        let doc = &self.stream.docs()[self.index];
        Part {
            stream: self.stream,
            root: doc.root,
            item: None,
            nodes: doc.root as usize..doc.nodes_end as usize,
            bytes: doc.start as usize..doc.end as usize,
            body: doc.head as usize..doc.tail as usize,
            lines: true,
            aliased: doc.aliased,
        }
    }

    /// The item of `/items` at `index` as a part, where the document is such a list and its items may be taken apart:
    /// with aliases they may not.
    pub fn item(&self, index: usize) -> Option<Part<'s>> {
        let (stream, tree, doc) = (self.stream, self.stream.tree(), &self.stream.docs()[self.index]);
        let root = tree.node(doc.root);
        let keys = tree.entries(root);
        if doc.aliased
            || root.kind != Kind::Map
            || keys.len() > MOST_KEYS
            || keys.iter().any(|key| is_merge(stream, key))
        {
            return None;
        }
        let mut named = keys.iter().enumerate().filter(|(_, key)| tree.key(&stream.text, key) == "items");
        let (at, key) = named.next().filter(|_| named.next().is_none())?;
        let list = tree.node(key.value);
        let items = if list.kind == Kind::Seq { tree.entries(list) } else { &[] };
        let (item, next) = (items.get(index)?, items.get(index + 1));
        let below = keys.get(at + 1);
        let nodes_end = next.map(|next| next.value).or(below.map(|key| key.key)).unwrap_or(doc.nodes_end);
        let bytes = if list.flow {
            let node = tree.node(item.value);
            (node.brackets && list.brackets).then_some(node.start as usize..node.end as usize)?
        } else {
            let line = |at: u32| stream.text[..at as usize].rfind('\n').map_or(0, |feed| feed + 1);
            let begins = |at: u32| stream.text[line(at)..at as usize].bytes().all(|byte| byte == b' ');
            let end = next.map(|next| next.start).or(below.map(|key| key.start));
            if root.flow || item.start == 0 || !begins(item.start) || !end.is_none_or(begins) {
                return None;
            }
            line(item.start)..end.map_or(doc.tail as usize, line)
        };
        Some(Part {
            stream,
            root: item.value,
            item: Some((*item, [doc.root, key.value])),
            nodes: item.value as usize..nodes_end as usize,
            body: bytes.clone(),
            bytes,
            lines: !list.flow,
            aliased: false,
        })
    }
}

impl<'s> Part<'s> {
    /// What it holds, as kubectl would see it.
    pub fn value(&self) -> Result<Value, Refusal> {
        value::of(self.stream, self.root)
    }

    pub(super) fn text(&self) -> &'s str {
        &self.stream.text[self.bytes.clone()]
    }

    /// Whether its text begins with the dash of an item, and so reads as a list of one.
    pub(super) fn has_dash(&self) -> bool {
        self.item.is_some() && self.lines
    }

    /// A refusal at an offset of its own text.
    pub(super) fn refuse(&self, at: usize, message: impl Into<String>) -> Refusal {
        Refusal { position: self.stream.position(self.bytes.start + at), message: message.into() }
    }
}
