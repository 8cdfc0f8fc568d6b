//! Values and texts without their secrets.

use super::{MASK, in_text, look};
use serde_json::Value;

/// Put asterisks in the place of every secret of a value. `name` is what the value stands under.
pub fn redact(name: &str, value: &mut Value) {
    // Looked at below its name, so that a scalar by itself is told by it.
    let mut held = Value::Object([(name.to_owned(), std::mem::take(value))].into_iter().collect());
    let sights = look(&held);
    for sight in sights.iter().rev() {
        match (held.pointer_mut(&sight.pointer), &sight.part) {
            (Some(Value::String(text)), Some(part)) => text.replace_range(part.clone(), MASK),
            (Some(place), _) => *place = MASK.into(),
            (None, _) => {}
        }
    }
    if let Value::Object(map) = held
        && let Some((_, inner)) = map.into_iter().next()
    {
        *value = inner;
    }
}

/// A text with asterisks in the place of its secrets.
pub fn redacted(text: &str) -> String {
    let mut out = text.to_owned();
    in_text(text).into_iter().rev().for_each(|hit| out.replace_range(hit.range, MASK));
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
