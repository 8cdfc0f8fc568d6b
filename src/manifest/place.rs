//! Where in the text a scalar stands, or a part of it.

use super::Document;
use super::tree::{Entry, Id, Kind, NONE, Node};
use granit_parser::ScalarStyle;
use std::ops::Range;

impl Document<'_> {
    /// The bytes of what is at a JSON pointer, quotes and the head of a block scalar left out; with `parts`, those of these
    /// bytes of its text, which are sorted. Where a spelling hides which bytes those are, more of the scalar is given, never
    /// less.
    pub fn places(&self, pointer: &str, parts: Option<&[Range<usize>]>) -> Vec<Range<usize>> {
        let mut all = Vec::new();
        for id in self.every(pointer) {
            all.extend(self.places_of(id, parts));
        }
        all
    }

    /// The nodes at a pointer: several where a key is there twice, of which the last counts.
    fn every(&self, pointer: &str) -> Vec<Id> {
        let (tree, found) = (self.stream.tree(), self.find(pointer));
        let parent = pointer.rsplit_once('/').and_then(|(parent, _)| self.find(parent).ok());
        let Ok((Some(entry), id)) = found else { return found.map(|(_, id)| id).into_iter().collect() };
        let parent = parent.map(|(_, id)| tree.node(tree.target(id))).filter(|node| node.kind == Kind::Map);
        let key = |entry: &Entry| tree.key(&self.stream.text, entry);
        let same = parent.into_iter().flat_map(|node| tree.entries(node));
        let same = same.filter(|one| entry.key != NONE && key(one) == key(&entry));
        let mut list: Vec<Id> = same.map(|one| one.value).collect();
        if !list.contains(&id) {
            list.push(id);
        }
        list
    }

    fn places_of(&self, id: Id, parts: Option<&[Range<usize>]>) -> Vec<Range<usize>> {
        let (source, tree) = (&self.stream.text, self.stream.tree());
        let node = tree.node(tree.target(id));
        let whole = inner(source, node);
        let within = &source[whole.clone()];
        let list = parts.and_then(|parts| match node.kind {
            Kind::Raw(_) => {
                let text =
                    whole.start.max(node.a as usize) - whole.start..(node.b as usize).max(whole.start) - whole.start;
                parts.iter().all(|part| part.end <= text.len()).then(|| {
                    parts.iter().map(|part| text.start + part.start..text.start + part.end).collect::<Vec<_>>()
                })
            }
            Kind::Decoded(ScalarStyle::Literal) => in_literal(within, tree.text(source, node), parts),
            Kind::Decoded(_) => in_decoded(within, tree.text(source, node), parts),
            _ => None,
        });
        match list {
            Some(list) => list.into_iter().map(|range| whole.start + range.start..whole.start + range.end).collect(),
            None => vec![whole],
        }
    }
}

/// The bytes of a scalar without its quotes or its head.
fn inner(source: &str, node: &Node) -> Range<usize> {
    let range = node.content as usize..node.end.max(node.content) as usize;
    match node.style() {
        Some(ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted) if range.len() >= 2 => {
            range.start + 1..range.end - 1
        }
        Some(ScalarStyle::Literal | ScalarStyle::Folded) => {
            let head = source[range.clone()].find('\n').map_or(range.len(), |feed| feed + 1);
            range.start + head..range.end
        }
        _ => range,
    }
}

/// Where parts of a literal stand in its source: line by line, each set in by the same number of blanks. `None` where that
/// is not plain.
fn in_literal(source: &str, text: &str, parts: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    let lines = |text: &str| -> Vec<(usize, usize)> {
        let mut at = 0;
        let line = |line: &str| {
            at += line.len();
            (at - line.len(), line.trim_end_matches(['\n', '\r']).len())
        };
        text.split_inclusive('\n').map(line).collect()
    };
    let (written, read) = (lines(source), lines(text));
    let mut list = Vec::new();
    for part in parts {
        let mut start = part.start;
        let first = read.partition_point(|(begin, _)| *begin <= start).checked_sub(1)?;
        for (line, piece) in (first..).zip(text.get(part.clone())?.split('\n')) {
            let shown = piece.trim_end_matches('\r').len();
            if shown > 0 {
                let ((begin, length), (own, plain)) = (written.get(line)?, read.get(line)?);
                let from = begin + length.checked_sub(*plain)? + (start - own);
                if source.get(from..from + shown)? != &piece[..shown] {
                    return None;
                }
                list.push(from..from + shown);
            }
            start += piece.len() + 1;
        }
    }
    Some(list)
}

/// Where parts of a quoted or folded text stand in its source: wherever that reads the same, with the characters around
/// it, since a short part could stand anywhere. `None` where that is not plain.
fn in_decoded(source: &str, text: &str, parts: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    if parts.len() > MOST {
        return None;
    }
    let plain = |c: &char| c.is_ascii_graphic() && !['"', '\'', '\\'].contains(c);
    let mut list = Vec::new();
    for part in parts {
        let wanted = text.get(part.clone())?;
        let before: usize = text[..part.start].chars().rev().take_while(plain).take(AROUND).map(char::len_utf8).sum();
        let after: usize = text[part.end..].chars().take_while(plain).take(AROUND).map(char::len_utf8).sum();
        let wide = &text[part.start - before..part.end + after];
        let known = list.len();
        list.extend(source.match_indices(wide).map(|(at, _)| at + before..at + before + wanted.len()));
        if wide.len() < 6 || wanted.contains('\n') || list.len() == known {
            return None;
        }
    }
    Some(list)
}

/// How many parts are looked for one by one.
const MOST: usize = 50;
/// How many characters around a part are looked for with it.
const AROUND: usize = 8;

#[cfg(test)]
mod tests {
    use super::super::Stream;

    fn places(text: &str, part: Option<&str>) -> Vec<String> {
        let stream = Stream::read(text.to_owned()).unwrap();
        let document = stream.document(0).unwrap();
        let part = part.map(|part| {
            let at = document.scalar("/a").unwrap().find(part).unwrap();
            at..at + part.len()
        });
        document
            .places("/a", part.as_ref().map(std::slice::from_ref))
            .into_iter()
            .map(|range| text[range].to_owned())
            .collect()
    }

    #[test]
    fn a_whole_scalar_stands_between_its_quotes_or_below_its_head() {
        assert_eq!(places("a: plain # x\n", None), ["plain"]);
        assert_eq!(places("a: \"qu\\\"oted\"\n", None), ["qu\\\"oted"]);
        assert_eq!(places("a: &x !!str 'it''s'\n", None), ["it''s"]);
        assert_eq!(places("a: |\n  one\n  two\n", None), ["  one\n  two"]);
        assert_eq!(places("a: one\na: two\n", None), ["one", "two"]);
        assert_eq!(places("b: &x secret\na: *x\n", None), ["secret"]);
    }

    #[test]
    fn a_part_stands_where_it_is_read_from() {
        assert_eq!(places("a: x=secret y\n", Some("secret")), ["secret"]);
        assert_eq!(places("a: |\n  secret=1\n  b=secret\n", Some("b=secret")), ["b=secret"]);
        assert_eq!(places("a: |\n  one\n   two\n  three\n", Some("one\n two\nth")), ["one", " two", "th"]);
        assert_eq!(places("a: \"x\\n=secret\"\n", Some("secret")), ["secret"]);
        assert_eq!(places("a: \"x\\n=ab\"\n", Some("ab")), ["x\\n=ab"]);
        assert_eq!(places("a: x-admin\n  http://admin:admin@web\n", Some("admin@web")), ["admin@web"]);
        assert_eq!(places("a: >\n  folded\n  secret\n", Some("secret")), ["secret"]);
    }
}
