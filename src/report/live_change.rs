//! One value of a live object that changes, in words.

use super::{phrase, shown};
use crate::secrets::{MASK, redact};
use crate::workload::lookup;
use serde_json::Value;
use std::fmt::Write as _;

/// A value that changes, in words: `spec.template.spec.containers[side].securityContext.privileged: true -> false`. Pointers
/// lead to what is there before, or else to what is there after.
pub fn change(before: &Value, after: &Value, pointer: &str) -> String {
    let (old, new) = (lookup(before, pointer), lookup(after, pointer));
    let place = place(before, after, pointer);
    let hidden = |value: &Value| {
        let secret = before.get("kind").is_some_and(|kind| kind == "Secret");
        let mut value = if secret { Value::from(MASK) } else { value.clone() };
        redact(pointer.rsplit('/').next().unwrap_or_default(), &mut value);
        phrase::value(&value)
    };
    match (old, new) {
        (None, Some(new)) => format!("+ {place}: {}", hidden(new)),
        (Some(old), None) => format!("- {place}: {}", hidden(old)),
        (Some(old), Some(new)) => format!("~ {place}: {} -> {}", hidden(old), hidden(new)),
        (None, None) => place,
    }
}

/// A pointer to what is there before, or else to what is there after, as users write paths: list items by their names.
pub fn place(before: &Value, after: &Value, pointer: &str) -> String {
    let object = if lookup(before, pointer).is_some() { before } else { after };
    let (mut here, mut out) = (Some(object), String::new());
    for token in pointer.split('/').skip(1) {
        let key = token.replace("~1", "/").replace("~0", "~");
        let inside = here.and_then(|here| lookup(here, &format!("/{token}")));
        if here.is_some_and(Value::is_array) {
            let name = inside.and_then(|item| item.get("name").or_else(|| item.get("mountPath")));
            let name = name.and_then(Value::as_str).unwrap_or(&key);
            let _ = write!(out, "[{}]", shown(name));
        } else {
            out.push_str(if out.is_empty() { "" } else { "." });
            out.push_str(&shown(&key));
        }
        here = inside;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_in_words() {
        let before = json!({"containers": [{"name": "a\u{1b}"}, {"name": "b", "env": [{"name": "DB_PASSWORD", "value": "S3cure!pa55"}]}]});
        let mut after = before.clone();
        after["containers"][0]["tty"] = json!(true);
        after["containers"].as_array_mut().unwrap().pop();
        assert_eq!(change(&before, &after, "/containers/0/tty"), "+ containers[a^[].tty: true");
        let gone = change(&before, &after, "/containers/1");
        assert!(gone.starts_with("- containers[b]: {name: b") && !gone.contains("S3cure"), "{gone}");
        let secret = json!({"kind": "Secret", "data": {"a": "eA=="}});
        let other = json!({"kind": "Secret", "data": {"a": "eQ=="}});
        assert_eq!(change(&secret, &other, "/data/a"), "~ data.a: \"***\" -> \"***\"");
    }
}
