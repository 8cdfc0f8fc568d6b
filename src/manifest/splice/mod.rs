//! Change values in a text and leave the rest of it as it is.
//!
//! The spanned tree and the value that a document (or another [`Part`]) should have are walked together. Where they
//! differ, an [`edits::Edit`] is noted against the one parse; all of them are applied at once and the result is verified
//! before it is returned.

mod align;
mod append;
mod block;
mod compare;
mod edits;
mod emit;
mod flow;
mod lines;
mod quote;
mod remove;
mod replace;
mod style;
mod sync;

pub(super) use align::{Step, align};

use super::{Part, Refusal, Stream, verify};
use edits::Edits;
use emit::Literals;
use lines::Lines;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;

/// Change the text so that each document named in `after` (index, value) has that value, and nothing else differs.
///
/// Documents may be named in any order, each once. The result is verified by two unrelated readers before it is
/// returned.
pub fn splice(stream: &Stream, after: &[(usize, &Value)]) -> Result<String, Refusal> {
    let splicer = Splicer::new(stream);
    let documents = after.iter().filter_map(|(index, after)| Some((stream.document(*index)?.whole(), after)));
    let changes = documents.map(|(part, after)| splicer.change(&part, part.value()?, after));
    changes.collect::<Result<_, _>>().map(|changes| splicer.finish(changes))
}

/// A collection that is not empty as a document in block style, as kubectl prints it.
pub(super) fn block(value: &Value) -> String {
    let indent = style::Indent { step: 2, list: 0, dash: 2 };
    let emitter = emit::Emitter { indent, quotes: granit_parser::ScalarStyle::DoubleQuoted, literals: true };
    let mut lines = Vec::new();
    emitter.content(value, 0, &mut lines);
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// [`splice`] one part at a time, in any order and on as many threads as there are, for streams whose values together
/// are much larger than their text.
#[derive(Debug)]
pub struct Splicer<'s> {
    stream: &'s Stream,
    lines: Lines<'s>,
}

/// The new text of a part, verified.
#[derive(Debug)]
pub struct Change {
    bytes: Range<usize>,
    text: String,
}

impl<'s> Splicer<'s> {
    /// Begin with the text as it is.
    pub fn new(stream: &'s Stream) -> Self {
        // One rule for every line: a text without a final line break is edited as if it had one.
        Self { stream, lines: Lines::of(stream.text()) }
    }

    /// Give a part of the stream the value `after`; `before` is the value it has.
    pub fn change(&self, part: &Part<'s>, before: Value, after: &Value) -> Result<Change, Refusal> {
        if before == *after {
            return Ok(Change { bytes: part.bytes.clone(), text: part.text().to_owned() });
        }
        if let Some(at) = lone_return(part.text()) {
            return Err(part.refuse(
                at,
                "a carriage return alone breaks this line; give the file line breaks of one kind (LF or CRLF)",
            ));
        }
        let edits = sync::part(part, &self.lines, Literals::Allowed, &before, after)?;
        // It takes twenty times the room of the text; verifying needs that room.
        drop(before);
        let text = verify::verify(part, self.edited(part, edits)?, after).or_else(|refusal| {
            // What is taken away beside a new literal may leave comments behind that become part of it.
            let edits = sync::part(part, &self.lines, Literals::Quoted, &part.value()?, after)?;
            verify::verify(part, self.edited(part, edits)?, after).map_err(|_| refusal)
        })?;
        Ok(Change { bytes: part.bytes.clone(), text })
    }

    /// The new text of a part. The marker lines of a document stay what they are, or its neighbours would become part of
    /// it.
    fn edited(&self, part: &Part<'_>, edits: Edits) -> Result<String, Refusal> {
        let text = self.stream.text();
        let Part { bytes, body, .. } = part;
        let last = bytes.end == text.len();
        let tail = if body.end == text.len() { self.lines.text.len() } else { body.end };
        let edited = edits.apply(&self.lines.text[body.start..tail], body.start).map_err(|at| {
            let message = "two changes meet here and cannot be told apart; make one of them by hand";
            Refusal { position: self.stream.position(at), message: message.to_owned() }
        })?;
        let (head, foot) = (&text[bytes.start..body.start], text.get(tail..bytes.end).unwrap_or_default());
        let whole = edited.ends_with('\n') || edited.is_empty() && head.ends_with('\n') || last && foot.is_empty();
        if part.lines && !whole {
            let message = "the edit would run into what follows; the file is left as it is; please report it";
            return Err(part.refuse(body.end - bytes.start, message));
        }
        let mut new = [head, &edited, foot].concat();
        // The break that was added goes again; blank lines at the end may belong to a scalar that keeps them.
        let ends = new.strip_suffix(self.lines.eol).filter(|rest| last && self.lines.added && !rest.ends_with('\n'));
        if let Some(rest) = ends {
            new.truncate(rest.len());
        }
        Ok(new)
    }

    /// The new text, with these changes to parts that share no bytes.
    pub fn finish(&self, mut changes: Vec<Change>) -> String {
        // What is put in where a part begins stands before it.
        changes.sort_by_key(|change| (change.bytes.start, change.bytes.end));
        let text = self.stream.text();
        let mut new = String::with_capacity(text.len() + changes.iter().map(|change| change.text.len()).sum::<usize>());
        let mut copied = 0;
        for change in changes {
            debug_assert!(copied <= change.bytes.start, "changed twice");
            new.push_str(&text[copied..change.bytes.start]);
            new.push_str(&change.text);
            copied = change.bytes.end;
        }
        new.push_str(&text[copied..]);
        new
    }
}

/// The offset of a carriage return that stands alone. YAML breaks the line there, this editor does not.
fn lone_return(text: &str) -> Option<usize> {
    memchr::memchr_iter(b'\r', text.as_bytes()).find(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))
}

/// The text with a final line break.
fn with_final_break<'t>(text: &'t str, eol: &str) -> (Cow<'t, str>, bool) {
    if text.is_empty() || text.ends_with('\n') {
        (Cow::Borrowed(text), false)
    } else {
        (Cow::Owned(format!("{text}{eol}")), true)
    }
}
