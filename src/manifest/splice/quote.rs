//! Scalars as text: plain where every reader takes them for what they are, else quoted.

use super::super::resolve;
use granit_parser::ScalarStyle;
use serde_json::Value;

/// How a scalar may be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writing {
    /// The style wanted for strings, if they can have it.
    pub(super) style: ScalarStyle,
    /// The quotes for strings that need some.
    pub(super) quotes: ScalarStyle,
    /// Inside brackets, where commas and brackets mean something.
    pub(super) flow: bool,
}

/// A scalar, or an empty collection, on one line.
pub(super) fn scalar(value: &Value, writing: Writing) -> String {
    match value {
        Value::String(text) => string(text, writing),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        // Null, booleans and numbers read the same in YAML and JSON.
        other => other.to_string(),
    }
}

/// A string on one line.
pub(super) fn string(text: &str, writing: Writing) -> String {
    match writing.style {
        ScalarStyle::SingleQuoted if is_printable(text) => single(text),
        ScalarStyle::DoubleQuoted => double(text),
        _ if is_plain(text, writing.flow) => text.to_owned(),
        _ if writing.quotes == ScalarStyle::SingleQuoted && is_printable(text) => single(text),
        _ => double(text),
    }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Double quotes with JSON's escapes, which YAML shares, and all that is not printable escaped.
pub(super) fn double(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_unprintable(char) => {
                let mut units = [0; 2];
                // Surrogate pairs are JSON only, but nothing unprintable here lies beyond the first plane.
                for unit in char.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            _ => out.push(char),
        }
    }
    out.push('"');
    out
}

fn is_unprintable(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(is_unprintable)
}

/// Whether a text may stand without quotes: YAML 1.1 and 1.2 readers both give it back as this string.
pub(super) fn is_plain(text: &str, flow: bool) -> bool {
    let bytes = text.as_bytes();
    let [first, .., last] = bytes else {
        return bytes.first().is_some_and(u8::is_ascii_alphanumeric) && resolve::is_plain_string(text);
    };
    let starts_well = match first {
        b'-' => {
            bytes.get(1).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'-') && !text.starts_with("---")
        }
        b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"'
        | b'%' | b'@' | b'`' | b' ' | b'=' | b'<' => false,
        _ => !text.starts_with("..."),
    };
    starts_well
        && !matches!(last, b':' | b' ')
        && !text.contains(": ")
        && !text.contains(" #")
        && (!flow || is_plain_in_flow(text))
        && is_printable(text)
        && resolve::is_plain_string(text)
}

/// A colon inside a word (`nginx:1.25`) is harmless between brackets, the other indicators are not.
fn is_plain_in_flow(text: &str) -> bool {
    !text.contains([',', '[', ']', '{', '}'])
}
