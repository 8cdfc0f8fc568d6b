//! Walk the tree and the wanted value together; note an edit where they differ.

use super::super::tree::{Entry, Id, Kind, Node, Tree};
use super::super::{Part, Refusal, Stream};
use super::align::{Step, align};
use super::compare::{Changes, compare_seq};
use super::edits::Edits;
use super::emit::Literals;
use super::lines::Lines;
use super::style::DocStyle;
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::HashMap;

/// The edits that give a part the value `after`.
pub(super) fn part<'s>(
    part: &'s Part<'s>,
    lines: &'s Lines<'s>,
    literals: Literals,
    before: &'s Value,
    after: &'s Value,
) -> Result<Edits, Refusal> {
    let stream = part.stream;
    let mut sync = Sync {
        stream,
        tree: stream.tree(),
        lines,
        part,
        aliases: Vec::new(),
        anchors: HashMap::new(),
        ancestors: part.item.map_or(Vec::new(), |(_, around)| around.to_vec()),
        edits: Edits::default(),
        literals,
        style: OnceCell::new(),
    };
    if part.aliased {
        let aliases = stream.tree().nodes[part.nodes.clone()].iter().filter(|node| node.kind == Kind::Alias);
        sync.aliases = aliases.map(|alias| (alias.start, stream.tree().node(alias.a).start)).collect();
        sync.note_anchors(part.root, before, after);
    }
    let place = match part.item {
        None => Place::Root,
        Some((item, _)) if part.lines => Place::Item(item),
        Some((item, _)) => Place::Flow(item),
    };
    sync.value(place, part.root, before, after)?;
    Ok(sync.edits)
}

/// What a value stands in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Root,
    /// The value of a block mapping's entry.
    Entry(Entry),
    /// An item of a block sequence.
    Item(Entry),
    /// A member of a collection in brackets.
    Flow(Entry),
}

pub(super) struct Sync<'s> {
    pub(super) stream: &'s Stream,
    pub(super) tree: &'s Tree,
    pub(super) lines: &'s Lines<'s>,
    part: &'s Part<'s>,
    /// The document's aliases, in the order of the text: where each stands and where its anchor does.
    aliases: Vec<(u32, u32)>,
    /// The value each anchored node will have.
    pub(super) anchors: HashMap<Id, &'s Value>,
    /// The collections around the place being worked on, outermost first.
    pub(super) ancestors: Vec<Id>,
    pub(super) edits: Edits,
    pub(super) literals: Literals,
    style: OnceCell<DocStyle>,
}

impl<'s> Sync<'s> {
    /// How the document is written; read when the first new text needs it.
    pub(super) fn style(&self) -> &DocStyle {
        self.style.get_or_init(|| DocStyle::of(self.tree, self.lines, self.part.root, self.part.nodes.clone()))
    }

    pub(super) fn refuse(&self, at: usize, message: impl Into<String>) -> Refusal {
        Refusal { position: self.stream.position(at), message: message.into() }
    }

    fn holds_alias(&self, node: &Node) -> bool {
        let next = self.aliases.partition_point(|(at, _)| *at < node.start);
        self.aliases.get(next).is_some_and(|(at, _)| *at < node.end)
    }

    /// Find the value that each anchored node will have, so that its aliases know whether they still fit.
    fn note_anchors(&mut self, id: Id, before: &'s Value, after: &'s Value) {
        let node = self.tree.node(id);
        if self.tree.props(node).is_some_and(|props| props.anchor.is_some()) {
            self.anchors.insert(id, after);
        }
        match (node.kind, before, after) {
            (Kind::Map, Value::Object(before), Value::Object(after)) => {
                // Of duplicate keys the last one counts; the values of the others are unknown here.
                let mut seen = std::collections::HashSet::new();
                for entry in self.tree.entries(node).iter().rev() {
                    let key = self.tree.key(self.stream.text(), entry);
                    if !seen.insert(key.clone()) {
                        continue;
                    }
                    if let (Some(before), Some(after)) = (before.get(key.as_ref()), after.get(key.as_ref())) {
                        self.note_anchors(entry.value, before, after);
                    }
                }
            }
            (Kind::Seq, Value::Array(before), Value::Array(after)) => {
                for step in align(before, after) {
                    if let Step::Keep(i, j) = step {
                        self.note_anchors(self.tree.entries(node)[i].value, &before[i], &after[j]);
                    }
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, place: Place, id: Id, before: &'s Value, after: &'s Value) -> Result<(), Refusal> {
        let node = *self.tree.node(id);
        if node.kind == Kind::Alias {
            // The anchor is edited once, where it stands; an alias that no longer fits is written out.
            let anchored = self.anchors.get(&node.a).copied().unwrap_or(before);
            return if anchored == after { Ok(()) } else { self.replace(place, id, after) };
        }
        if before == after && !self.holds_alias(&node) {
            return Ok(());
        }
        match (node.kind, before, after) {
            (Kind::Map, Value::Object(old), Value::Object(new)) if !old.is_empty() => {
                let changes = self.compare_map(&node, old, new)?;
                self.carry_out(place, id, before, after, changes)
            }
            (Kind::Seq, Value::Array(old), Value::Array(new)) if !old.is_empty() => {
                let changes = compare_seq(old, new);
                self.carry_out(place, id, before, after, changes)
            }
            _ if before == after => Ok(()),
            _ => self.replace(place, id, after),
        }
    }

    /// Keep what stays, take out what goes, put in what is new, in this order, so that new lines of a child stand before
    /// new lines of its parent.
    fn carry_out(
        &mut self,
        place: Place,
        id: Id,
        before: &'s Value,
        after: &'s Value,
        changes: Changes<'s>,
    ) -> Result<(), Refusal> {
        let node = *self.tree.node(id);
        let survivors = node.b as usize - changes.removed.len();
        if survivors == 0 {
            return if before == after { Ok(()) } else { self.replace(place, id, after) };
        }
        self.ancestors.push(id);
        let since = self.edits.len();
        for (index, before, after) in changes.kept {
            let entry = self.tree.entries(&node)[index];
            let place = match (node.flow, node.kind) {
                (true, _) => Place::Flow(entry),
                (false, Kind::Map) => Place::Entry(entry),
                (false, _) => Place::Item(entry),
            };
            self.value(place, entry.value, before, after)?;
        }
        for index in &changes.removed {
            let entry = self.tree.entries(&node)[*index];
            self.guard_anchors(entry.start as usize, self.entry_end(&entry))?;
        }
        if node.flow && !node.brackets && !(changes.added.is_empty() && changes.removed.is_empty()) {
            return Err(self.refuse(
                node.content as usize,
                "a pair without braces inside a list cannot grow; write it as a mapping in braces",
            ));
        }
        if node.flow {
            self.flow_insert(&node, &changes.added, &changes.removed);
            self.flow_remove(&node, &changes.removed);
        } else {
            self.block_remove(&node, &changes.removed)?;
            if node.kind == Kind::Map {
                let entries: Vec<_> =
                    changes.added.iter().filter_map(|(_, (key, value))| Some(((*key)?, *value))).collect();
                if !entries.is_empty() {
                    self.block_add_entries(&node, &entries, since);
                }
            } else {
                for (behind, (_, value)) in &changes.added {
                    self.block_add_item(&node, *behind, value, since)?;
                }
            }
        }
        self.ancestors.pop();
        Ok(())
    }

    /// Refuse when an alias outside of these bytes needs an anchor inside.
    pub(super) fn guard_anchors(&self, start: usize, end: usize) -> Result<(), Refusal> {
        let inside = |at: u32| (start..end).contains(&(at as usize));
        if let Some((alias, anchor)) = self.aliases.iter().find(|(alias, anchor)| inside(*anchor) && !inside(*alias)) {
            let line = self.stream.position(*alias as usize).line;
            return Err(self.refuse(
                *anchor as usize,
                format!("line {line} uses the anchor that would be taken away here; write the alias out first"),
            ));
        }
        Ok(())
    }
}
