//! Collections in block style: new lines after the last one and its comments, whole lines taken out.

use super::super::Refusal;
use super::super::tree::{Entry, Id, NONE, Node};
use super::emit::{Emitter, Literals};
use super::quote::{self, Writing};
use super::sync::Sync;
use serde_json::Value;

impl<'s> Sync<'s> {
    /// The emitter for new text in the collection `node`, which is the innermost of the ancestors or a new one.
    pub(super) fn emitter(&self, node: &Node, at: usize) -> Emitter {
        let style = self.style();
        let mut shown = super::style::Example::of(self.tree, self.lines, node);
        for ancestor in self.ancestors.iter().rev() {
            if shown.is_complete() {
                break;
            }
            shown = shown.or(super::style::Example::of(self.tree, self.lines, self.tree.node(*ancestor)));
        }
        let literals = self.has_room_for_literal(at);
        Emitter { indent: shown.over(style.indent), quotes: style.quotes, literals }
    }

    /// Whether a literal may end before `at`: not where the text has no final line break, since readers disagree on the
    /// literal's own then, and not above a comment that it could take for its content.
    pub(super) fn has_room_for_literal(&self, at: usize) -> bool {
        let line = self.lines.skip_blank_lines(at);
        let comment = self.lines.byte(line + self.lines.indent(line).len()) == Some(b'#');
        self.literals == Literals::Allowed
            && !(self.lines.added && at == self.lines.text.len() || comment && !self.lines.indent(line).is_empty())
    }

    /// Put lines in at `at`, the start of a line.
    pub(super) fn insert_lines(&mut self, at: usize, lines: &[String]) {
        let eol = self.lines.eol_at(at);
        self.edits.insert(at, joined(lines, eol));
    }

    /// Put entries in behind the last one of a mapping. The edits from the `since`-th on are those made in it.
    pub(super) fn block_add_entries(&mut self, node: &Node, added: &[(&str, &Value)], since: usize) {
        let column = self.lines.column(node.content as usize);
        let at = self.lines.over_comments(self.lines.after(node.end as usize), |indent, _| indent >= column);
        let at = self.edits.behind_deletions(since, at);
        let emitter = self.emitter(node, at);
        let mut lines = Vec::new();
        added.iter().for_each(|(key, value)| emitter.entry(key, value, column, &mut lines));
        self.insert_lines(at, &lines);
    }

    /// Put an item in behind the first `behind` ones of a list. The edits from the `since`-th on are those made in it.
    pub(super) fn block_add_item(
        &mut self,
        node: &Node,
        behind: usize,
        value: &Value,
        since: usize,
    ) -> Result<(), Refusal> {
        let entries = self.tree.entries(node);
        let first = entries[0].start as usize;
        let column = self.lines.column(first);
        let at = match behind.checked_sub(1) {
            Some(index) if index + 1 < entries.len() => {
                let after = self.lines.after(self.entry_end(&entries[index]));
                self.lines.over_comments(after, |indent, _| indent > column)
            }
            Some(_) => {
                // A commented-out item at the dash's column, and the lines that go on with it.
                let mut item = false;
                self.lines.over_comments(self.lines.after(node.end as usize), |indent, comment| {
                    let text = comment.trim_start_matches('#');
                    let dash = text.trim_start().starts_with("- ");
                    item = indent == column && (dash || item && text.starts_with("  "));
                    indent > column || item
                })
            }
            None if self.lines.begins_line(first) => self.lines.start(first),
            None => return Err(self.refuse(
                first,
                "an item cannot be put before the first one of a list that begins on its parent's line; do it by hand",
            )),
        };
        let at = self.edits.behind_deletions(since, at);
        let emitter = self.emitter(node, at);
        let mut lines = Vec::new();
        match (value, self.common_style(entries)) {
            (Value::String(text), Some(style)) if !text.contains('\n') => {
                let text = quote::string(text, Writing { style, quotes: style, flow: false });
                let gap = " ".repeat(emitter.indent.dash.saturating_sub(1).max(1));
                lines.push(format!("{}-{gap}{text}", " ".repeat(column)));
            }
            _ => emitter.item(value, column, &mut lines),
        }
        self.insert_lines(at, &lines);
        Ok(())
    }

    /// Take entries or items out. At least one stays.
    pub(super) fn block_remove(&mut self, node: &Node, removed: &[usize]) -> Result<(), Refusal> {
        let entries: Vec<Entry> = self.tree.entries(node).to_vec();
        // The last one that stays above.
        let mut above = None;
        for &index in removed {
            let start = entries[index].start as usize;
            above = index.checked_sub(1).filter(|above| removed.binary_search(above).is_err()).or(above);
            if self.lines.begins_line(start) {
                self.remove_lines(&entries, index, above);
                continue;
            }
            // The first one shares its line with the dash before it: what follows moves up into its place.
            let Some(next) = (index + 1..entries.len()).find(|next| removed.binary_search(next).is_err()) else {
                return Err(self.refuse(start, "this entry cannot be taken out without its line; do it by hand"));
            };
            let end = self.entry_end(&entries[next - 1]);
            let line = self.lines.after(end);
            let comment = self.lines.indent(line).len() + line;
            let next = entries[next].start as usize;
            let keeps_comment = comment < next && self.lines.byte(comment) == Some(b'#');
            self.edits.delete(start, if keeps_comment { comment } else { next });
        }
        Ok(())
    }

    fn remove_lines(&mut self, entries: &[Entry], index: usize, above: Option<usize>) {
        let start = entries[index].start as usize;
        let mut from = self.lines.start(start);
        if index > 0 {
            let above = self.lines.after(self.entry_end(&entries[index - 1]));
            from = self.lines.up_over_comments(from, self.lines.column(start)).max(above.min(from));
        }
        let below = self.lines.after(self.entry_end(&entries[index]));
        let scalar = above.and_then(|above| self.block_scalar_at_end(entries[above].value));
        self.edits.delete(from, scalar.map_or(below, |scalar| self.behind_what_it_would_take(&scalar, below)));
    }

    /// The block scalar that a node is or ends with.
    fn block_scalar_at_end(&self, mut id: Id) -> Option<Node> {
        loop {
            let node = self.tree.node(id);
            match self.tree.entries(node).last() {
                Some(last) if node.is_block_collection() => id = last.value,
                _ => return Some(*node).filter(Node::is_block_scalar),
            }
        }
    }

    /// Move `at`, the start of a line, over what would become part of a block scalar that ended there: comments that are
    /// indented as its text is, and the blank lines that a scalar with `+` keeps.
    fn behind_what_it_would_take(&self, scalar: &Node, mut at: usize) -> usize {
        let content = scalar.content as usize;
        let header = &self.lines.text[content..self.lines.end(content)];
        let keeps = header.split([' ', '\t']).next().is_some_and(|word| word.contains('+'));
        let text = self.lines.indent(self.lines.skip_blank_lines(self.lines.below(content))).len();
        loop {
            let next = self.lines.skip_blank_lines(at);
            let indent = self.lines.indent(next).len();
            if indent < text.max(1) || self.lines.byte(next + indent) != Some(b'#') {
                return if keeps { next } else { at };
            }
            at = self.lines.below(next);
        }
    }

    /// The column at which the content of an item stands or would stand.
    pub(super) fn item_column(&self, item: &Entry) -> usize {
        debug_assert_eq!(item.key, NONE);
        let (dash, value) = (item.start as usize, self.tree.node(item.value));
        let here = self.lines.start(dash) == self.lines.start(value.start as usize);
        if !value.is_absent() && (here || value.is_block_collection()) {
            return self.lines.column(value.start as usize);
        }
        let parent = self.ancestors.last().map(|id| self.tree.node(*id));
        self.lines.column(dash) + parent.map_or(2, |parent| self.emitter(parent, 0).indent.dash)
    }
}

/// Lines with their line breaks.
pub(super) fn joined(lines: &[String], eol: &str) -> String {
    lines.iter().flat_map(|line| [line.as_str(), eol]).collect()
}
