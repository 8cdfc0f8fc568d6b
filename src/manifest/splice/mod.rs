//! Change values in a text and leave the rest of it as it is.
//!
//! The spanned tree and the value that a document should have are walked together. Where they differ, an [`edits::Edit`]
//! is noted against the one parse; all of them are applied at once and the result is verified before it is returned.

mod align;
mod block;
mod edits;
mod emit;
mod flow;
mod lines;
mod quote;
mod replace;
mod style;
mod sync;

use super::{Position, Refusal, Stream, verify};
pub(super) use align::{Step, align};
use lines::Lines;
use serde_json::Value;
use std::borrow::Cow;

/// Change the text so that each document named in `after` (index, value) has that value, and nothing else differs.
///
/// Documents may be named in any order, each once. The result is verified by two unrelated readers before it is
/// returned.
pub fn splice(stream: &Stream, after: &[(usize, &Value)]) -> Result<String, Refusal> {
    // One rule for every line: a text without a final line break is edited as if it had one.
    let text = stream.text();
    let lines = Lines::of(text);
    let mut changed: Vec<_> = after.iter().copied().filter(|(index, _)| *index < stream.len()).collect();
    changed.sort_by_key(|(index, _)| *index);
    let mut result = String::with_capacity(text.len() + text.len() / 4);
    let mut copied = 0;
    for (index, after) in changed {
        let doc = stream.docs[index];
        let (start, end) = (doc.start as usize, doc.end as usize);
        let before = super::value::of(stream, doc.root)?;
        if before == *after {
            continue;
        }
        let edits = sync::document(stream, &lines, doc, &before, after)?;
        let last = end == text.len();
        let whole = if last { lines.text.len() } else { end };
        let mut chunk = edits.apply(&lines.text[start..whole], start).map_err(|at| Refusal {
            position: stream.position(at),
            message: "two changes meet here and cannot be told apart; make one of them by hand".to_owned(),
        })?;
        if last && lines.added {
            chunk.truncate(chunk.trim_end_matches(['\r', '\n']).len().max(chunk.len() - lines.eol.len()));
        }
        verify::verify(&text[start..end], &chunk, &before, after).map_err(|doubt| {
            let position = stream.position(first_difference(&text[start..end], &chunk) + start);
            let line = doubt.line.map(|line| line + stream.position(start).line - 1);
            let position = line.map_or(position, |line| Position { line, column: 1 });
            Refusal { position, message: doubt.message }
        })?;
        result.push_str(&text[copied..start]);
        result.push_str(&chunk);
        copied = end;
    }
    result.push_str(&text[copied..]);
    Ok(result)
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
