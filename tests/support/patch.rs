//! The three operations of JSON Patch the tests need, keeping the order of keys.

use serde_json::Value;

/// One change of a value.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// Set a key, or insert before a list item (`-` for the end).
    Add(String, Value),
    /// Change what is there.
    Replace(String, Value),
    /// Take away what is there.
    Remove(String),
}

/// Apply `op` to `value`; `Err` says what is not there.
pub(crate) fn apply(value: &mut Value, op: &Op) -> Result<(), String> {
    let (pointer, new) = match op {
        Op::Add(pointer, new) | Op::Replace(pointer, new) => (pointer, Some(new)),
        Op::Remove(pointer) => (pointer, None),
    };
    let missing = || format!("{op:?}: no such place");
    let Some((parent, token)) = pointer.rsplit_once('/') else {
        *value = new.cloned().ok_or_else(missing)?;
        return Ok(());
    };
    let token = token.replace("~1", "/").replace("~0", "~");
    match (value.pointer_mut(parent).ok_or_else(missing)?, op) {
        (Value::Object(map), Op::Add(_, new)) => {
            map.insert(token, new.clone());
        }
        (Value::Object(map), Op::Replace(_, new)) => *map.get_mut(&token).ok_or_else(missing)? = new.clone(),
        (Value::Object(map), Op::Remove(_)) => {
            map.shift_remove(&token).ok_or_else(missing)?;
        }
        (Value::Array(list), Op::Add(_, new)) if token == "-" => list.push(new.clone()),
        (Value::Array(list), _) => {
            let index: usize = token.parse().map_err(|_| missing())?;
            if index > list.len() || index == list.len() && !matches!(op, Op::Add(..)) {
                return Err(missing());
            }
            match op {
                Op::Add(_, new) => list.insert(index, new.clone()),
                Op::Replace(_, new) => list[index] = new.clone(),
                Op::Remove(_) => {
                    list.remove(index);
                }
            }
        }
        _ => return Err(missing()),
    }
    Ok(())
}
