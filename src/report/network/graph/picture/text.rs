//! Text in a picture: how wide it is, where it breaks, and how it is written.

use crate::report::shown;

/// How wide a text is in pixels at a size of its letters. Nobody knows the font of the reader: this is as wide as the
/// wide ones (DejaVu Sans, Verdana), so that nothing is cut.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let letter = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.36,
        'f' | 't' | 'r' | ' ' | '-' | '/' | '(' | ')' | '[' | ']' => 0.43,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '=' | '<' | '>' | '&' | '+' => 0.98,
        c if c.is_ascii_uppercase() => 0.76,
        c if c.is_ascii() => 0.66,
        _ => 1.05,
    };
    text.chars().map(letter).sum::<f64>() * size
}

/// A text in lines of about `most` characters, broken behind a mark where there is one. Joined they are the text again.
pub(super) fn broken(text: &str, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = shown(text).chars().collect();
    while rest.len() > most {
        let mark = |c: &char| matches!(c, '-' | '.' | '/' | '_' | ',' | ';' | ' ' | '=');
        let head = rest.iter().take(most).rposition(mark).filter(|at| *at >= most / 3);
        let behind = rest.split_off(head.map_or(most, |at| at + 1));
        lines.push(rest.into_iter().collect());
        rest = behind;
    }
    lines.push(rest.into_iter().collect());
    lines
}

/// A text of one line or several for the inside of an element or attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        for c in shown(line).chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                // No characters of XML.
                '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
                c => out.push(c),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_joined_are_the_text() {
        for text in [
            "web",
            "a-very-long-name-of-a-workload-that-nobody-can-read.at.once",
            &"x".repeat(253),
            "é".repeat(50).as_str(),
        ] {
            let lines = broken(text, 24);
            assert_eq!(lines.concat(), text);
            assert!(lines.iter().all(|line| line.chars().count() <= 24), "{lines:?}");
        }
        assert_eq!(broken("front-end-of-the-shop-in-town", 24), ["front-end-of-the-shop-", "in-town"]);
    }

    #[test]
    fn what_is_markup_or_no_character_is_written_so_that_it_is_read() {
        assert_eq!(escaped("<a b=\"c\">&\u{1b}\u{ffff}\nd"), "&lt;a b=&quot;c&quot;&gt;&amp;^[\u{fffd}\nd");
        assert!(width("mmm", 13.0) > width("iii", 13.0));
    }
}
