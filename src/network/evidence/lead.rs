//! The key before a word of a text: `host` in `host=db`, in `"host": "db"`, in `--host db` and in a list below `host:`.

/// What stands before a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lead<'t> {
    /// The key: one word, or two with a blank between them.
    pub(super) key: &'t str,
    /// Whether nothing stands between the key and the word, as other items of a list may.
    pub(super) direct: bool,
}

/// As far as is looked for a key, in bytes.
const REACH: usize = 600;
/// As many items of a list are looked over.
const ITEMS: usize = 24;

/// The key of the word that begins at a byte of a text; `None` where it has none.
pub(super) fn lead(text: &str, start: usize) -> Option<Lead<'_>> {
    let mut from = start.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let mut head = &text[from..start];
    for item in 0..ITEMS {
        let direct = item == 0;
        let before = strip_gap(head);
        let gap = &head[before.len()..];
        if let Some(key) = assigned(before) {
            // `a=` with nothing behind it, and the word on a line of its own.
            let parted = gap.contains('\n') && !gap.contains(['-', '[', '"', '\'']);
            return (!parted || before.ends_with(':')).then_some(Lead { key, direct });
        }
        let word = last_word(before);
        if word.is_empty() {
            return None;
        }
        if word.starts_with('-') && gap.contains(' ') && !gap.contains('\n') {
            return Some(Lead { key: word, direct });
        }
        // The word before is an item of the same list only where it looks like one.
        if word.starts_with('-') || gap.is_empty() || (gap.contains('\n') && !gap.contains(['-', ',', '"', '\''])) {
            return None;
        }
        head = &before[..before.len() - word.len()];
        // Its own port belongs to it.
        if word.bytes().all(|byte| byte.is_ascii_digit())
            && let Some(host) = head.strip_suffix(':')
        {
            let own = last_word(host);
            if own.is_empty() {
                return None;
            }
            head = &host[..host.len() - own.len()];
        }
    }
    None
}

/// A text without the blanks, quotes, brackets and dashes of lists at its end.
fn strip_gap(text: &str) -> &str {
    let mut text = text;
    loop {
        let cut = text.trim_end_matches(|c: char| c.is_whitespace() || "\"'`[,;".contains(c));
        let dash = cut.strip_suffix('-').filter(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace));
        let blank = cut.len() < text.len();
        match dash.filter(|_| blank) {
            Some(rest) => text = rest,
            None => return cut,
        }
    }
}

/// The key before a sign of assignment at the end of a text, or the tag of an XML element.
fn assigned(text: &str) -> Option<&str> {
    if let Some(open) = text.strip_suffix('>').filter(|open| !open.ends_with('=')) {
        let tag = &open[open.rfind('<')? + 1..];
        let name = tag.split_whitespace().next()?;
        return (!name.starts_with(['/', '!', '?'])).then_some(name);
    }
    let cut = text.strip_suffix("=>").or_else(|| text.strip_suffix(":=")).or_else(|| text.strip_suffix([':', '=']))?;
    let cut = cut.trim_end_matches([' ', '\t', '"', '\'', ']']);
    let word = last_word(cut);
    let before = cut[..cut.len() - word.len()].trim_end_matches([' ', '\t']);
    let first = last_word(before);
    // Two words make one key only where nothing else stands on the line.
    let alone = before[..before.len() - first.len()].chars().next_back();
    let two =
        !first.is_empty() && before.len() + 1 + word.len() == cut.len() && alone.is_none_or(|c| ";\n\"'{,".contains(c));
    let key = if two { &cut[before.len() - first.len()..] } else { word };
    (!key.is_empty()).then_some(key)
}

fn last_word(text: &str) -> &str {
    let start = text.rfind(|c: char| !(c.is_alphanumeric() || "_.-$".contains(c)));
    start.map_or(text, |start| &text[start + text[start..].chars().next().map_or(1, char::len_utf8)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<(String, bool)> {
        let start = text.find("db").unwrap();
        lead(text, start).map(|lead| (lead.key.to_owned(), lead.direct))
    }

    #[test]
    fn the_key_of_a_word_is_found_in_many_notations() {
        for (text, wanted, direct) in [
            ("host=db", "host", true),
            ("x port=1 host = \"db\"", "host", true),
            ("--redis-host=db", "--redis-host", true),
            ("mysql -u root -h db", "-h", true),
            ("{\"port\": 1, \"host\": \"db\"}", "host", true),
            ("Driver=x;Data Source=db;", "Data Source", true),
            ("hosts:\n  - a\n  - db\n", "hosts", false),
            ("\"hosts\": [\"a:1\", \"db\"]", "hosts", false),
            ("nodes=a,b:90,db", "nodes", false),
            ("<server><host>db</host>", "host", true),
            ("'host' => 'db'", "host", true),
            ("export DB_HOST=db", "export DB_HOST", true),
        ] {
            assert_eq!(key(text), Some((wanted.to_owned(), direct)), "{text}");
        }
        for text in ["db", "a=1\ndb", "see\nthe db"] {
            assert_eq!(key(text), None, "{text}");
        }
    }
}
