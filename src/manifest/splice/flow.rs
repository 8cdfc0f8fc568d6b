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
    /// A value between brackets, on one line; where `indent` is given, JSON over several lines as its document is, with
    /// those blanks at the head of the line it begins on. `padded` mappings have a blank inside their braces.
    pub(super) fn flow_text(&self, value: &Value, indent: Option<&str>, padded: bool) -> String {
        let style = self.style();
        let pad = if padded { " " } else { "" };
        match (style.unit.as_ref().zip(indent), is_inline(value)) {
            (Some((unit, indent)), false) => {
                let (open, close) = if value.is_object() { ('{', '}') } else { ('[', ']') };
                let inner = format!("{indent}{unit}");
                let members = self
                    .members(value)
                    .map(|member| format!("{inner}{}", self.member_text(member, Some(&inner), padded)));
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

    fn member_text(&self, (key, value): Member<'_>, indent: Option<&str>, padded: bool) -> String {
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
        // What stands behind removed members stands behind the one before them.
        let kept = |behind: usize| (0..behind).rev().find(|index| removed.binary_search(index).is_err());
        for group in members.chunk_by(|(one, _), (other, _)| kept(*one) == kept(*other)) {
            match kept(group[0].0) {
                Some(kept) => self.flow_insert_behind(node, &entries, kept, group, removed),
                None => group.iter().for_each(|(_, member)| self.flow_insert_first(&entries, *member, removed, padded)),
            }
        }
    }

    /// Put members in behind the entry `kept`.
    fn flow_insert_behind(
        &mut self,
        node: &Node,
        entries: &[Entry],
        kept: usize,
        members: &[(usize, Member<'_>)],
        removed: &[usize],
    ) {
        let padded = self.is_padded(node);
        let start = entries[kept].start as usize;
        let end = self.entry_end(&entries[kept]);
        let last = (kept + 1..entries.len()).all(|index| removed.binary_search(&index).is_ok());
        let comma = self.comma_behind(&entries[kept]);
        let tail = comma.map_or(end, |comma| comma + 1);
        let rest = self.lines.text[tail..self.lines.end(tail)].trim_start();
        let closes = last && node.end as usize <= self.lines.end(tail);
        if !(self.lines.begins_line(start) && (closes || rest.is_empty() || rest.starts_with('#'))) {
            let space = if self.style().compact { "" } else { " " };
            for (_, member) in members {
                let text =
                    self.like_siblings(entries, *member).unwrap_or_else(|| self.member_text(*member, None, padded));
                self.edits.insert(end, format!(",{space}{text}"));
            }
            return;
        }
        let (eol, indent) = (self.lines.eol, self.lines.indent(start).to_owned());
        let texts: Vec<String> = members
            .iter()
            .map(|(_, member)| {
                self.like_siblings(entries, *member).unwrap_or_else(|| self.member_text(*member, Some(&indent), padded))
            })
            .map(|text| format!("{eol}{indent}{text}"))
            .collect();
        // A comment on the line stays with the member before.
        let at = if closes { tail } else { self.lines.end(tail) };
        if comma.is_some() && (!last || self.ends_with_comma(entries)) {
            self.edits.insert(at, format!("{},", texts.join(",")));
        } else {
            self.edits.insert(end, ",");
            self.edits.insert(if closes { end } else { at }, texts.join(","));
        }
    }

    fn comma_behind(&self, entry: &Entry) -> Option<usize> {
        Some(self.lines.skip(self.entry_end(entry))).filter(|at| self.lines.byte(*at) == Some(b','))
    }

    /// The author puts a comma behind the last member too.
    fn ends_with_comma(&self, entries: &[Entry]) -> bool {
        entries.last().is_some_and(|last| self.comma_behind(last).is_some())
    }

    fn flow_insert_first(&mut self, entries: &[Entry], member: Member<'_>, removed: &[usize], padded: bool) {
        let Some(first) = entries.iter().enumerate().find(|(index, _)| removed.binary_search(index).is_err()) else {
            return;
        };
        let start = first.1.start as usize;
        let own_line = self.lines.begins_line(start);
        let indent = if own_line { self.lines.indent(start).to_owned() } else { String::new() };
        let shape = own_line.then_some(indent.as_str());
        let text = self.like_siblings(entries, member).unwrap_or_else(|| self.member_text(member, shape, padded));
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
            let comma = self.comma_behind(entry);
            let tail = comma.map_or(end, |comma| comma + 1);
            let line_end = self.lines.end(tail);
            let rest = self.lines.text[tail..line_end].trim_start();
            if self.lines.begins_line(start) && (rest.is_empty() || rest.starts_with('#')) {
                self.edits.delete(self.lines.start(start), self.lines.below(line_end));
            } else if index + 1 < entries.len() {
                self.edits.delete(start, entries[index + 1].start as usize);
            } else {
                self.edits.delete(start, tail);
            }
        }
        // The members at the end are gone: a comma goes with them. Where the author ends lists with one, one stays.
        let Some(last) = (0..entries.len()).rev().find(|index| removed.binary_search(index).is_err()) else { return };
        let Some(comma) = self.comma_behind(&entries[last]).filter(|_| last + 1 < entries.len()) else { return };
        let next = entries[last + 1].start as usize;
        let same_line = self.lines.start(next) == self.lines.start(comma);
        match self.comma_behind(&entries[entries.len() - 1]) {
            None => self.edits.delete(comma, if same_line { next } else { comma + 1 }),
            Some(trailing) if same_line => self.edits.delete(comma + 1, trailing + 1),
            Some(_) => {}
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
