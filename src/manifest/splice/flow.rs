//! Collections in brackets: new members after a comma, on the line or on lines of their own; JSON stays JSON.

use super::super::tree::{Entry, NONE, Node};
use super::emit::is_inline;
use super::quote::{self, Writing};
use super::sync::Sync;
use granit_parser::ScalarStyle;
use serde_json::Value;

/// A new member: its key, if it is a mapping's, and its value.
pub(super) type Member<'v> = (Option<&'v str>, &'v Value);

impl<'s> Sync<'s> {
    /// A value between brackets, on one line; JSON over several lines as its document is. `indent` are the blanks at the
    /// head of the line it begins on; `padded` mappings have a blank inside their braces.
    pub(super) fn flow_text(&self, value: &Value, indent: &str, padded: bool) -> String {
        let style = self.style();
        let pad = if padded { " " } else { "" };
        match (&style.unit, is_inline(value)) {
            (Some(unit), false) => {
                let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
                let inner = format!("{indent}{unit}");
                let members =
                    self.members(value).map(|member| format!("{inner}{}", self.member_text(member, &inner, padded)));
                let eol = self.lines.eol;
                format!("{open}{eol}{}{eol}{indent}{close}", members.collect::<Vec<_>>().join(&format!(",{eol}")))
            }
            (None, false) => {
                let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
                let comma = if style.compact { "," } else { ", " };
                let members = self.members(value).map(|member| self.member_text(member, indent, padded));
                format!("{open}{pad}{}{pad}{close}", members.collect::<Vec<_>>().join(comma))
            }
            _ => self.flow_scalar(value),
        }
    }

    fn members<'v>(&self, value: &'v Value) -> Box<dyn Iterator<Item = Member<'v>> + 'v> {
        match value {
            Value::Object(map) => Box::new(map.iter().map(|(key, value)| (Some(key.as_str()), value))),
            Value::Array(list) => Box::new(list.iter().map(|value| (None, value))),
            _ => Box::new(std::iter::empty()),
        }
    }

    fn member_text(&self, (key, value): Member<'_>, indent: &str, padded: bool) -> String {
        let text = self.flow_text(value, indent, padded && value.is_object());
        let colon = if self.style().compact { ":" } else { ": " };
        match key {
            Some(key) => format!("{}{colon}{text}", self.flow_scalar(&Value::from(key))),
            None => text,
        }
    }

    fn flow_scalar(&self, value: &Value) -> String {
        let style = self.style();
        let wanted = if style.json { ScalarStyle::DoubleQuoted } else { ScalarStyle::Plain };
        quote::scalar(value, Writing { style: wanted, quotes: style.quotes, flow: true })
    }

    /// Put members in: each with the number of entries it stands behind. Mappings add at the end only.
    pub(super) fn flow_insert(&mut self, node: &Node, members: &[(usize, Member<'_>)], removed: &[usize]) {
        let entries = self.tree.entries(node).to_vec();
        let padded = self.is_padded(node);
        for &(behind, member) in members {
            // What stands behind removed members stands behind the one before them.
            let Some(kept) = (0..behind).rev().find(|index| !removed.contains(index)) else {
                self.flow_insert_first(&entries, member, removed, padded);
                continue;
            };
            let (entry, last) = (&entries[kept], (kept + 1..entries.len()).all(|index| removed.contains(&index)));
            let end = self.entry_end(entry);
            let own_line = self.lines.begins_line(entry.start as usize);
            let comma = Some(self.lines.skip(end)).filter(|at| self.lines.byte(*at) == Some(b','));
            let trailing = comma.filter(|_| kept + 1 == entries.len());
            let quoted = self.like_siblings(&entries, member);
            if own_line {
                let indent = self.lines.indent(entry.start as usize).to_owned();
                let text = quoted.unwrap_or_else(|| self.member_text(member, &indent, padded));
                let eol = self.lines.eol;
                // A comment on the line stays with the member before.
                let line_end = self.lines.end(comma.unwrap_or(end));
                let bracket_here = (node.end as usize) <= line_end && last;
                if let Some(comma) = comma.filter(|_| !last || trailing.is_some()) {
                    let at = if bracket_here { comma + 1 } else { line_end };
                    self.edits.insert(at, format!("{eol}{indent}{text},"));
                } else {
                    self.edits.insert(end, ",");
                    self.edits.insert(if bracket_here { end } else { line_end }, format!("{eol}{indent}{text}"));
                }
                continue;
            }
            let text = quoted.unwrap_or_else(|| self.member_text(member, "", padded));
            let space = if self.style().compact { "" } else { " " };
            match trailing {
                Some(comma) => self.edits.insert(comma + 1, format!("{space}{text},")),
                None => self.edits.insert(end, format!(",{space}{text}")),
            }
        }
    }

    fn flow_insert_first(&mut self, entries: &[Entry], member: Member<'_>, removed: &[usize], padded: bool) {
        let Some(first) = entries.iter().enumerate().find(|(index, _)| !removed.contains(index)) else { return };
        let start = first.1.start as usize;
        let own_line = self.lines.begins_line(start);
        let indent = if own_line { self.lines.indent(start).to_owned() } else { String::new() };
        let text = self.like_siblings(entries, member).unwrap_or_else(|| self.member_text(member, &indent, padded));
        let gap = match (own_line, self.style().compact) {
            (true, _) => format!("{}{indent}", self.lines.eol),
            (false, true) => String::new(),
            (false, false) => " ".to_owned(),
        };
        self.edits.insert(start, format!("{text},{gap}"));
    }

    /// A string beside siblings that are all quoted alike is quoted alike.
    fn like_siblings(&self, entries: &[Entry], (key, value): Member<'_>) -> Option<String> {
        let text = value.as_str().filter(|_| key.is_none())?;
        let style = self.common_style(entries)?;
        Some(quote::string(text, Writing { style, quotes: style, flow: true }))
    }

    /// The quotes that all items share.
    pub(super) fn common_style(&self, entries: &[Entry]) -> Option<ScalarStyle> {
        let mut styles = entries.iter().map(|entry| self.tree.node(entry.value).style());
        let first = styles.next()??;
        let quoted = matches!(first, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        (quoted && styles.all(|style| style == Some(first))).then_some(first)
    }

    /// Take members out. At least one stays.
    pub(super) fn flow_remove(&mut self, node: &Node, removed: &[usize]) {
        let entries = self.tree.entries(node).to_vec();
        for &index in removed {
            let entry = &entries[index];
            let (start, end) = (entry.start as usize, self.entry_end(entry));
            let after = self.lines.skip(end);
            let comma = Some(after).filter(|at| self.lines.byte(*at) == Some(b','));
            let line_end = self.lines.end(comma.unwrap_or(end));
            let rest = self.lines.text[comma.map_or(end, |comma| comma + 1)..line_end].trim_start();
            if self.lines.begins_line(start) && (rest.is_empty() || rest.starts_with('#')) {
                self.edits.delete(self.lines.start(start), self.lines.below(line_end));
            } else if index + 1 < entries.len() {
                self.edits.delete(start, entries[index + 1].start as usize);
            } else {
                self.edits.delete(start, end);
            }
        }
        // The members at the end are gone: the comma before them goes too, unless the author ends lists with one.
        let Some(last) = (0..entries.len()).rev().find(|index| !removed.contains(index)) else { return };
        if last + 1 < entries.len() {
            let trailing = self.lines.byte(self.lines.skip(self.entry_end(&entries[entries.len() - 1]))) == Some(b',');
            let end = self.entry_end(&entries[last]);
            let comma = self.lines.skip(end);
            let next = entries[last + 1].start as usize;
            if self.lines.byte(comma) == Some(b',') && !trailing {
                let same_line = self.lines.start(next) == self.lines.start(comma);
                self.edits.delete(comma, if same_line { next } else { comma + 1 });
            }
        }
    }

    /// `{ a: 1 }`: a blank inside the brackets.
    pub(super) fn is_padded(&self, node: &Node) -> bool {
        node.brackets
            && self.lines.byte(node.content as usize) == Some(b'{')
            && self.lines.byte(node.content as usize + 1) == Some(b' ')
            && node.b > 0
    }

    /// One past the last byte of an entry or item, comments excluded.
    pub(super) fn entry_end(&self, entry: &Entry) -> usize {
        let key = if entry.key == NONE { 0 } else { self.tree.node(entry.key).end };
        let colon = if entry.colon == NONE { 0 } else { entry.colon + 1 };
        self.tree.node(entry.value).end.max(key).max(colon) as usize
    }
}
