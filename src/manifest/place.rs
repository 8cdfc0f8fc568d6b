//! Where in the text a scalar stands, or a part of it.

use super::Document;
use super::tree::{Entry, Id, Kind, NONE, Node};
use granit_parser::ScalarStyle;
use std::ops::Range;

impl Document<'_> {
    /// The bytes of what is at a JSON pointer, quotes and the head of a block scalar left out; with `part`, those of these
    /// bytes of its text. Where a spelling hides which bytes those are, more of the scalar is given, never less.
    pub fn places(&self, pointer: &str, part: Option<&Range<usize>>) -> Vec<Range<usize>> {
        let mut all = Vec::new();
        for id in self.every(pointer) {
            all.extend(self.places_of(id, part));
        }
        all
    }

    /// The nodes at a pointer: several where a key is there twice, of which the last counts.
    fn every(&self, pointer: &str) -> Vec<Id> {
        let (tree, found) = (&self.stream.tree, self.find(pointer));
        let parent = pointer.rsplit_once('/').and_then(|(parent, _)| self.find(parent).ok());
        let Ok((Some(entry), id)) = found else { return found.map(|(_, id)| id).into_iter().collect() };
        let parent = parent.map(|(_, id)| tree.node(tree.target(id))).filter(|node| node.kind == Kind::Map);
        let key = |entry: &Entry| tree.key(&self.stream.text, entry);
        let same = parent
            .into_iter()
            .flat_map(|node| tree.entries(node))
            .filter(|one| entry.key != NONE && key(one) == key(&entry));
        let mut list: Vec<Id> = same.map(|one| one.value).collect();
        if !list.contains(&id) {
            list.push(id);
        }
        list
    }

    fn places_of(&self, id: Id, part: Option<&Range<usize>>) -> Vec<Range<usize>> {
        let (source, tree) = (&self.stream.text, &self.stream.tree);
        let node = tree.node(tree.target(id));
        let whole = inner(source, node);
        let Some(part) = part else { return vec![whole] };
        match node.kind {
            Kind::Raw(_) => {
                let start = node.a as usize;
                let range = start + part.start..start + part.end;
                if range.end <= node.b as usize { vec![range] } else { vec![whole] }
            }
            Kind::Decoded(style) => {
                let text = tree.text(source, node);
                in_decoded(&source[whole.clone()], text, part, style).map_or_else(
                    || vec![whole.clone()],
                    |list| list.into_iter().map(|it| whole.start + it.start..whole.start + it.end).collect(),
                )
            }
            _ => vec![whole],
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

/// Where a part of a text stands in the source that it was read from; `None` where that is not plain.
fn in_decoded(source: &str, text: &str, part: &Range<usize>, style: ScalarStyle) -> Option<Vec<Range<usize>>> {
    let wanted = text.get(part.clone())?;
    if style == ScalarStyle::Literal {
        // Line by line, each set in by the same number of blanks.
        let first = text[..part.start].matches('\n').count();
        let mut begins = Vec::new();
        let mut at = 0;
        for line in source.split_inclusive('\n') {
            begins.push((at, line.trim_end_matches(['\n', '\r'])));
            at += line.len();
        }
        let mut list = Vec::new();
        let mut start = part.start;
        for (offset, piece) in wanted.split('\n').enumerate() {
            let (begin, line) = begins.get(first + offset)?;
            let head = text[..start].rfind('\n').map_or(0, |feed| feed + 1);
            let tail = text[start..].find('\n').map_or(text.len(), |feed| start + feed);
            let indent = line.len().checked_sub(text[head..tail].trim_end_matches('\r').len())?;
            let from = begin + indent + (start - head);
            if source.get(from..from + piece.trim_end_matches('\r').len())? != piece.trim_end_matches('\r') {
                return None;
            }
            list.push(from..from + piece.len());
            start += piece.len() + 1;
        }
        return Some(list);
    }
    // Anywhere it stands, with the characters around it: a short one could stand anywhere.
    let plain = |c: &char| c.is_ascii_graphic() && !['"', '\'', '\\'].contains(c);
    let before: usize = text[..part.start].chars().rev().take_while(plain).take(AROUND).map(char::len_utf8).sum();
    let after: usize = text[part.end..].chars().take_while(plain).take(AROUND).map(char::len_utf8).sum();
    let wide = &text[part.start - before..part.end + after];
    let found = source.match_indices(wide).map(|(at, _)| at + before..at + before + wanted.len());
    let list: Vec<Range<usize>> = found.collect();
    (wide.len() >= 6 && !wanted.contains('\n') && !list.is_empty()).then_some(list)
}

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
        document.places("/a", part.as_ref()).into_iter().map(|range| text[range].to_owned()).collect()
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
