//! Text from outside, made harmless for a terminal.
//!
//! Names, values and comments are written by whoever wrote the manifest. An escape sequence in one could recolour,
//! move or hide what a reviewer reads, and an override of the writing direction could show it in another order. Every
//! report passes such text through here; only the bytes of a diff or of manifests in a pipe stay as they are.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line of text with everything that a terminal could act upon made visible: `^[` for ESC, `<U+202E>` for an
/// override, four blanks for a tab, `\n` for a line break.
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| !is_active(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push(&mut out, c));
    Cow::Owned(out)
}

/// The same for a text of several lines, whose line breaks stay.
pub fn lines_shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' { out.push(c) } else { push(&mut out, c) }
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("    "),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\0'..='\x1f' => out.extend(['^', char::from(c as u8 + 0x40)]),
        c if is_active(c) => {
            let _ = write!(out, "<U+{:04X}>", c as u32);
        }
        c => out.push(c),
    }
}

/// Whether a character does something to its surroundings instead of showing itself: controls of both sets, writing
/// direction, separators of lines and paragraphs, invisible joiners and tags.
pub(super) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_upon_becomes_visible() {
        assert_eq!(shown("a\x1b[2Kb\r\u{9b}31m\x7f"), "a^[[2Kb\\r<U+009B>31m<U+007F>");
        assert_eq!(shown("x\u{202e}y\u{2066}z\u{200b}"), "x<U+202E>y<U+2066>z<U+200B>");
        assert_eq!(shown("a\tb\nc"), "a    b\\nc");
        assert_eq!(lines_shown("a\nb\x07\n"), "a\nb^G\n");
    }

    #[test]
    fn ordinary_text_of_any_script_is_not_touched() {
        for text in ["shop/café", "名前", "a: \"b\"  # c", ""] {
            assert!(matches!(shown(text), Cow::Borrowed(same) if same == text));
        }
    }
}
