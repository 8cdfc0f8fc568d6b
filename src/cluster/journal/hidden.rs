//! What must not stand in the journal.

use crate::secrets::{look, may_hold};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

/// The places of two objects that hold secrets, as JSON pointers.
pub(super) struct Secrets([Vec<String>; 2]);

impl Secrets {
    pub(super) fn of(before: Option<&Value>, after: Option<&Value>) -> Self {
        let places = |value: &Value| {
            let holds = value.get("kind").is_some_and(|kind| kind == "Secret") || may_hold(&value.to_string());
            let sights = if holds { look(value) } else { Vec::new() };
            sights.into_iter().map(|sight| sight.pointer).collect()
        };
        Self([before, after].map(|value| value.map(places).unwrap_or_default()))
    }

    /// Whether a secret stands at these places of the one or the other object, or below them.
    pub(super) fn at(&self, pointers: &[String; 2]) -> bool {
        let within = |place: &str, pointer: &str| {
            place.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().zip(pointers).any(|(places, pointer)| places.iter().any(|place| within(place, pointer)))
    }
}

/// A hash of a value, of another look in each run: what two runs hide cannot be seen to be the same.
pub(super) fn hash(value: &Value, run: &str) -> String {
    let text = format!("{run}\n{}", sorted(value));
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A value with its keys sorted: a server may give them in another order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, Value)> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by_key(|(key, _)| *key);
            entries.into_iter().map(|(key, value)| (key.clone(), value)).collect::<Map<_, _>>().into()
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hash_knows_its_value_in_its_run_alone() {
        let (one, other) = (json!({"a": [{"c": 1, "b": 2}]}), json!({"a": [{"b": 2, "c": 1}]}));
        assert_eq!(hash(&one, "run"), hash(&other, "run"));
        assert_ne!(hash(&one, "run"), hash(&one, "other run"));
        assert_ne!(hash(&one, "run"), hash(&json!(1), "run"));
    }
}
