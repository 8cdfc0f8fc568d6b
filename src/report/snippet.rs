//! The line of a manifest that a finding is about, with carets under the place.

use super::{Palette, shown};
use std::fmt::Write as _;
use std::ops::Range;

/// The widest piece of a line that is shown, in characters; a minified file has lines of a million.
const WIDTH: usize = 100;
/// How much of a long line stands before the place.
const LEAD: usize = 30;

/// Draw the line in which `range` begins. `label` is what is wrong there.
///
/// The result has a gutter as wide as `gutter` digits and ends in a line break.
pub(super) fn snippet(
    text: &str,
    range: &Range<usize>,
    line: usize,
    label: &str,
    gutter: usize,
    palette: &Palette,
) -> String {
    let start = floor(text, range.start);
    let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let stop = floor(text, range.end).clamp(start, end);

    let before = tail(&text[begin..start], LEAD, end - begin > WIDTH);
    let marked = text[start..stop].trim_end();
    let rest = text[start + marked.len()..end].trim_end();
    let mut shown_line = format!("{before}{}", shown(marked));
    shown_line.push_str(&shown(rest));
    let shown_line = super::phrase::clipped(&shown_line, WIDTH);

    let indent = before.chars().count();
    let room = WIDTH.saturating_sub(indent).max(1);
    let carets = shown(marked).chars().count().clamp(1, room);
    let Palette { cyan, yellow, .. } = palette;
    let mut out = String::new();
    let _ = writeln!(out, "{cyan}{:gutter$} |{cyan:#}", "");
    let _ = writeln!(out, "{cyan}{line:gutter$} |{cyan:#} {shown_line}");
    let _ = writeln!(
        out,
        "{cyan}{:gutter$} |{cyan:#} {:indent$}{yellow}{} {}{yellow:#}",
        "",
        "",
        "^".repeat(carets),
        shown(label)
    );
    out
}

/// The end of what stands before the place; the whole of it in a line of ordinary length.
fn tail(before: &str, characters: usize, long: bool) -> String {
    let before = shown(before);
    let count = before.chars().count();
    if !long || count <= characters {
        return before.into_owned();
    }
    std::iter::once('…').chain(before.chars().skip(count - characters)).collect()
}

/// The nearest character boundary at or before an offset.
fn floor(text: &str, offset: usize) -> usize {
    let mut at = offset.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(text: &str, marked: &str, line: usize) -> String {
        let start = text.find(marked).expect("the marked text is there");
        snippet(text, &(start..start + marked.len()), line, "why", 2, &Palette::default())
    }

    #[test]
    fn carets_stand_under_the_place() {
        let text = "containers:\n  - name: web\n    image: nginx:1.27\n";
        assert_eq!(draw(text, "nginx:1.27", 3), "   |\n 3 |     image: nginx:1.27\n   |            ^^^^^^^^^^ why\n");
    }

    #[test]
    fn a_place_of_several_lines_shows_its_first() {
        let text = "a:\n  - name: web\n    image: x\n";
        assert_eq!(draw(text, "name: web\n    image: x\n", 2), "   |\n 2 |   - name: web\n   |     ^^^^^^^^^ why\n");
    }

    #[test]
    fn carriage_returns_tabs_and_escapes_do_not_move_the_carets() {
        let text = "\ta: \x1b[31m \"x\"\r\nb: 1\r\n";
        let place = format!("   | {:14}^^^ why\n", "");
        assert_eq!(draw(text, "\"x\"", 1), format!("   |\n 1 |     a: ^[[31m \"x\"\n{place}"));
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut_around_the_place() {
        let text = format!("{{{}\"image\":\"x\"{}}}", "\"a\":1,".repeat(1000), ",\"b\":2".repeat(200_000));
        let drawn = draw(&text, "\"image\"", 1);
        assert!(drawn.len() < 500, "{}", drawn.len());
        let lines: Vec<&str> = drawn.lines().collect();
        let place = lines[1].chars().collect::<Vec<_>>();
        let caret = lines[2].chars().position(|c| c == '^').expect("carets");
        assert_eq!(place[caret..caret + 7].iter().collect::<String>(), "\"image\"");
    }

    #[test]
    fn an_empty_place_at_the_end_still_gets_a_caret() {
        assert_eq!(snippet("a:", &(2..2), 1, "why", 1, &Palette::default()), "  |\n1 | a:\n  |   ^ why\n");
    }
}
