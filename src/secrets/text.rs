//! Secrets in a text: a file in a ConfigMap, a script, a word of a command.

use super::judge::judge;
use super::name::class;
use super::words::{PROGRAMS, STEMS, WORDS};
use super::{Why, shape};
use std::ops::Range;

/// A secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its bytes.
    pub range: Range<usize>,
    /// The name it stands under, where there is one.
    pub name: Option<String>,
    /// What tells it.
    pub why: Why,
}

/// The secrets of a text, sorted, none within another.
pub fn in_text(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    shape::shapes(text, &mut hits);
    named(text, &mut hits);
    flags(text, &mut hits);
    hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end, hit.name.is_none()));
    let mut end = 0;
    hits.retain(|hit| {
        let free = hit.range.start >= end;
        end = end.max(hit.range.end);
        free
    });
    hits
}

/// `name = value`, `name: value`, `"name": "value"`, `--name=value`, `--name value`.
fn named(text: &str, hits: &mut Vec<Hit>) {
    let Some(stems) = &*STEMS else { return };
    let bytes = text.as_bytes();
    let mut last = 0;
    for stem in stems.find_iter(text) {
        if stem.start() < last {
            continue;
        }
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.-".contains(byte);
        let before = bytes[last..stem.start()].iter().rev().take(LONGEST).take_while(|byte| part(byte)).count();
        let after = bytes[stem.end()..].iter().take(LONGEST).take_while(|byte| part(byte)).count();
        let (start, end) = (stem.start() - before, stem.end() + after);
        last = end;
        let name = &text[start..end];
        // Most names are none of a secret's: nothing else is looked at then.
        if class(name).is_none() {
            continue;
        }
        let Some(range) = value_behind(bytes, start, end) else { continue };
        let Some(value) = text.get(range.clone()) else { continue };
        let quoted = range.start > 0 && b"\"'".contains(&bytes[range.start - 1]);
        if let Some(why) = judge(name, value).filter(|_| quoted || !is_code(value)) {
            last = range.end;
            hits.push(Hit { range, name: Some(name.trim_start_matches('-').to_owned()), why });
        }
    }
}

/// How much of a name, or of a line, is looked at.
const LONGEST: usize = 120;
const LONGEST_VALUE: usize = 4096;

/// The bytes of the value that a name ends before.
fn value_behind(bytes: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let byte = |at: usize| bytes.get(at).copied();
    let blanks = |at: usize| bytes[at..].iter().take_while(|byte| b" \t".contains(byte)).count();
    let mut at = end;
    // JSON within a quoted text has its quotes escaped.
    let escaped = byte(at) == Some(b'\\') && matches!(byte(at + 1), Some(b'"'));
    at += usize::from(escaped);
    let quote = byte(at).filter(|byte| b"\"'`]".contains(byte));
    at += usize::from(quote.is_some());
    // Like a flag, where it begins its line.
    let setting = std::str::from_utf8(&bytes[start..end]).is_ok_and(|name| WORDS.settings.contains(name)) && {
        let mut before = bytes[..start].iter().rev().take(LONGEST);
        before.find(|byte| !b" \t".contains(byte)).is_none_or(|byte| *byte == b'\n')
    };
    let flag = bytes[start] == b'-' || setting;
    let gap = blanks(at);
    let colon = match (byte(at + gap)?, byte(at + gap + 1)) {
        (b'=', Some(b'=' | b'~')) | (b':', Some(b':')) | (b'!', _) => return None,
        (b':' | b'=', Some(b'=' | b'>')) => {
            at += gap + 2;
            false
        }
        (b'=', _) => {
            at += gap + 1;
            false
        }
        (b':', _) => {
            at += gap + 1;
            true
        }
        // `PASSWORD 'x'`, in SQL.
        (b'\'', _) if gap > 0 => false,
        // A word by itself behind a flag.
        (byte, _) if flag && gap > 0 && byte != b'-' => false,
        (b'>', _) if start.checked_sub(1).is_some_and(|at| bytes[at] == b'<') => {
            let rest = &bytes[at + 1..];
            let length = rest.iter().take(LONGEST_VALUE).position(|byte| *byte == b'<')?;
            return Some(at + 1..at + 1 + length);
        }
        _ => return None,
    };
    at += blanks(at);
    if byte(at)? == b'\\' && matches!(byte(at + 1), Some(b'"')) {
        let rest = &bytes[at + 2..];
        let length = rest.iter().take(LONGEST_VALUE).position(|byte| b"\\\"\n".contains(byte))?;
        return Some(at + 2..at + 2 + length);
    }
    if let quote @ (b'"' | b'\'') = byte(at)? {
        return Some(at + 1..at + 1 + quoted_length(&bytes[at + 1..], quote)?);
    }
    let rest = &bytes[at..];
    let rest = &rest[..rest.len().min(LONGEST_VALUE)];
    let line = rest.iter().position(|byte| b"\r\n".contains(byte)).unwrap_or(rest.len());
    let line = &rest[..line];
    // JSON in one line, or a mapping in flow style.
    let stop: &[u8] = if quote.is_some() { b",}] \t;" } else { b"; \t&,\"'`" };
    let length = line.iter().position(|byte| stop.contains(byte)).unwrap_or(line.len());
    if colon && quote.is_none() {
        // The value goes to the end of the line or to a comment; prose is none.
        let comment = line.windows(2).position(|two| two == b" #").unwrap_or(line.len());
        let whole = line[..comment].trim_ascii_end();
        let whole = whole.strip_suffix(b",").unwrap_or(whole);
        return (whole.len() <= length || !whole.contains(&b' ')).then_some(at..at + whole.len());
    }
    Some(at..at + length)
}

fn quoted_length(rest: &[u8], quote: u8) -> Option<usize> {
    let mut skip = false;
    rest.iter().take(LONGEST_VALUE).take_while(|byte| **byte != b'\n').position(|byte| {
        let end = !skip && *byte == quote;
        skip = !skip && *byte == b'\\';
        end
    })
}

/// Whether an unquoted value is a piece of a program: a call, an index, a variable of an object.
fn is_code(value: &str) -> bool {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let member = value.split('.').count() > 1 && value.split('.').all(word);
    member
        || value.contains(['(', '[', '{', '\\', '`', '|'])
        || value.ends_with([')', ']', '}', ':'])
        || value.len() < 3
}

/// Passwords behind the flags of known programs.
fn flags(text: &str, hits: &mut Vec<Hit>) {
    // Most texts run none of these programs.
    if !PROGRAMS.as_ref().is_some_and(|programs| programs.is_match(text)) {
        return;
    }
    for flag in &WORDS.flags {
        if !flag.programs.iter().any(|program| text.contains(program.as_str())) {
            continue;
        }
        for (line, offset) in lines(text) {
            let runs = |word: &&str| flag.programs.iter().any(|program| word.rsplit('/').next() == Some(program));
            let list: Vec<&str> = line.split_whitespace().collect();
            let Some(program) =
                list.iter().position(|word| runs(&word.trim_matches(['"', '\'', '(', '`']).trim_start_matches("$(")))
            else {
                continue;
            };
            let place = |word: &str| offset + (word.as_ptr() as usize - line.as_ptr() as usize);
            for (at, word) in list.iter().enumerate().skip(program + 1) {
                let Some(rest) = word.strip_prefix(flag.flag.as_str()) else { continue };
                let value = match (flag.joined, rest) {
                    (true, rest) if !rest.is_empty() => rest,
                    (false, "") => list.get(at + 1).copied().unwrap_or_default(),
                    _ => continue,
                };
                let bare = value.trim_matches(['"', '\'']);
                if let Some(why) = judge("password", bare) {
                    let start = place(bare);
                    hits.push(Hit { range: start..start + bare.len(), name: Some(flag.flag.clone()), why });
                }
            }
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.split('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((line, start))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        in_text(text).into_iter().map(|hit| &text[hit.range]).collect()
    }

    #[test]
    fn named_values_of_every_spelling() {
        for (text, value) in [
            ("password=S3cure!pa55", "S3cure!pa55"),
            ("spring.datasource.password = S3cure!pa55\nother = x", "S3cure!pa55"),
            ("db:\n  password: S3cure!pa55  # for now\n", "S3cure!pa55"),
            ("{\"password\": \"S3cure pa55\", \"x\": 1}", "S3cure pa55"),
            ("{\\\"password\\\": \\\"S3curepa55\\\"}", "S3curepa55"),
            ("--db-password=S3cure!pa55 --x", "S3cure!pa55"),
            ("run --db-password S3cure!pa55 --x", "S3cure!pa55"),
            ("export API_TOKEN='f7a9s8d7f6as98'", "f7a9s8d7f6as98"),
            ("host=db user=web password=S3cure!pa55 sslmode=off", "S3cure!pa55"),
            ("jdbc:mysql://db/shop?user=web&password=S3cure!pa55&x=y", "S3cure!pa55"),
            ("Server=db;Password=S3cure!pa55;", "S3cure!pa55"),
            ("<password>S3cure!pa55</password>", "S3cure!pa55"),
            ("postgres://web:S3cure!pa55@db:5432/shop", "S3cure!pa55"),
            ("mysqladmin ping -uroot -pS3curepa55", "S3curepa55"),
            ("redis-cli -a S3curepa55 ping", "S3curepa55"),
            ("redis-server --requirepass S3curepa55", "S3curepa55"),
            ("port 6379\n  requirepass S3curepa55\n", "S3curepa55"),
            ("ALTER ROLE web WITH PASSWORD 'S3cure pa55';", "S3cure pa55"),
            ("redis://:S3curepa55@redis:6379", "S3curepa55"),
            ("web:S3curepa55@tcp(db:3306)/shop", "S3curepa55"),
            ("curl -H 'Authorization: Bearer f7a9s8d7f6as98df7a6s'", "f7a9s8d7f6as98df7a6s"),
            ("Authorization: Basic d2ViOlMzY3VyZXBhNTU=", "d2ViOlMzY3VyZXBhNTU="),
        ] {
            assert_eq!(found(text), [value], "{text}");
        }
    }

    #[test]
    fn shapes_stand_anywhere() {
        let token = "ghp_aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5";
        assert_eq!(found(&format!("# {token} is it")), [token]);
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\n-----END RSA PRIVATE KEY-----\n";
        assert_eq!(found(key).len(), 1);
    }

    #[test]
    fn programs_and_prose_hold_none() {
        for text in [
            "password = get_password()",
            "token := r.Header.Get(\"token\")",
            "password: the password of the database",
            "if token == other",
            "PASSWORD=$(cat /run/secrets/x)",
            "password=${DB_PASSWORD}",
            "self.password = config.password",
            "http://user:password@host/",
            "a token: Bearer authentication of RFC 6750",
            "# requirepass is the password of redis",
            "web:$(PASSWORD)@tcp(db:3306)/shop",
            "-----BEGIN CERTIFICATE-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n-----END CERTIFICATE-----",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
