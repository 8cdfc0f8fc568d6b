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

use super::stream::Doc;
use super::{Document, Refusal, Stream, verify};
use edits::Edits;
use emit::Literals;
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
        let document = Document { stream: self.stream, index };
        let before = document.value()?;
        if before == *after {
            return Ok(());
        }
        let start = doc.start as usize;
        if start < self.copied {
            return Err(self.refuse(start, "internal error: documents must be changed in their order"));
        }
        if let Some(at) = lone_return(document.text()) {
            return Err(self.refuse(
                start + at,
                "a carriage return alone breaks this line; give the file line breaks of one kind (LF or CRLF)",
            ));
        }
        let edits = sync::document(self.stream, &self.lines, doc, Literals::Allowed, &before, after)?;
        // Its value takes twenty times the room of the text; verifying needs that room.
        drop(before);
        let chunk = verify::verify(document, self.edited(doc, edits)?, after).or_else(|refusal| {
            // What is taken away beside a new literal may leave comments behind that become part of it.
            let edits = sync::document(self.stream, &self.lines, doc, Literals::Quoted, &document.value()?, after)?;
            verify::verify(document, self.edited(doc, edits)?, after).map_err(|_| refusal)
        })?;
        self.result.push_str(&self.stream.text()[self.copied..start]);
        self.result.push_str(&chunk);
        self.copied = doc.end as usize;
        Ok(())
    }

    /// The new text of a document. Its `---` and `...` stay what they are, or its neighbours would become part of it.
    fn edited(&self, doc: Doc, edits: Edits) -> Result<String, Refusal> {
        let text = self.stream.text();
        let (start, head, end) = (doc.start as usize, doc.head as usize, doc.end as usize);
        let last = end == text.len();
        let tail = if doc.tail as usize == text.len() { self.lines.text.len() } else { doc.tail as usize };
        let mut chunk = text[start..head].to_owned();
        let edited = edits.apply(&self.lines.text[head..tail], head).map_err(|at| {
            self.refuse(at, "two changes meet here and cannot be told apart; make one of them by hand")
        })?;
        chunk.push_str(&edited);
        if tail < end {
            if !chunk.ends_with('\n') {
                return Err(self.refuse(tail, INTO_THE_NEXT));
            }
            chunk.push_str(&text[tail..end]);
        }
        // The break that was added goes again; blank lines at the end may belong to a scalar that keeps them.
        let ends = chunk.strip_suffix(self.lines.eol).filter(|rest| last && self.lines.added && !rest.ends_with('\n'));
        if let Some(rest) = ends {
            chunk.truncate(rest.len());
        }
        if !last && !chunk.ends_with('\n') {
            return Err(self.refuse(end, INTO_THE_NEXT));
        }
        Ok(chunk)
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

const INTO_THE_NEXT: &str = "the edit would run into the next document; the file is left as it is; please report it";

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
