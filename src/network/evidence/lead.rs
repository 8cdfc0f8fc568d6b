//! The key before a word of a text: `host` in `host=db`, in `"host": "db"`, in `--host db` and in a list below `host:`.

use super::words::words;
use std::ops::Range;

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

/// The first word of the statement that a word of a file stands in, where that is the key of it: `Host db`, `server db;`,
/// `reverse_proxy /api db`, `server main db check`.
pub(super) fn directive(text: &str, range: &Range<usize>) -> Option<String> {
    let mut from = range.start.saturating_sub(REACH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let head = &text[from..range.start];
    let statement = head.rfind(['\n', ';', '{', '}']).map_or(head, |at| &head[at + 1..]);
    let mut before = statement.split_whitespace();
    let word = before.next()?.to_ascii_lowercase();
    let between = before.count();
    let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !statement.ends_with([' ', '\t']) || !plain {
        return None;
    }
    if words().directives.contains(&word) {
        return Some(word);
    }
    let allowed = match word.as_str() {
        "server" => 1,
        // `set $backend db;`
        "set" => return (between == 1 && text[range.end..].starts_with(';')).then_some("host".to_owned()),
        _ => 0,
    };
    let rest = &text[range.end..];
    let rest = &rest[..rest.find(['\n', ';', '{', '}']).unwrap_or(rest.len())];
    let option = |next: &str| next.contains('=') || next.bytes().all(|byte| byte.is_ascii_digit());
    let ends = rest.split_whitespace().next().is_none_or(|next| {
        option(next)
            || ["check", "backup", "down", "resolve", "port", "ssl"].contains(&next.to_ascii_lowercase().as_str())
    });
    (between <= allowed && ends && !rest.starts_with([':', '/'])).then_some(word)
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
    // `Server=tcp:db,1433`
    if word == "tcp" && text.ends_with(':') {
        let before = cut[..cut.len() - word.len()].trim_end_matches([' ', '\t']);
        return assigned(before).or(Some(word));
    }
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
        assert_eq!(key("Server=tcp:db,1433"), Some(("Server".to_owned(), true)));
        for text in ["db", "a=1\ndb", "see\nthe db"] {
            assert_eq!(key(text), None, "{text}");
        }
    }

    #[test]
    fn a_statement_begins_with_its_key() {
        let told = |text: &str| {
            let at = text.find("db").unwrap();
            directive(text, &(at..at + 2))
        };
        for (text, wanted) in [
            ("[OUTPUT]\n    Host  db\n    Port 1\n", "host"),
            ("upstream u { server db weight=5; }", "server"),
            ("server main db check\n", "server"),
            ("reverse_proxy /x db other\n", "reverse_proxy"),
            ("uwsgi_pass db;", "uwsgi_pass"),
            ("set $up db;", "host"),
        ] {
            assert_eq!(told(text).as_deref(), Some(wanted), "{text}");
        }
        for text in ["db", "the host db is slow", "host db is slow", "server one two db", "host=db", "set a b db;"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
