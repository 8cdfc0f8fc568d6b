//! Which bytes of a manifest are secrets: reports show `***` in their place, whatever the profile runs and excuses.
//!
//! Counted are what [`look`] finds in any object, whatever a Secret holds, and what comments hold. This is the one place
//! that tells; all reports that show a piece of a manifest's text ask it.

use crate::manifest::{Document, Stream};
use crate::secrets::{MASK, in_text, look, may_hold};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

/// The secret bytes of one text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Sorted, none touching another.
    spans: Vec<Range<usize>>,
}

/// The mask of a text, made when it is first asked for.
#[derive(Debug, Default)]
pub struct LazyMask(OnceLock<Mask>);

impl LazyMask {
    /// The mask. `stream` is always the same.
    pub fn of(&self, stream: &Stream) -> &Mask {
        self.0.get_or_init(|| Mask::of(stream))
    }
}

impl Mask {
    /// The secrets of a manifest.
    pub fn of(stream: &Stream) -> Self {
        let text = stream.text();
        let mut spans = Vec::new();
        if may_hold(text) {
            stream.documents().for_each(|document| of_document(document, &mut spans));
            of_comments(text, &mut spans);
        }
        spans.sort_by_key(|span| (span.start, span.end));
        let mut merged: Vec<Range<usize>> = Vec::new();
        for span in spans.into_iter().filter(|span| !span.is_empty()) {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        Self { spans: merged }
    }

    /// The mask of a text that was made of another one by changing values: where that holds no secret, this does not.
    pub fn of_changed(before: &Self, after: &str) -> Self {
        if before.is_empty() {
            return Self::default();
        }
        match Stream::read(after.to_owned()) {
            Ok(stream) => Self::of(&stream),
            // It was read by two readers before: should it not be now, nothing of it is shown.
            Err(_) => Self { spans: std::iter::once(0..after.len()).collect() },
        }
    }

    /// Whether there is no secret at all.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A piece of the text that begins at a byte, its secrets masked. Line breaks and what stands before the first
    /// character of a line stay.
    pub fn piece<'t>(&self, start: usize, piece: &'t str) -> Cow<'t, str> {
        let end = start + piece.len();
        let first = self.spans.partition_point(|span| span.end <= start);
        let within = self.spans[first..].iter().take_while(|span| span.start < end);
        let mut out = String::new();
        let mut at = 0;
        for span in within {
            for line in piece[span.start.max(start) - start..span.end.min(end) - start].split_inclusive('\n') {
                let from = line.as_ptr() as usize - piece.as_ptr() as usize;
                let blank = line.len() - line.trim_start().len();
                let length = line.trim_end().len();
                if length > blank || (blank == 0 && length > 0) {
                    out.push_str(&piece[at..from + blank]);
                    out.push_str(MASK);
                    at = from + length;
                }
            }
        }
        if at == 0 && out.is_empty() {
            return Cow::Borrowed(piece);
        }
        out.push_str(&piece[at..]);
        Cow::Owned(out)
    }
}

/// The items of a list one by one, so that no more than the values of one are held at once.
fn of_document(document: Document<'_>, spans: &mut Vec<Range<usize>>) {
    let kind = document.scalar("/kind").unwrap_or_default();
    let text = document.stream().text();
    let is_list = kind.ends_with("List") && document.span("/items/0", false).is_some();
    if !is_list {
        let bytes = document.nearest("");
        if may_hold(&text[bytes.clone()]) {
            of_value(document, "", &[], document.value().ok(), bytes, spans);
        }
        return;
    }
    for index in 0..text.len() {
        let pointer = format!("/items/{index}");
        let Some(bytes) = document.span(&pointer, false) else { break };
        if !may_hold(&text[bytes.clone()]) && !kind.starts_with("Secret") {
            continue;
        }
        let item = document.value_at(&pointer).and_then(Result::ok);
        // What an item of a typed list is, its list says.
        let typed = item.map(|item| json!({"apiVersion": "v1", "kind": kind, "items": [item]}));
        of_value(document, &pointer, &["/items/0"], typed, bytes, spans);
    }
}

/// `value` stands at `base`; `wrapped` is what its own pointers begin with.
fn of_value(
    document: Document<'_>,
    base: &str,
    wrapped: &[&str],
    value: Option<Value>,
    bytes: Range<usize>,
    spans: &mut Vec<Range<usize>>,
) {
    let Some(value) = value else { return spans.push(bytes) };
    for of_one in look(&value).chunk_by(|one, other| one.pointer == other.pointer) {
        let pointer = &of_one[0].pointer;
        let own = wrapped.iter().find_map(|head| pointer.strip_prefix(head)).unwrap_or(pointer);
        // All parts, or the whole of it.
        let parts: Option<Vec<Range<usize>>> = of_one.iter().map(|sight| sight.part.clone()).collect();
        spans.extend(document.places(&format!("{base}{own}"), parts.as_deref()));
    }
}

/// Comments: what was commented out may be a secret all the same. A `#` within a scalar is looked at as well, which
/// harms nothing: a secret is one there, too.
fn of_comments(text: &str, spans: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut last = 0;
    // The name of a variable of which the next comment gives the value.
    let mut name: Option<(usize, &str)> = None;
    for at in memchr::memchr_iter(b'#', bytes) {
        if at < last || (at > 0 && !b" \t\n".contains(&bytes[at - 1])) {
            continue;
        }
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(text.len(), |feed| at + feed);
        last = end;
        let comment = &text[at..end];
        let words = comment.trim_start_matches(['#', ' ', '\t', '-']).trim_end();
        if let (Some((before, name)), Some(value)) = (name, words.strip_prefix("value:"))
            && text[before..at].trim().is_empty()
        {
            let value = value.trim();
            if !look(&json!({"name": name, "value": value.trim_matches(['"', '\''])})).is_empty() {
                let start = value.as_ptr() as usize - text.as_ptr() as usize;
                spans.push(start..start + value.len());
            }
        }
        name = words.strip_prefix("name:").map(|name| (end, name.trim().trim_matches(['"', '\''])));
        if may_hold(comment) {
            spans.extend(in_text(comment).into_iter().map(|hit| at + hit.range.start..at + hit.range.end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let stream = Stream::read(text.to_owned()).unwrap();
        Mask::of(&stream).piece(0, text).into_owned()
    }

    #[test]
    fn whatever_a_secret_holds_in_every_style() {
        let text = "apiVersion: v1\nkind: Secret\ndata: {a: eA==, b: \"eQ==\"}\nstringData:\n  c: |\n    one\n    two\n  d: x # y\n";
        assert_eq!(
            masked(text),
            "apiVersion: v1\nkind: Secret\ndata: {a: ***, b: \"***\"}\nstringData:\n  c: |\n    ***\n    ***\n  d: *** # y\n"
        );
        let list = "apiVersion: v1\nkind: SecretList\nitems:\n- data: {a: eA==}\n- data: {a: eA==}\n";
        assert_eq!(masked(list), list.replace("eA==", "***"));
        let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, data: {a: eA==}}\n";
        assert_eq!(masked(list), list.replace("eA==", "***"));
    }

    #[test]
    fn variables_words_files_and_comments() {
        for (text, secret) in [
            ("env:\n- name: DB_PASSWORD\n  value: \"S3cure!pa55\" # why\n", "S3cure!pa55"),
            ("env: [{name: DB_PASSWORD, value: S3cure!pa55}, {name: A, value: b}]\n", "S3cure!pa55"),
            ("args: [--password=S3cure!pa55, --x]\n", "S3cure!pa55"),
            ("data:\n  app: |\n    a=b\n    password=S3cure!pa55\n", "S3cure!pa55"),
            ("a: b\n# password: S3cure!pa55\n", "S3cure!pa55"),
            ("a: b # token=f7a9s8d7f6as98\n", "f7a9s8d7f6as98"),
            ("env:\n# - name: DB_PASSWORD\n#   value: S3cure!pa55\n", "S3cure!pa55"),
            ("spec:\n  values: {auth: {adminPassword: S3cure!pa55}}\n", "S3cure!pa55"),
            ("a: postgres://web:S3cure!pa55@db/x\n", "S3cure!pa55"),
        ] {
            assert_eq!(masked(text), text.replace(secret, "***"), "{text}");
        }
        for text in
            ["image: web:1\n", "a: b # the password of the database\n", "env:\n- name: DB_PASSWORD\n  valueFrom: {}\n"]
        {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn pieces_of_a_text() {
        let mask = Mask { spans: vec![3..6, 8..20] };
        assert_eq!(mask.piece(0, "a: xyz"), "a: ***");
        assert_eq!(mask.piece(4, "yz\n"), "***\n");
        assert_eq!(mask.piece(7, "\n  abc\r\n  def"), "\n  ***\r\n  ***");
        assert_eq!(mask.piece(20, "rest"), "rest");
    }
}
