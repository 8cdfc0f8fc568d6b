//! The second look: two unrelated readers must find the wanted value in the new text.
//!
//! Only the share of the text that holds the changed document is read again: it begins at the document's own start and
//! ends where the next one starts, so the others are the same bytes as before.

use super::splice::{Step, align};
use super::stream::Stream;
use super::{lenient, resolve, value};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;

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
    let was: serde_yaml::Value = match serde_yaml::from_str(before_text) {
        Ok(was) => was,
        // kubectl takes these two; nothing can be compared then, but the text must still be YAML to libyaml.
        Err(error) if is_stricter_than_kubectl(&error) => {
            return match serde_yaml::from_str::<serde_yaml::Value>(chunk) {
                Err(error) if !is_stricter_than_kubectl(&error) => Err(unreadable(&error)),
                _ => Ok(()),
            };
        }
        Err(error) => {
            return Err(Doubt {
                message: format!("kubectl cannot read this document ({error}); mend it first"),
                line: error.location().map(|at| at.line()),
            });
        }
    };
    let is: serde_yaml::Value = serde_yaml::from_str(chunk).map_err(|error| unreadable(&error))?;
    if changed(plain(was), before, after) == plain(is) {
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

fn unreadable(error: &serde_yaml::Error) -> Doubt {
    Doubt { message: format!("a second reader refuses the edited file ({error}); it is left as it is"), line: None }
}

/// Duplicate keys and nesting beyond 128: errors of serde_yaml, not of YAML.
fn is_stricter_than_kubectl(error: &serde_yaml::Error) -> bool {
    let text = error.to_string();
    text.contains("duplicate entry") || text.contains("recursion limit")
}

/// serde_yaml's value with merge keys applied, as JSON.
fn plain(value: serde_yaml::Value) -> Value {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), ..) => value.into(),
            (_, Some(value), _) => value.into(),
            (.., Some(value)) => value.into(),
            _ => Value::Null,
        },
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(list) => Value::Array(list.into_iter().map(plain).collect()),
        Yaml::Tagged(tagged) => plain(tagged.value),
        Yaml::Mapping(map) => {
            let mut result = Map::new();
            for (key, value) in map {
                let key = match plain(key) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                match (key.as_str(), plain(value)) {
                    ("<<", Value::Object(merged)) => result.extend(merged),
                    ("<<", Value::Array(list)) => {
                        let maps = list.into_iter().rev().filter_map(|item| match item {
                            Value::Object(map) => Some(map),
                            _ => None,
                        });
                        maps.for_each(|map| result.extend(map));
                    }
                    (_, value) => {
                        result.insert(key, value);
                    }
                }
            }
            Value::Object(result)
        }
    }
}

/// Reads a document with serde_yaml and compares it with a value on the way, so that nothing is held twice.
struct Expected<'v>(&'v Value);

impl<'de> DeserializeSeed<'de> for Expected<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn same<E: serde::de::Error>(equal: bool) -> Result<(), E> {
    if equal { Ok(()) } else { Err(E::custom("differs")) }
}

impl<'de> Visitor<'de> for Expected<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the wanted value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        same(self.0.is_null())
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        same(self.0.is_null())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        same(self.0.as_bool() == Some(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        same(self.0.as_i64() == Some(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        same(self.0.as_u64() == Some(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        same(self.0.as_f64() == Some(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        same(self.0.as_str() == Some(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Value::Array(list) = self.0 else { return same(false) };
        for item in list {
            if access.next_element_seed(Expected(item))?.is_none() {
                return same(false);
            }
        }
        same(access.next_element::<IgnoredAny>()?.is_none())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        let Value::Object(map) = self.0 else { return same(false) };
        let mut found = 0;
        while let Some(key) = access.next_key_seed(Key)? {
            let value = map.get(&key).ok_or_else(|| A::Error::custom("differs"))?;
            access.next_value_seed(Expected(value))?;
            found += 1;
        }
        same(found == map.len())
    }
}

/// A mapping key as the string that kubectl makes of it.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<String, E> {
        Ok(key.to_owned())
    }

    fn visit_bool<E>(self, key: bool) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_i64<E>(self, key: i64) -> Result<String, E> {
        Ok(key.to_string())
    }

    fn visit_u64<E>(self, key: u64) -> Result<String, E> {
        Ok(key.to_string())
    }
}
