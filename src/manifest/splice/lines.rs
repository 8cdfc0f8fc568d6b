//! Lines of a text: where they begin and end, how they break, how far they are indented.

use std::borrow::Cow;

/// A text that ends with a line break, and how its lines break.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    pub(super) text: Cow<'t, str>,
    /// The line break of the first line.
    pub(super) eol: &'static str,
    /// Whether the final line break was added here.
    pub(super) added: bool,
    /// Where the line breaks stand: looking for them each time would take too long where a line has a million values.
    feeds: Vec<u32>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let first = memchr::memchr(b'\n', text.as_bytes());
        let eol = if first.is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" };
        let (text, added) = super::with_final_break(text, eol);
        let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32).collect();
        Self { text, eol, added, feeds }
    }

    fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes().get(at).copied()
    }

    /// Where the line of `at` begins; behind a byte-order mark, which belongs to no line.
    pub(super) fn start(&self, at: usize) -> usize {
        match self.line(at).checked_sub(1) {
            Some(above) => self.feeds[above] as usize + 1,
            None if self.text.starts_with('\u{feff}') => '\u{feff}'.len_utf8().min(at),
            None => 0,
        }
    }

    /// The number of line breaks before `at`.
    fn line(&self, at: usize) -> usize {
        self.feeds.partition_point(|feed| (*feed as usize) < at)
    }

    /// Where the line of `at` ends, its line break excluded.
    pub(super) fn end(&self, at: usize) -> usize {
        let feed = self.feed(at);
        if feed > at && self.byte(feed - 1) == Some(b'\r') { feed - 1 } else { feed }
    }

    /// Where the line after the content that ends at `end` begins. Content that holds its own line break (`|+`) ends
    /// there already.
    pub(super) fn after(&self, end: usize) -> usize {
        if end > 0 && self.byte(end - 1) == Some(b'\n') { end } else { self.below(end) }
    }

    /// Where the line below the line of `at` begins.
    pub(super) fn below(&self, at: usize) -> usize {
        (self.feed(at) + 1).min(self.text.len())
    }

    fn feed(&self, at: usize) -> usize {
        self.feeds.get(self.line(at)).map_or(self.text.len(), |feed| *feed as usize)
    }

    /// The line break that a line put in at `at` should have: that of the line before.
    pub(super) fn eol_at(&self, at: usize) -> &'static str {
        match self.bytes()[..at.min(self.text.len())] {
            [.., b'\r', b'\n'] => "\r\n",
            [.., b'\n'] => "\n",
            _ => self.eol,
        }
    }

    /// How many columns `at` is away from the start of its line.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.start(at)
    }

    /// Whether only blanks stand before `at` on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.text[self.start(at)..at].bytes().all(|byte| byte == b' ' || byte == b'\t')
    }

    /// The blanks at the head of the line of `at`.
    pub(super) fn indent(&self, at: usize) -> &str {
        let line = &self.text[self.start(at)..self.end(at)];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// The first offset from `at` that is no white space and in no comment.
    pub(super) fn skip(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(b'#') => at = self.feed(at),
                _ => return at,
            }
        }
    }

    /// Move `at`, the start of a line, over the comment lines for which `belongs` (column, text from the `#` on) holds.
    /// Comments at column 0 speak of the file, never of what stands above.
    pub(super) fn over_comments(&self, mut at: usize, mut belongs: impl FnMut(usize, &str) -> bool) -> usize {
        while at < self.text.len() {
            let line = &self.text[at..self.end(at)];
            let comment = line.trim_start_matches(' ');
            let column = line.len() - comment.len();
            if column == 0 || !comment.starts_with('#') || !belongs(column, comment) {
                break;
            }
            at = self.below(at);
        }
        at
    }

    /// Move `at`, the start of a line, over blank lines.
    pub(super) fn skip_blank_lines(&self, mut at: usize) -> usize {
        while at < self.text.len() && self.text[at..self.end(at)].trim_ascii().is_empty() {
            at = self.below(at);
        }
        at
    }

    /// Move `at`, the start of a line, up over the comment lines that stand at `column`.
    pub(super) fn up_over_comments(&self, mut at: usize, column: usize) -> usize {
        while at > 0 {
            let above = self.start(at - 1);
            let line = &self.text[above..self.end(above)];
            let comment = line.trim_start_matches(' ');
            if !comment.starts_with('#') || line.len() - comment.len() != column {
                break;
            }
            at = above;
        }
        at
    }
}
