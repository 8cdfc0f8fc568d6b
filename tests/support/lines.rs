//! Which lines a change may touch, found from the values and the spans alone, without the editor's help.

use kubectl_harden::manifest::{Document, Stream};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;

/// The lines of a source that changes may touch.
#[derive(Debug)]
pub(crate) struct Touchable<'s> {
    text: &'s str,
    starts: Vec<usize>,
    lines: BTreeSet<usize>,
    /// Something that may hold comments is taken away.
    pub(crate) loses: bool,
}

impl<'s> Touchable<'s> {
    pub(crate) fn of(stream: &'s Stream, changes: &[(usize, &Value)]) -> Self {
        let text = stream.text();
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut touchable = Self { text, starts, lines: BTreeSet::new(), loses: false };
        for (index, after) in changes {
            let document = stream.document(*index).expect("a document");
            let before = document.value().expect("a value");
            touchable.compare(document, "", &before, after);
        }
        // A last line without line break gets one when something comes after it.
        if !text.ends_with('\n') && !touchable.lines.is_empty() || !changes.is_empty() {
            let last = touchable.line(text.len());
            touchable.lines.insert(last);
        }
        // Spans look through aliases, so the line of an alias that is written out is not among them.
        for at in 0..touchable.starts.len() {
            if touchable.content(at).contains('*') {
                touchable.lines.insert(at);
            }
        }
        touchable
    }

    /// The first line that is not in `result` though no change may touch it.
    pub(crate) fn lost(&self, result: &str) -> Option<String> {
        // A byte order mark stays at the head, whichever line stands there.
        let mut new = result.trim_start_matches('\u{feff}').split('\n').map(|line| line.trim_end_matches('\r'));
        (0..self.starts.len())
            .filter(|at| !self.lines.contains(at))
            .find(|at| !new.any(|line| line == self.content(*at)))
            .map(|at| format!("line {}: {:?}", at + 1, self.content(at)))
    }

    /// Whether a change may touch a line, counted from 0.
    pub(crate) fn may(&self, line: usize) -> bool {
        self.lines.contains(&line)
    }

    fn compare(&mut self, document: Document<'_>, pointer: &str, before: &Value, after: &Value) {
        if before == after {
            return;
        }
        match (before, after) {
            (Value::Object(old), Value::Object(new)) if !new.is_empty() => {
                if !old.is_empty() && !old.keys().any(|key| new.contains_key(key)) {
                    return self.replaced(document, pointer, before);
                }
                let mut moves = false;
                for (key, value) in old {
                    let place = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    match new.get(key) {
                        Some(after) => {
                            moves = false;
                            self.compare(document, &place, value, after);
                        }
                        None => moves = self.removed(document, pointer, &place, false, moves),
                    }
                }
                if new.keys().any(|key| !old.contains_key(key)) {
                    self.added(document, pointer, old.is_empty());
                }
            }
            (Value::Array(old), Value::Array(new)) if !new.is_empty() => {
                let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
                let rest = old.len().min(new.len()) - same;
                let tail =
                    old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
                let (middle, new_middle) = (same..old.len() - tail, same..new.len() - tail);
                if middle.len() == new_middle.len() && middle.clone().all(|at| alike(&old[at], &new[at])) {
                    // Where an item is there again at another place, it may be the one that stays.
                    if middle.clone().any(|at| new[middle.clone()].contains(&old[at])) {
                        self.loses = true;
                        let first = document.nearest(&format!("{pointer}/{}", middle.start));
                        let last = document.nearest(&format!("{pointer}/{}", middle.end - 1));
                        let line = match document.span(pointer, false) {
                            Some(span) if !self.text[span.clone()].starts_with('[') => {
                                self.dash_line(self.line(first.start))
                            }
                            _ => self.line(first.start),
                        };
                        self.comments_above(line);
                        return self.all(self.starts[line]..last.end);
                    }
                    for at in middle {
                        self.compare(document, &format!("{pointer}/{at}"), &old[at], &new[at]);
                    }
                    return;
                }
                if middle.len() == old.len() && !old.is_empty() {
                    return self.replaced(document, pointer, before);
                }
                let mut moves = false;
                for at in middle {
                    moves = self.removed(document, pointer, &format!("{pointer}/{at}"), true, moves);
                }
                if !new_middle.is_empty() {
                    self.added(document, pointer, old.is_empty());
                }
            }
            _ => self.replaced(document, pointer, before),
        }
    }

    /// A value goes and another one comes, of another type or with nothing in common.
    fn replaced(&mut self, document: Document<'_>, pointer: &str, before: &Value) {
        self.loses |= matches!(before, Value::Object(map) if !map.is_empty());
        self.loses |= matches!(before, Value::Array(list) if !list.is_empty());
        let span = document.nearest(pointer);
        self.taken_below(self.line(span.start), span.end);
        self.all(span);
    }

    /// A key or an item goes: its lines, the comments directly above, and in flow or on a dash what stands beside it.
    /// Returns whether what stands below moves up to a dash; `moves` says that this one would have.
    fn removed(&mut self, document: Document<'_>, parent: &str, pointer: &str, item: bool, moves: bool) -> bool {
        self.loses = true;
        let span = document.nearest(pointer);
        let mut first = self.line(span.start);
        // The dash may stand on a line before.
        let block = document.span(parent, false).is_some_and(|span| !self.text[span].starts_with('['));
        if item && block {
            first = self.dash_line(first);
        }
        self.lines.insert(first);
        self.comments_above(first);
        let moves = moves || self.content(first).trim_start().starts_with('-');
        if moves {
            let next = self.line(span.end) + 1;
            let content = |at: &usize| !matches!(self.content(*at).trim_start().as_bytes().first(), None | Some(b'#'));
            let next = (next..self.starts.len()).find(content).unwrap_or(next);
            self.lines.extend(first..=next);
        }
        self.taken_below(first, span.end);
        self.all(span);
        self.added(document, parent, false);
        moves
    }

    /// What goes with something that begins on line `first` and ends at `end` since a block scalar above would take it for
    /// its text.
    fn taken_below(&mut self, first: usize, end: usize) {
        if !self.text.contains(['|', '>']) {
            return;
        }
        let column = |line: &str| line.len() - line.trim_start().len();
        let own = column(self.content(first));
        let taken = (self.line(end)..self.starts.len()).skip(1).take_while(|at| {
            let line = self.content(*at);
            line.trim().is_empty() || line.trim_start().starts_with('#') && column(line) > own
        });
        self.lines.extend(taken.collect::<Vec<_>>());
    }

    /// The line of an item's dash, which may stand above the item; all lines on the way may be touched.
    fn dash_line(&mut self, mut line: usize) -> usize {
        while line > 0 && !self.content(line).trim_start().starts_with('-') {
            self.lines.insert(line);
            line -= 1;
        }
        line
    }

    fn comments_above(&mut self, mut line: usize) {
        while line > 0 && self.content(line - 1).trim_start().starts_with('#') {
            line -= 1;
            self.lines.insert(line);
        }
    }

    /// Something comes into a collection: a block keeps all its lines, a flow collection does not.
    fn added(&mut self, document: Document<'_>, pointer: &str, empty: bool) {
        let Some(span) = document.span(pointer, false) else { return };
        let mut body = &self.text[span];
        while body.starts_with(['&', '!']) {
            body = body.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
        }
        if empty || body.starts_with(['{', '[']) {
            self.all(document.nearest(pointer));
        }
    }

    fn all(&mut self, span: Range<usize>) {
        self.lines.extend(self.line(span.start)..=self.line(span.end));
    }

    fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    fn content(&self, line: usize) -> &'s str {
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| next - 1);
        self.text[self.starts[line]..end].trim_start_matches('\u{feff}').trim_end_matches('\r')
    }
}

/// Whether an item of a list may be taken for the later one at the same place: not when their identities differ.
fn alike(old: &Value, new: &Value) -> bool {
    const KEYS: [&str; 6] = ["mountPath", "devicePath", "containerPort", "name", "ip", "key"];
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            KEYS.iter().all(|key| old.get(*key) == new.get(*key)) && old.get("protocol") == new.get("protocol")
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
            old.is_array() && new.is_array()
        }
        _ => true,
    }
}
