//! A value that becomes another one where it stands: the token goes, comments and the anchor stay.

use super::super::Refusal;
use super::super::tree::{Entry, Id, NONE, Node};
use super::block::joined;
use super::emit::{is_inline, literal};
use super::quote::{self, Writing};
use super::sync::{Place, Sync};
use granit_parser::ScalarStyle;
use serde_json::Value;

impl<'s> Sync<'s> {
    /// Write `after` in the place of the node `id`. Its tag goes, since it spoke of the old value; its anchor stays.
    pub(super) fn replace(&mut self, place: Place, id: Id, after: &Value) -> Result<(), Refusal> {
        let node = *self.tree.node(id);
        // Anchors inside go with the old value; the node's own stays.
        self.guard_anchors(node.content as usize + 1, node.end as usize)?;
        let prefix = self.kept_properties(&node, after);
        match place {
            Place::Entry(entry) => self.replace_in_entry(&entry, &node, &prefix, after),
            Place::Item(entry) => self.replace_in_item(&entry, &node, &prefix, after),
            Place::Flow(entry) => {
                let text = self.flow_replacement(&node, after);
                self.replace_in_flow(&entry, &node, &prefix, &text);
                Ok(())
            }
            Place::Root if node.brackets || (is_inline(after) && !node.is_absent() && !node.is_block_collection()) => {
                let text = self.flow_replacement(&node, after);
                self.edits.replace(node.start as usize, self.content_end(&node), format!("{prefix}{text}"));
                Ok(())
            }
            Place::Root => Err(self.refuse(node.content as usize, "a whole document cannot be replaced")),
        }
    }

    /// The anchor, and the tag where it says what the new value is too, with a blank behind; or nothing.
    fn kept_properties(&self, node: &Node, after: &Value) -> String {
        let Some(props) = self.tree.props(node) else { return String::new() };
        let tag = match (props.tag.as_deref(), after) {
            (Some("tag:yaml.org,2002:map"), Value::Object(_)) => "!!map ",
            (Some("tag:yaml.org,2002:seq"), Value::Array(_)) => "!!seq ",
            _ => "",
        };
        let anchor = props.anchor.map(|(start, end)| &self.stream.text()[start as usize..end as usize]);
        anchor.map_or(tag.to_owned(), |anchor| format!("{anchor} {tag}"))
    }

    fn flow_replacement(&self, node: &Node, after: &Value) -> String {
        if is_inline(after) && !self.style().json {
            let writing = self.writing_like(node, true);
            return quote::scalar(after, writing);
        }
        let parent = self.ancestors.last().map(|parent| self.tree.node(*parent));
        // Beside siblings on one line it stays on that line.
        let first = parent.and_then(|parent| self.tree.entries(parent).first());
        let own_line = first.is_none_or(|first| self.lines.begins_line(first.start as usize));
        let indent = own_line.then(|| self.lines.indent(node.start as usize));
        self.flow_text(after, indent, parent.is_some_and(|parent| self.is_padded(parent)))
    }

    fn replace_in_flow(&mut self, entry: &Entry, node: &Node, prefix: &str, text: &str) {
        let (start, end) = (node.start as usize, self.content_end(node));
        if !node.is_absent() || !prefix.is_empty() {
            self.edits.replace(start, end, format!("{prefix}{text}"));
        } else if entry.key != NONE && entry.colon == NONE {
            // `{a, b}`: the value comes with its colon.
            self.edits.insert(self.tree.node(entry.key).end as usize, format!(": {text}"));
        } else {
            let blank = self.lines.skip(end);
            let gap = if self.lines.byte(blank) == Some(b',') { blank } else { end };
            self.edits.replace(end, gap, format!(" {text}"));
        }
    }

    fn replace_in_entry(&mut self, entry: &Entry, node: &Node, prefix: &str, after: &Value) -> Result<(), Refusal> {
        if entry.colon == NONE {
            return Err(
                self.refuse(entry.start as usize, "a key without a colon cannot be given a value; write `key: value`")
            );
        }
        let (colon, end) = (entry.colon as usize + 1, self.content_end(node));
        let column = self.lines.column(entry.start as usize);
        if node.brackets && node.b > 0 && !is_inline(after) {
            let text = self.flow_text(after, None, self.is_padded(node));
            self.edits.replace(node.start as usize, end, format!("{prefix}{text}"));
            return Ok(());
        }
        if is_inline(after) {
            let token = self.token(node, after, column + self.step());
            if node.is_block_scalar() {
                return self.replace_block_scalar(node, prefix, &token);
            }
            if node.is_block_collection() {
                let head = if node.start == node.content { colon } else { self.props_end(node) };
                self.edits.replace(colon, head, format!(" {prefix}{token}"));
                let below = self.lines.below(head);
                self.edits.delete(below, self.lines.after(node.end as usize));
            } else if node.is_absent() && node.start == node.end {
                self.edits.insert(end, format!(" {token}"));
            } else {
                self.edits.replace(node.start as usize, end, format!("{prefix}{token}"));
            }
            return Ok(());
        }
        let header = node.is_block_scalar().then(|| self.header_end(node));
        let below = match header {
            Some(header) => self.lines.below(header),
            None if node.is_block_collection() => self.lines.below(colon),
            None => self.lines.after(end),
        };
        let emitter = match self.ancestors.last() {
            Some(parent) => self.emitter(self.tree.node(*parent), below),
            None => self.emitter(node, below),
        };
        let mut lines = Vec::new();
        emitter.below(after, column, &mut lines);
        let anchor = if prefix.is_empty() { String::new() } else { format!(" {}", prefix.trim_end()) };
        if node.is_block_collection() || header.is_some() {
            if let Some(header) = header {
                self.edits.replace(colon, header, anchor);
            }
            let eol = self.lines.eol_at(below);
            self.edits.replace(below, self.lines.after(node.end as usize), joined(&lines, eol));
        } else {
            if end > colon {
                self.edits.replace(colon, end, anchor);
            }
            self.insert_lines(below, &lines);
        }
        Ok(())
    }

    /// The end of a block scalar's header, without a comment behind it.
    fn header_end(&self, node: &Node) -> usize {
        let content = node.content as usize;
        let line = &self.lines.text[content..self.lines.end(content)];
        content + line.split([' ', '\t']).next().unwrap_or_default().len()
    }

    /// The header and the lines below it go; a comment behind the header stays.
    fn replace_block_scalar(&mut self, node: &Node, prefix: &str, token: &str) -> Result<(), Refusal> {
        let header = self.header_end(node);
        let (first, rest) = token.split_once('\n').map_or((token, ""), |(first, rest)| (first, rest));
        self.edits.replace(node.start as usize, header, format!("{prefix}{}", first.trim_end_matches('\r')));
        let below = self.lines.below(header);
        let end = self.lines.after(node.end as usize).max(below);
        let rest = if rest.is_empty() { String::new() } else { format!("{rest}{}", self.lines.eol_at(below)) };
        self.edits.replace(below, end, rest);
        Ok(())
    }

    /// From a key to what stands below it.
    fn step(&self) -> usize {
        let parent = self.ancestors.last().map(|id| self.tree.node(*id));
        parent.map_or(2, |parent| self.emitter(parent, 0).indent.step)
    }

    fn replace_in_item(&mut self, item: &Entry, node: &Node, prefix: &str, after: &Value) -> Result<(), Refusal> {
        let (start, end) = (node.start as usize, self.content_end(node));
        let column = self.item_column(item);
        let absent = node.is_absent() && node.start == node.end;
        if is_inline(after) {
            let token = self.token(node, after, column);
            if node.is_block_scalar() {
                return self.replace_block_scalar(node, prefix, &token);
            }
            if absent {
                self.edits.insert(end, format!(" {token}"));
            } else {
                self.edits.replace(start, end, format!("{prefix}{token}"));
            }
            return Ok(());
        }
        if !prefix.is_empty() {
            return Err(self.refuse(start, "an anchored list item cannot become a collection; write it out first"));
        }
        let below = self.lines.after(end);
        let mut emitter = self.emitter(node, below);
        // What follows on the last line (a comment) must not become part of a literal.
        let rest = if node.is_block_collection() { &self.lines.text[end..self.lines.end(end)] } else { "" };
        emitter.literals &= rest.is_empty();
        let mut lines = Vec::new();
        emitter.content(after, column, &mut lines);
        let first = lines.remove(0).trim_start().to_owned();
        if node.is_block_collection() {
            let eol = self.lines.eol_at(below);
            let rest: String = lines.iter().flat_map(|line| [eol, line.as_str()]).collect();
            self.edits.replace(start, end, first + &rest);
        } else if node.is_block_scalar() {
            let header = self.header_end(node);
            let (below, eol) = (self.lines.below(header), self.lines.eol_at(below));
            self.edits.replace(start, header, first);
            self.edits.replace(below, self.lines.after(node.end as usize), joined(&lines, eol));
        } else {
            if absent {
                let gap = column.saturating_sub(self.lines.column(item.start as usize) + 1).max(1);
                self.edits.insert(end, format!("{}{first}", " ".repeat(gap)));
            } else {
                self.edits.replace(start, end, first);
            }
            self.insert_lines(below, &lines);
        }
        Ok(())
    }

    /// A scalar or an empty collection in the style of what it replaces. A string of several lines in the place of a
    /// block scalar is a literal whose lines begin at `column` or where the old ones did.
    fn token(&self, node: &Node, after: &Value, column: usize) -> String {
        let room = self.has_room_for_literal(self.lines.after(node.end as usize));
        if let Some(text) = after.as_str().filter(|text| node.is_block_scalar() && room && text.contains('\n')) {
            let first = self.lines.below(node.content as usize);
            let column = self.lines.indent(first).len().max(column);
            if let Some(lines) = literal(text, column) {
                return lines.join(self.lines.eol_at(first));
            }
        }
        quote::scalar(after, self.writing_like(node, false))
    }

    fn writing_like(&self, node: &Node, flow: bool) -> Writing {
        let style = match node.style() {
            Some(quoted @ (ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)) => quoted,
            _ => ScalarStyle::Plain,
        };
        Writing { style, quotes: self.style().quotes, flow }
    }

    /// The end of the content, without the line break that a `|+` at its end keeps.
    fn content_end(&self, node: &Node) -> usize {
        let (content, end) = (node.content as usize, node.end as usize);
        let text = &self.lines.text[content..end];
        let text = text.strip_suffix('\n').unwrap_or(text);
        content + text.strip_suffix('\r').unwrap_or(text).len()
    }

    /// Where a node's anchor and tag end.
    fn props_end(&self, node: &Node) -> usize {
        let text = &self.stream.text()[node.start as usize..node.content as usize];
        let line = text.lines().next().unwrap_or_default();
        let words = line.split(" #").next().unwrap_or_default().trim_end();
        node.start as usize + words.len()
    }
}
