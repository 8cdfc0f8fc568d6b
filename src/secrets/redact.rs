//! Values and texts without their secrets.

use super::{MASK, in_text, look};
use serde_json::Value;
use std::ops::Range;

/// Put asterisks in the place of every secret of a value. `name` is what the value stands under.
pub fn redact(name: &str, value: &mut Value) {
    // Looked at below its name, so that a scalar by itself is told by it.
    let mut held = Value::Object([(name.to_owned(), std::mem::take(value))].into_iter().collect());
    let sights = look(&held);
    for of_one in sights.chunk_by(|one, other| one.pointer == other.pointer) {
        let Some(place) = held.pointer_mut(&of_one[0].pointer) else { continue };
        let parts: Option<Vec<Range<usize>>> = of_one.iter().map(|sight| sight.part.clone()).collect();
        *place = match (&*place, parts) {
            (Value::String(text), Some(parts)) => without(text, parts).into(),
            _ => MASK.into(),
        };
    }
    if let Value::Object(map) = held
        && let Some((_, inner)) = map.into_iter().next()
    {
        *value = inner;
    }
}

/// A text with asterisks in the place of its secrets.
pub fn redacted(text: &str) -> String {
    without(text, in_text(text).into_iter().map(|hit| hit.range))
}

/// A text with asterisks in the place of these parts, which are sorted.
fn without(text: &str, parts: impl IntoIterator<Item = Range<usize>>) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for part in parts {
        out.push_str(&text[at..part.start]);
        out.push_str(MASK);
        at = part.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_become_asterisks_and_the_rest_stays() {
        let mut value = json!([{"name": "DB_PASSWORD", "value": "S3cure!pa55"}, "--token=f7a9s8d7f6as98 -v --password=S3cure!pa55"]);
        redact("", &mut value);
        assert_eq!(value, json!([{"name": "DB_PASSWORD", "value": "***"}, "--token=*** -v --password=***"]));
        let mut value = json!("S3cure!pa55");
        redact("password", &mut value);
        assert_eq!(value, "***");
        assert_eq!(redacted("a password=S3cure!pa55 b"), "a password=*** b");
    }
}
