//! One document: its value, and where in the text the parts of the value stand.

use super::tree::{Entry, Id, Kind, NONE, Node};
use super::{Refusal, Stream, value};
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// How many mappings one look-up goes through; only nested merge keys need more than a few.
const MOST_MERGES: usize = 10_000;

/// One document of a [`Stream`].
#[derive(Debug, Clone, Copy)]
pub struct Document<'s> {
    pub(super) stream: &'s Stream,
    pub(super) index: usize,
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
        value::of(self.stream, self.root())
    }

    /// The value at a JSON pointer, as it stands in [`Self::value`]; nothing around it is expanded.
    pub fn value_at(&self, pointer: &str) -> Option<Result<Value, Refusal>> {
        let (_, id) = self.find(pointer).ok()?;
        Some(value::of(self.stream, id))
    }

    /// The text of the scalar at a JSON pointer, whatever its type; cheap, nothing else is expanded.
    pub fn scalar(&self, pointer: &str) -> Option<Cow<'s, str>> {
        let node = self.stream.tree().node(self.find(pointer).ok()?.1);
        node.style()?;
        Some(Cow::Borrowed(self.stream.tree().text(&self.stream.text, node)))
    }

    /// The bytes of the node at a JSON pointer; from the key on when it is a mapping's entry and `with_key` is set.
    /// `None` when there is no such node. Looks through aliases and merge keys.
    pub fn span(&self, pointer: &str, with_key: bool) -> Option<Range<usize>> {
        let (entry, id) = self.find(pointer).ok()?;
        Some(self.bytes(entry, id, with_key))
    }

    /// The bytes of the node at a JSON pointer or, when it does not exist, of its nearest existing ancestor; the key
    /// included.
    pub fn nearest(&self, pointer: &str) -> Range<usize> {
        let (entry, id) = self.find(pointer).unwrap_or_else(|nearest| nearest);
        self.bytes(entry, id, true)
    }

    pub(super) fn root(&self) -> Id {
        self.stream.docs()[self.index].root
    }

    fn bytes(&self, entry: Option<Entry>, id: Id, with_key: bool) -> Range<usize> {
        let node = self.stream.tree().node(id);
        let start = match entry {
            Some(entry) if with_key && entry.key != NONE => entry.start,
            _ => node.start,
        };
        start as usize..(node.end as usize).max(start as usize)
    }

    /// The node at a pointer with the entry that holds it, or the last ones on the way that exist.
    pub(super) fn find(&self, pointer: &str) -> Result<(Option<Entry>, Id), (Option<Entry>, Id)> {
        let mut here = (None, self.root());
        let mut merges = MOST_MERGES;
        for token in pointer.split('/').skip(1) {
            let token = if token.contains('~') {
                Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(token)
            };
            here = self.child(here.1, &token, &mut merges).ok_or(here).map(|(entry, id)| (Some(entry), id))?;
        }
        Ok(here)
    }

    fn child(&self, parent: Id, token: &str, merges: &mut usize) -> Option<(Entry, Id)> {
        let tree = self.stream.tree();
        let node: &Node = tree.node(tree.target(parent));
        let entry = match node.kind {
            Kind::Map => {
                let named = |entry: &&Entry| tree.key(&self.stream.text, entry) == token;
                match tree.entries(node).iter().rev().find(named) {
                    Some(entry) => entry,
                    None => return self.merged(node, token, merges),
                }
            }
            Kind::Seq => tree.entries(node).get(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
        Some((*entry, entry.value))
    }

    /// A key that comes from `<<`. Anchors only point backwards, so this ends.
    fn merged(&self, node: &Node, token: &str, merges: &mut usize) -> Option<(Entry, Id)> {
        let tree = self.stream.tree();
        *merges = merges.checked_sub(1)?;
        for entry in tree.entries(node).iter().rev().filter(|entry| value::is_merge(self.stream, entry)) {
            let target = tree.node(tree.target(entry.value));
            let found = match target.kind {
                Kind::Map if entry.value > tree.target(entry.value) => self.child(entry.value, token, merges),
                Kind::Seq => tree
                    .entries(target)
                    .iter()
                    .filter(|item| item.value > tree.target(item.value))
                    .find_map(|item| self.child(item.value, token, merges)),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }
}
