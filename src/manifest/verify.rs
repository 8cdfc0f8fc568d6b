//! The second look: two unrelated readers must find the wanted value in the new text.
//!
//! Only the share of the text that holds the changed part is read again: it begins where the part does and ends where the
//! next one begins, so the others are the same bytes as before.

use super::second::{Expected, Plain};
use super::splice::{Step, align};
use super::{Part, Refusal, Stream, resolve, value};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::borrow::Cow;

const REPORT: &str = "the file is left as it is; please report it";

/// Check that `chunk`, the new text of a part, has the value `after`, and give it back.
pub(super) fn verify(part: &Part<'_>, chunk: String, after: &Value) -> Result<String, Refusal> {
    let after = &*as_text(part, Cow::Borrowed(after));
    let parsed = Stream::parse(chunk).map_err(|(chunk, error)| {
        let at = first_difference(part.text(), &chunk);
        part.refuse(at, format!("the edit would break the YAML ({error}); {REPORT}"))
    })?;
    let read = match parsed.docs()[..] {
        [doc] => value::is(&parsed, doc.root, after).map_err(|refusal| refusal.message),
        _ => Err(format!("the edit would change the number of documents; {REPORT}")),
    };
    // The tree makes room for what the second reader needs.
    let chunk = parsed.text;
    let agreed = match read {
        Ok(true) => second_look(part, &chunk, after),
        Ok(false) => Err(format!("the edit would not give the wanted value; {REPORT}").into()),
        Err(message) => Err(message.into()),
    };
    match agreed {
        Ok(()) => Ok(chunk),
        Err(Doubt { at, message }) => {
            Err(part.refuse(at.unwrap_or_else(|| first_difference(part.text(), &chunk)), message))
        }
    }
}

/// The value of a part as its text alone has it: an item with its dash is a list of one.
fn as_text<'v>(part: &Part<'_>, value: Cow<'v, Value>) -> Cow<'v, Value> {
    if part.has_dash() { Cow::Owned(Value::Array(vec![value.into_owned()])) } else { value }
}

/// What speaks against an edit, and where in the part as it was, if it is not where the edit begins.
struct Doubt {
    at: Option<usize>,
    message: String,
}

impl From<String> for Doubt {
    fn from(message: String) -> Self {
        Self { at: None, message }
    }
}

/// The offset at which two texts part, on a character boundary of the first.
fn first_difference(before: &str, after: &str) -> usize {
    let same = before.bytes().zip(after.bytes()).take_while(|(before, after)| before == after).count();
    (0..=same).rev().find(|at| before.is_char_boundary(*at)).unwrap_or(0)
}

/// libyaml counts a byte-order mark as a column, and reads no line break at the end of a literal that ends the text
/// without one; kubectl does neither.
fn for_libyaml(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) }
}

/// An error of serde_yaml without what it quotes: that may be a secret.
fn unquoted(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let quotes = ['`', '"'];
    match text.find(quotes).zip(text.rfind(quotes)) {
        Some((first, last)) if first < last => format!("{}***{}", &text[..=first], &text[last..]),
        _ => text,
    }
}

fn second_look(part: &Part<'_>, chunk: &str, after: &Value) -> Result<(), Doubt> {
    let chunk = for_libyaml(chunk);
    match Expected(after).deserialize(serde_yaml::Deserializer::from_str(&chunk)) {
        Ok(()) => Ok(()),
        Err(_) => compare_changes(part, &chunk, after),
    }
}

/// Reader 2 differs from kubectl on some scalars, or could not read the document in the first place: its own change from
/// before to after must be the change that was asked for.
fn compare_changes(part: &Part<'_>, chunk: &str, after: &Value) -> Result<(), Doubt> {
    // As JSON, since there the last of duplicate keys counts, as it does for kubectl.
    let text = for_libyaml(part.text());
    let was = match serde_yaml::from_str(&text) {
        Ok(Plain(was)) => was,
        Err(error) if is_stricter_than_kubectl(&error) => return Ok(()),
        Err(error) => {
            let lines = text.split_inclusive('\n').take(error.location().map_or(0, |at| at.line().saturating_sub(1)));
            let at = error.location().map(|_| lines.map(str::len).sum());
            return Err(Doubt {
                at,
                message: format!("kubectl cannot read this document ({}); mend it first", unquoted(&error)),
            });
        }
    };
    let Plain(is) = serde_yaml::from_str(chunk).map_err(|error| {
        format!("a second reader refuses the edited file ({}); it is left as it is", unquoted(&error))
    })?;
    let before = as_text(part, Cow::Owned(part.value().map_err(|refusal| refusal.message)?));
    if changed(merged(was), &before, after) == merged(is) {
        return Ok(());
    }
    Err("two readers disagree on the edited file; it is left as it is, please report it".to_owned().into())
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
