//! Scalars as kubectl reads them: the YAML 1.1 rules of go-yaml v2, which serde_yaml and YAML 1.2 do not share.
//!
//! Source: `resolve.go` of go-yaml v2 as vendored by `sigs.k8s.io/yaml`; every row of the tests was seen from kubectl.

use super::tree::{Node, Props};
use granit_parser::ScalarStyle;
use serde_json::{Number, Value};
use std::borrow::Cow;

const CORE: &str = "tag:yaml.org,2002:";

/// The value of a scalar.
pub(super) fn scalar(text: &str, node: &Node, props: Option<&Props>) -> Value {
    let tag = props.and_then(|props| props.tag.as_deref());
    match tag.map(|tag| tag.strip_prefix(CORE).unwrap_or(tag)) {
        None if node.style() == Some(ScalarStyle::Plain) => plain(if node.is_absent() { "" } else { text }),
        Some("int" | "float" | "bool" | "null" | "timestamp") => plain(if node.is_absent() { "" } else { text }),
        Some("binary") => Value::String(base64(text).unwrap_or_else(|| text.to_owned())),
        // `!` alone, `!!str`, and every tag of one's own: the text as it stands.
        _ => Value::String(if node.is_absent() { String::new() } else { text.to_owned() }),
    }
}

/// A mapping key: JSON has string keys only, so kubectl writes numbers and booleans as strings.
pub(super) fn key<'t>(text: &'t str, node: &Node, props: Option<&Props>) -> Cow<'t, str> {
    // Nearly all keys: a plain word that no rule could take for anything but a string.
    let simple = props.is_none()
        && match text.as_bytes().first() {
            Some(first) => first.is_ascii_alphabetic() && text.len() > 5,
            None => false,
        };
    if simple || node.style().is_some_and(|style| style != ScalarStyle::Plain) && props.is_none() {
        return Cow::Borrowed(text);
    }
    match scalar(text, node, props) {
        Value::String(_) => Cow::Borrowed(text),
        Value::Null => Cow::Borrowed("null"),
        other => Cow::Owned(other.to_string()),
    }
}

/// A plain text as the key that kubectl makes of it.
pub(super) fn plain_key(text: &str) -> String {
    match plain(text) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Whether a plain scalar of this text would be read as this very string.
pub(super) fn is_plain_string(text: &str) -> bool {
    matches!(plain(text), Value::String(_)) && !looks_numeric_or_dated(text)
}

/// Texts that some YAML reader takes for a number, a date or a time of day. They are never written plain.
fn looks_numeric_or_dated(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some(first) = body.bytes().next() else { return false };
    if first.is_ascii_digit() {
        // Hexadecimal, octal and binary in any spelling, base 60, dates, exponents: only digits and a few letters.
        let dated = body.contains([':', '-'])
            && body.bytes().all(|byte| byte.is_ascii_digit() || b"-:.,_ TtZz+".contains(&byte));
        let based = body.starts_with('0')
            && body.len() > 1
            && body.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit() || b"xob_XOB".contains(&byte));
        let exponent = body.matches('.').count() < 2
            && body.bytes().all(|byte| byte.is_ascii_digit() || b"eE+-._".contains(&byte));
        return dated || based || exponent;
    }
    first == b'.'
        && body.len() > 1
        && body.bytes().skip(1).all(|byte| byte.is_ascii_digit() || b"eE+-_".contains(&byte))
        || matches!(body.to_ascii_lowercase().as_str(), ".inf" | ".nan")
}

fn plain(text: &str) -> Value {
    let Some(&first) = text.as_bytes().first() else { return Value::Null };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        b'.' => text.parse::<f64>().ok().filter(|_| is_float(text)).and_then(float),
        _ => None,
    }
    .unwrap_or_else(|| Value::String(text.to_owned()))
}

fn word(text: &str) -> Option<Value> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(Value::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Some(Value::Bool(false))
        }
        "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    let plain: Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let (negative, digits) = match plain.as_bytes()[..] {
        [b'-', ..] => (true, &plain[1..]),
        [b'+', ..] => (false, &plain[1..]),
        _ => (false, &plain[..]),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a second sign.
    if digits.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && let Ok(value) = u64::from_str_radix(digits, base)
    {
        return match (negative, i64::try_from(value)) {
            (false, _) => Some(value.into()),
            (true, Ok(value)) => Some((-value).into()),
            (true, Err(_)) if value == 1 << 63 => Some(i64::MIN.into()),
            (true, Err(_)) => float(-(value as f64)),
        };
    }
    is_float(&plain).then(|| plain.parse().ok().and_then(float)).flatten()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(body);
    let mut rest = &body[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return false;
        }
        rest = &fraction[count..];
    } else if whole == 0 {
        return false;
    }
    match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    }
}

/// A float as JSON prints it: `8.0` and `1e3` are the integers 8 and 1000 there.
fn float(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}

fn base64(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    String::from_utf8(bytes).ok()
}
