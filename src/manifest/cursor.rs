//! Where things truly stand in a text: the steps over blanks, comments and punctuation that the parser's spans leave out.

/// A text to walk over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t>(pub(super) &'t str);

impl Cursor<'_> {
    /// The first offset from `at` that is neither white space nor part of a comment.
    pub(super) fn skip(&self, mut at: usize) -> usize {
        let bytes = self.0.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(0xEF) if self.0[at..].starts_with('\u{feff}') => at += 3,
                Some(b'#') => at = self.line_end(at),
                _ => return at,
            }
        }
    }

    pub(super) fn skip_blanks(&self, at: usize) -> usize {
        at + self.0.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.0.as_bytes().get(at).copied()
    }

    pub(super) fn is_break_or_blank(&self, at: usize) -> bool {
        self.byte(at).is_none_or(|byte| byte.is_ascii_whitespace())
    }

    pub(super) fn line_end(&self, at: usize) -> usize {
        let bytes = &self.0.as_bytes()[at.min(self.0.len())..];
        memchr::memchr(b'\n', bytes).map_or(self.0.len(), |found| at + found)
    }

    pub(super) fn after_line(&self, at: usize) -> usize {
        (self.line_end(at) + 1).min(self.0.len())
    }

    fn without_cr(&self, at: usize) -> usize {
        if at > 0 && self.byte(at - 1) == Some(b'\r') { at - 1 } else { at }
    }

    /// The span of a block scalar runs on to the next token. Its content ends with the last line that is not blank, and
    /// with all blank lines after it when the header says to keep them.
    pub(super) fn block_scalar_end(&self, header: usize, from: usize, to: usize, indent: Option<usize>) -> usize {
        let bytes = self.0.as_bytes();
        let header_end = self.line_end(header);
        let keep = bytes[header..header_end].iter().take_while(|byte| !byte.is_ascii_whitespace()).any(|b| *b == b'+');
        let mut line = self.after_line(header_end);
        let indent = indent.unwrap_or(usize::MAX);
        let limit = to.max(from);
        let (mut last, mut tail) = (header_end, self.after_line(header_end));
        // A header may carry a comment: the content ends with the header's line, comment excluded, when there is none.
        if line >= limit && !keep {
            return self.trim_end(header, header_end);
        }
        while line < bytes.len() && line < limit {
            let end = self.line_end(line);
            let spaces = bytes[line..end].iter().take_while(|byte| **byte == b' ').count();
            let blank = spaces == end - line || (end > line && spaces == end - line - 1 && bytes[end - 1] == b'\r');
            if !blank && spaces < indent {
                break;
            }
            if !blank || spaces > indent {
                last = end;
            }
            tail = self.after_line(end);
            line = tail;
            if end == bytes.len() {
                break;
            }
        }
        if keep {
            return tail;
        }
        if last == header_end { self.trim_end(header, header_end) } else { self.without_cr(last) }
    }

    /// The end of a block scalar's header, its comment and trailing blanks excluded.
    fn trim_end(&self, header: usize, line_end: usize) -> usize {
        let word = self.0[header..line_end].split([' ', '\t', '\r']).next().unwrap_or_default();
        header + word.len()
    }
}
