//! The second look: two unrelated readers must find the wanted value in the new text.
//!
//! Only the share of the text that holds the changed document is read again: it begins at the document's own start and
//! ends where the next one starts, so the others are the same bytes as before.

use super::second::{Expected, Plain};
use super::splice::{Step, align};
use super::stream::Stream;
use super::{lenient, resolve, value};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Why an edit is not written: what is wrong and, where known, the line of the document it is on (from 1).
pub(super) struct Doubt {
    pub(super) message: String,
    pub(super) line: Option<usize>,
}

/// Check that `chunk`, the new text of one document, has the value `after`.
pub(super) fn verify(before_text: &str, chunk: &str, before: &Value, after: &Value) -> Result<(), Doubt> {
    const REPORT: &str = "the file is left as it is; please report it";
    let doubt = |message: String| Doubt { message, line: None };
    let (tree, docs) =
        lenient::parse(chunk).map_err(|error| doubt(format!("the edit would break the YAML ({error}); {REPORT}")))?;
    let [doc] = docs[..] else { return Err(doubt(format!("the edit would change the number of documents; {REPORT}"))) };
    let stream = Stream { text: chunk.to_owned(), tree, docs: vec![doc] };
    let read = value::of(&stream, doc.root).map_err(|refusal| doubt(refusal.to_string()))?;
    if read != *after {
        return Err(doubt(format!("the edit would not give the wanted value; {REPORT}")));
    }
    let chunk = for_libyaml(chunk);
    if Expected(after).deserialize(serde_yaml::Deserializer::from_str(&chunk)).is_ok() {
        return Ok(());
    }
    compare_changes(&for_libyaml(before_text), &chunk, before, after)
}

/// libyaml counts a byte-order mark as a column, and reads no line break at the end of a literal that ends the text
/// without one; kubectl does neither.
fn for_libyaml(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) }
}

/// Reader 2 differs from kubectl on some scalars, or could not read the document in the first place: its own change from
/// before to after must be the change that was asked for.
fn compare_changes(before_text: &str, chunk: &str, before: &Value, after: &Value) -> Result<(), Doubt> {
    // As JSON, since there the last of duplicate keys counts, as it does for kubectl.
    let was = match serde_yaml::from_str(before_text) {
        Ok(Plain(was)) => was,
        Err(error) if is_stricter_than_kubectl(&error) => return Ok(()),
        Err(error) => {
            return Err(Doubt {
                message: format!("kubectl cannot read this document ({error}); mend it first"),
                line: error.location().map(|at| at.line()),
            });
        }
    };
    let Plain(is) = serde_yaml::from_str(chunk).map_err(|error| Doubt {
        message: format!("a second reader refuses the edited file ({error}); it is left as it is"),
        line: None,
    })?;
    if changed(merged(was), before, after) == merged(is) {
        return Ok(());
    }
    Err(Doubt {
        message: "two readers disagree on the edited file; it is left as it is, please report it".to_owned(),
        line: None,
    })
}

/// What reader 2 read, with the change from `before` to `after` made to it.
fn changed(mut was: Value, before: &Value, after: &Value) -> Value {
    match (&mut was, before, after) {
        _ if before == after => was,
        (Value::Object(was), Value::Object(before), Value::Object(after)) => {
            let mut result = Map::new();
            for (key, value) in after {
                // Keys such as `y` are words to this reader and booleans to kubectl.
                let old = was.keys().find(|old| *old == key || resolve::plain_key(old) == *key).cloned();
                let value = match (old.as_ref().and_then(|old| was.remove(old)), before.get(key)) {
                    (Some(was), Some(before)) => changed(was, before, value),
                    _ => value.clone(),
                };
                result.insert(old.unwrap_or_else(|| key.clone()), value);
            }
            Value::Object(result)
        }
        (Value::Array(was), Value::Array(before), Value::Array(after)) if was.len() == before.len() => {
            let step = |step| match step {
                Step::Keep(i, j) => Some(changed(was[i].take(), &before[i], &after[j])),
                Step::Insert(j) => Some(after[j].clone()),
                Step::Remove(_) => None,
            };
            Value::Array(align(before, after).into_iter().filter_map(step).collect())
        }
        _ => after.clone(),
    }
}

/// Nesting beyond 128 is an error of serde_yaml, not of YAML.
fn is_stricter_than_kubectl(error: &serde_yaml::Error) -> bool {
    error.to_string().contains("recursion limit")
}

/// A value with its merge keys applied, which serde_yaml leaves to its callers.
fn merged(value: Value) -> Value {
    match value {
        Value::Array(list) => Value::Array(list.into_iter().map(merged).collect()),
        Value::Object(map) => {
            let mut result = Map::new();
            for (key, value) in map {
                match (key.as_str(), merged(value)) {
                    ("<<", Value::Object(map)) => result.extend(map),
                    ("<<", Value::Array(list)) => {
                        list.into_iter()
                            .rev()
                            .filter_map(|item| item.as_object().cloned())
                            .for_each(|m| result.extend(m));
                    }
                    (_, value) => {
                        result.insert(key, value);
                    }
                }
            }
            Value::Object(result)
        }
        scalar => scalar,
    }
}
