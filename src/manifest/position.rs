//! Where something stands in a text, as editors count.

use std::fmt;

/// Line and column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte offset; an offset beyond the end is the end.
    pub fn of(text: &str, offset: usize) -> Self {
        Self { line: 1, column: 1 }.behind(&text.as_bytes()[..offset.min(text.len())])
    }

    /// The position behind these bytes, which stand here.
    fn behind(self, bytes: &[u8]) -> Self {
        // Every byte that is not a UTF-8 continuation byte begins a character.
        let characters = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        match memchr::memrchr(b'\n', bytes) {
            None => Self { line: self.line, column: self.column + characters(bytes) },
            Some(last) => Self {
                line: self.line + bytes.iter().filter(|byte| **byte == b'\n').count(),
                column: 1 + characters(&bytes[last + 1..]),
            },
        }
    }
}

/// The positions of evenly spaced offsets, so that finding another one need not read the text from its start: a file may
/// have as many findings as lines, or have them all on one line.
#[derive(Debug)]
pub(super) struct Index(Vec<Position>);

impl Index {
    const STEP: usize = 4096;

    pub(super) fn of(text: &str) -> Self {
        let next = |here: &mut Position, bytes: &[u8]| {
            let at = *here;
            *here = here.behind(bytes);
            Some(at)
        };
        let steps = text.as_bytes().chunks(Self::STEP).chain([&[][..]]);
        Self(steps.scan(Position { line: 1, column: 1 }, next).collect())
    }

    /// What [`Position::of`] says.
    pub(super) fn find(&self, text: &str, offset: usize) -> Position {
        let offset = offset.min(text.len());
        let step = (offset / Self::STEP).min(self.0.len() - 1);
        self.0[step].behind(&text.as_bytes()[step * Self::STEP..offset])
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_finds_what_counting_finds() {
        for text in ["", "a", "été\n☃: x\r\n", "x\n\n"].map(|line| line.repeat(3000)) {
            let index = Index::of(&text);
            for offset in (0..text.len()).step_by(97).chain(4090..4100).chain([text.len(), text.len() + 9]) {
                let wanted = Position::of(&text, offset);
                assert_eq!(index.find(&text, offset), wanted, "offset {offset}");
            }
        }
        assert_eq!(Position::of("é\nab", 4), Position { line: 2, column: 2 });
    }
}
