//! The line of a manifest that a finding is about, with carets under the place.

use super::{Mask, Page, Palette, phrase, shown};
use std::fmt::Write as _;
use std::ops::Range;

/// A label goes below its carets when fewer columns than this are left beside them.
const BESIDE: usize = 30;
/// The columns a label below its carets has at least.
const BELOW: usize = 44;
/// How much of a long line stands before the place.
const LEAD: usize = 30;

/// What is drawn.
pub(super) struct Place<'p> {
    /// The text of the manifest.
    pub(super) text: &'p str,
    /// Which of its bytes are secrets.
    pub(super) mask: &'p Mask,
    /// The place.
    pub(super) range: &'p Range<usize>,
    /// The line in which it begins.
    pub(super) line: usize,
}

/// Draw the line in which a place begins. `label` is what is wrong there.
///
/// The result has a gutter as wide as `gutter` digits and ends in a line break.
pub(super) fn snippet(place: &Place<'_>, label: &str, gutter: usize, page: &Page) -> String {
    let Place { text, mask, range, line } = *place;
    // A minified file has lines of a million characters: what is shown of one fits the page.
    let width = page.width.saturating_sub(gutter + 3);
    let start = floor(text, range.start);
    let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let stop = floor(text, range.end).clamp(start, end);

    let before = tail(&mask.piece(begin, &text[begin..start]), LEAD, end - begin > width);
    let marked = text[start..stop].trim_end();
    let rest = start + marked.len();
    let rest = mask.piece(rest, text[rest..end].trim_end());
    let marked = mask.piece(start, marked);
    let mut shown_line = format!("{before}{}", shown(&marked));
    shown_line.push_str(&shown(&rest));
    let shown_line = phrase::clipped(&shown_line, width);

    let indent = before.chars().count();
    let room = width.saturating_sub(indent).max(1);
    let carets = shown(&marked).chars().count().clamp(1, room);
    let Palette { cyan, yellow, .. } = page.palette;
    let mut out = String::new();
    let _ = writeln!(out, "{cyan}{:gutter$} |{cyan:#}", "");
    let _ = writeln!(out, "{cyan}{line:gutter$} |{cyan:#} {shown_line}");
    let carets = "^".repeat(carets);
    for (column, line) in labelled(&carets, &shown(label), indent, width) {
        let _ = writeln!(out, "{cyan}{:gutter$} |{cyan:#} {:column$}{yellow}{line}{yellow:#}", "", "");
    }
    out
}

/// The carets with their label, as lines and the columns they begin at: beside the carets where there is room, else
/// below them.
fn labelled(carets: &str, label: &str, indent: usize, width: usize) -> Vec<(usize, String)> {
    let beside = indent + carets.len() + 1;
    let room = width.saturating_sub(beside);
    if room >= BESIDE || label.chars().count() <= room {
        let mut lines = phrase::wrapped(label, room, room).into_iter();
        let first = lines.next().unwrap_or_default();
        return std::iter::once((indent, format!("{carets} {first}")))
            .chain(lines.map(|line| (beside, line)))
            .collect();
    }
    let indent_below = indent.min(width.saturating_sub(BELOW));
    let room = width - indent_below;
    let below = phrase::wrapped(label, room, room).into_iter().map(|line| (indent_below, line));
    std::iter::once((indent, carets.to_owned())).chain(below).collect()
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

    fn at(text: &str, range: Range<usize>, line: usize, label: &str, gutter: usize, page: &Page) -> String {
        snippet(&Place { text, mask: &Mask::default(), range: &range, line }, label, gutter, page)
    }

    fn draw(text: &str, marked: &str, line: usize) -> String {
        let start = text.find(marked).expect("the marked text is there");
        at(text, start..start + marked.len(), line, "why", 2, &Page::default())
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
    fn a_long_label_is_broken_between_words_beside_the_carets_or_below() {
        let narrow = Page::new(Palette::default(), 50);
        let label = "nothing keeps these containers from running as root";
        assert_eq!(
            at("a: b\n", 3..4, 1, label, 1, &narrow),
            "  |\n1 | a: b\n  |    ^ nothing keeps these containers from\n  |      running as root\n"
        );
        let line = format!("{}x\n", " ".repeat(30));
        assert_eq!(
            at(&line, 30..31, 1, label, 1, &narrow).lines().skip(2).collect::<Vec<_>>(),
            [
                format!("  | {:30}^", ""),
                format!("  | {:2}nothing keeps these containers from running", ""),
                format!("  | {:2}as root", "")
            ]
        );
    }

    #[test]
    fn an_empty_place_at_the_end_still_gets_a_caret() {
        assert_eq!(at("a:", 2..2, 1, "why", 1, &Page::default()), "  |\n1 | a:\n  |   ^ why\n");
    }
}
