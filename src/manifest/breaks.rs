//! Line breaks that kubectl sees and other readers do not.
//!
//! To kubectl, which reads YAML 1.1, the characters U+0085, U+2028 and U+2029 end a line, and with it a comment or a block
//! scalar: what stands behind them may be a key that nobody sees. Between quotes they are harmless.

use super::{Position, ReadError, Stream};
use granit_parser::ScalarStyle;

/// Refuse a text with such a line break.
pub(super) fn refuse(stream: &Stream) -> Result<(), ReadError> {
    let text = stream.text();
    let quoted = |style| matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let mut in_quotes = stream.tree().covered(|node| node.style().is_some_and(quoted));
    // The first bytes of the three in UTF-8.
    let candidates = memchr::memchr2_iter(0xC2, 0xE2, text.as_bytes());
    let breaks = candidates.filter_map(|at| Some((at, text.get(at..)?.chars().next()?)));
    let mut breaks = breaks.filter(|(_, char)| matches!(char, '\u{85}' | '\u{2028}' | '\u{2029}'));
    match breaks.find(|(at, _)| !in_quotes(*at)) {
        None => Ok(()),
        Some((at, char)) => {
            let code = format!("{:04X}", u32::from(char));
            let message = format!(
                "the invisible character U+{code} breaks the line here for kubectl and not for other readers; take it out, \
                 or write \\u{code} in double quotes"
            );
            Err(ReadError { position: Position::of(text, at), message, template: false })
        }
    }
}
