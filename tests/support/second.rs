//! The second reader's view: values as serde_yaml reads them, and a change carried over to them.

use super::patch::{Op, apply};
use serde::Deserialize;
use serde_json::Value;

/// Every document of a text, merge keys applied; `Err` at the first it does not take.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    strict(text).or_else(|error| {
        // As JSON the last of duplicate keys counts, as it does for kubectl; merge keys are not known there.
        if !error.contains("duplicate entry") || text.contains("<<") {
            return Err(error);
        }
        let documents = serde_yaml::Deserializer::from_str(text);
        documents.map(|document| Value::deserialize(document).map_err(|error| error.to_string())).collect()
    })
}

fn strict(text: &str) -> Result<Vec<Value>, String> {
    // libyaml counts a byte order mark as a column, so that the second line seems to stand further left. And it does not
    // see, as kubectl does, a line break at the end of a literal that ends the text.
    let text = format!("{}\n", text.trim_start_matches('\u{feff}'));
    let documents = serde_yaml::Deserializer::from_str(&text);
    let mut values = Vec::new();
    for document in documents {
        let mut value = serde_yaml::Value::deserialize(document).map_err(|error| error.to_string())?;
        value.apply_merge().map_err(|error| error.to_string())?;
        values.push(json(value)?);
    }
    Ok(values)
}

fn json(value: serde_yaml::Value) -> Result<Value, String> {
    use serde_yaml::Value as Yaml;
    Ok(match value {
        Yaml::Mapping(map) => {
            let mut all = serde_json::Map::new();
            for (key, value) in map {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(key) => key.to_string(),
                    Yaml::Bool(key) => key.to_string(),
                    other => return Err(format!("a key that is {other:?}")),
                };
                all.insert(key, json(value)?);
            }
            Value::Object(all)
        }
        Yaml::Sequence(list) => Value::Array(list.into_iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Tagged(tagged) => json(tagged.value)?,
        other => serde_json::to_value(other).map_err(|error| error.to_string())?,
    })
}

/// Carry the change from `before` to `after` over to `other`, another reader's view of `before`. What both readers see
/// differently and the change does not touch stays as the other sees it.
pub(crate) fn carried(before: &Value, after: &Value, other: &Value) -> Result<Value, String> {
    let mut ops = Vec::new();
    difference(before, after, "", &mut ops);
    let mut value = other.clone();
    for op in &ops {
        apply(&mut value, op)?;
    }
    Ok(value)
}

fn difference(before: &Value, after: &Value, at: &str, ops: &mut Vec<Op>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            let place = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            for (key, value) in old {
                match new.get(key) {
                    Some(after) => difference(value, after, &place(key), ops),
                    None => ops.push(Op::Remove(place(key))),
                }
            }
            let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
            ops.extend(added.map(|(key, value)| Op::Add(place(key), value.clone())));
        }
        (Value::Array(old), Value::Array(new)) => {
            let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
            let rest = old.len().min(new.len()) - same;
            let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
            let (gone, come) = (old.len() - tail, new.len() - tail);
            if gone == come {
                return (same..gone)
                    .for_each(|index| difference(&old[index], &new[index], &format!("{at}/{index}"), ops));
            }
            ops.extend((same..gone).map(|_| Op::Remove(format!("{at}/{same}"))));
            ops.extend((same..come).map(|index| Op::Add(format!("{at}/{index}"), new[index].clone())));
        }
        _ => ops.push(Op::Replace(at.to_owned(), after.clone())),
    }
}
