//! Change values in a text and leave the rest of it as it is.
//!
//! The spanned tree and the value that a document should have are walked together. Where they differ, an [`edits::Edit`]
//! is noted against the one parse; all of them are applied at once and the result is verified before it is returned.

mod align;
mod block;
mod compare;
mod edits;
mod emit;
mod flow;
mod lines;
mod quote;
mod replace;
mod style;
mod sync;

pub(super) use align::{Step, align};

use super::{Position, Refusal, Stream, verify};
use lines::Lines;
use serde_json::Value;
use std::borrow::Cow;

/// Change the text so that each document named in `after` (index, value) has that value, and nothing else differs.
///
/// Documents may be named in any order, each once. The result is verified by two unrelated readers before it is
/// returned.
pub fn splice(stream: &Stream, after: &[(usize, &Value)]) -> Result<String, Refusal> {
    let mut after = after.to_vec();
    after.sort_by_key(|(index, _)| *index);
    let mut splicer = Splicer::new(stream);
    after.iter().try_for_each(|(index, value)| splicer.set(*index, value))?;
    Ok(splicer.finish())
}

/// [`splice`] one document at a time, for streams whose values together are much larger than their text.
#[derive(Debug)]
pub struct Splicer<'s> {
    stream: &'s Stream,
    lines: Lines<'s>,
    result: String,
    /// How much of the text is in `result`.
    copied: usize,
}

impl<'s> Splicer<'s> {
    /// Begin with the text as it is.
    pub fn new(stream: &'s Stream) -> Self {
        let text = stream.text();
        let result = String::with_capacity(text.len() + text.len() / 4);
        // One rule for every line: a text without a final line break is edited as if it had one.
        Self { stream, lines: Lines::of(text), result, copied: 0 }
    }

    /// Give the document at `index` the value `after`. Documents are named in ascending order.
    pub fn set(&mut self, index: usize, after: &Value) -> Result<(), Refusal> {
        let Some(doc) = self.stream.docs.get(index).copied() else { return Ok(()) };
        let (text, start, end) = (self.stream.text(), doc.start as usize, doc.end as usize);
        let before = super::value::of(self.stream, doc.root)?;
        if before == *after {
            return Ok(());
        }
        if start < self.copied {
            return Err(self.refuse(start, "internal error: documents must be changed in their order"));
        }
        let edits = sync::document(self.stream, &self.lines, doc, &before, after)?;
        let last = end == text.len();
        let whole = if last { self.lines.text.len() } else { end };
        let mut chunk = edits.apply(&self.lines.text[start..whole], start).map_err(|at| {
            self.refuse(at, "two changes meet here and cannot be told apart; make one of them by hand")
        })?;
        if last && self.lines.added {
            chunk.truncate(chunk.trim_end_matches(['\r', '\n']).len().max(chunk.len() - self.lines.eol.len()));
        }
        let original = &text[start..end];
        if !last && !chunk.ends_with('\n') {
            return Err(self.refuse(
                end,
                "the edit would run into the next document; the file is left as it is; please report it",
            ));
        }
        verify::verify(original, &chunk, &before, after).map_err(|doubt| match doubt.line {
            Some(line) => {
                let line = line + self.stream.position(start).line - 1;
                Refusal { position: Position { line, column: 1 }, message: doubt.message }
            }
            None => self.refuse(start + first_difference(original, &chunk), &doubt.message),
        })?;
        self.result.push_str(&text[self.copied..start]);
        self.result.push_str(&chunk);
        self.copied = end;
        Ok(())
    }

    /// The new text.
    pub fn finish(mut self) -> String {
        self.result.push_str(&self.stream.text()[self.copied..]);
        self.result
    }

    fn refuse(&self, at: usize, message: &str) -> Refusal {
        Refusal { position: self.stream.position(at), message: message.to_owned() }
    }
}

/// The offset at which two texts part, on a character boundary of the first.
fn first_difference(before: &str, after: &str) -> usize {
    let same = before.bytes().zip(after.bytes()).take_while(|(before, after)| before == after).count();
    (0..=same).rev().find(|at| before.is_char_boundary(*at)).unwrap_or(0)
}

/// The text with a final line break.
fn with_final_break<'t>(text: &'t str, eol: &str) -> (Cow<'t, str>, bool) {
    if text.is_empty() || text.ends_with('\n') {
        (Cow::Borrowed(text), false)
    } else {
        (Cow::Owned(format!("{text}{eol}")), true)
    }
}
