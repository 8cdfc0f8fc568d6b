//! New values as lines of block style.

use super::quote::{self, Writing};
use super::style::Indent;
use granit_parser::ScalarStyle;
use serde_json::Value;

/// How strings of several lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Literals {
    /// As literals (`|`) where there is room for one.
    Allowed,
    /// In quotes, always.
    Quoted,
}

/// How new lines are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Emitter {
    pub(super) indent: Indent,
    pub(super) quotes: ScalarStyle,
    /// Whether a string of several lines may be a literal (`|`). Not at the end of a text without a final line break:
    /// readers disagree on whether the literal's last line has one.
    pub(super) literals: bool,
}

/// Whether a value is written on one line.
pub(super) fn is_inline(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => true,
    }
}

impl Emitter {
    fn writing(&self) -> Writing {
        Writing { style: ScalarStyle::Plain, quotes: self.quotes, flow: false }
    }

    /// A key as it stands before its colon.
    pub(super) fn key(&self, key: &str) -> String {
        quote::string(key, self.writing())
    }

    /// `key: value` with the key at `column`, without line breaks.
    pub(super) fn entry(&self, key: &str, value: &Value, column: usize, out: &mut Vec<String>) {
        let head = format!("{}{}:", " ".repeat(column), self.key(key));
        if is_inline(value) {
            self.scalar(&head, value, column + self.indent.step, out);
        } else {
            out.push(head);
            self.below(value, column, out);
        }
    }

    /// The lines below a key at `column` whose value is a collection that is not empty.
    pub(super) fn below(&self, value: &Value, column: usize, out: &mut Vec<String>) {
        match value {
            Value::Array(list) => list.iter().for_each(|item| self.item(item, column + self.indent.list, out)),
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| self.entry(key, value, column + self.indent.step, out));
            }
            _ => {}
        }
    }

    /// `- value` with the dash at `column`.
    pub(super) fn item(&self, value: &Value, column: usize, out: &mut Vec<String>) {
        let head = format!("{}-{}", " ".repeat(column), " ".repeat(self.indent.dash.saturating_sub(2)));
        if is_inline(value) {
            return self.scalar(&head, value, column + self.indent.dash, out);
        }
        let first = out.len();
        self.content(value, column + self.indent.dash, out);
        let content = out[first].trim_start().to_owned();
        out[first] = format!("{head} {content}");
    }

    /// A collection that is not empty, its keys or dashes at `column`.
    pub(super) fn content(&self, value: &Value, column: usize, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| self.entry(key, value, column, out)),
            Value::Array(list) => list.iter().for_each(|item| self.item(item, column, out)),
            _ => {}
        }
    }

    fn scalar(&self, head: &str, value: &Value, indent: usize, out: &mut Vec<String>) {
        if let Some(lines) = value.as_str().filter(|_| self.literals).and_then(|text| literal(text, indent)) {
            out.push(format!("{head} {}", lines[0]));
            out.extend(lines.into_iter().skip(1));
        } else {
            out.push(format!("{head} {}", quote::scalar(value, self.writing())));
        }
    }
}

/// A string of several lines as a literal: its header and its lines. `None` where a literal cannot hold it.
pub(super) fn literal(text: &str, indent: usize) -> Option<Vec<String>> {
    let body = text.trim_end_matches('\n');
    let fits = text.contains('\n')
        && !body.is_empty()
        && !body.starts_with([' ', '\n', '\t'])
        && body.lines().all(|line| !line.ends_with([' ', '\t']))
        && body.chars().all(|char| {
            char == '\n' || !char.is_control() && char != '\u{feff}' && !matches!(char, '\u{2028}' | '\u{2029}')
        });
    if !fits {
        return None;
    }
    let header = match text.len() - body.len() {
        0 => "|-",
        1 => "|",
        _ => return None,
    };
    let pad = " ".repeat(indent.max(1));
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{pad}{line}") };
    Some(std::iter::once(header.to_owned()).chain(body.split('\n').map(line)).collect())
}
