//! Random changes of a value.

use super::tape::Tape;
use serde_json::{Value, json};

/// The value after one to three changes.
pub(crate) fn edited(tape: &mut Tape<'_>, before: &Value) -> Value {
    let mut after = before.clone();
    for _ in 0..=tape.below(3) {
        edit(tape, &mut after);
    }
    after
}

fn edit(tape: &mut Tape<'_>, value: &mut Value) {
    let mut places = Vec::new();
    pointers(value, String::new(), &mut places);
    let place = places[tape.below(places.len()).min(places.len() - 1)].clone();
    let kind = tape.below(6);
    let new = fresh(tape);
    let spot = tape.below(4);
    let old = value.pointer(&place).cloned().expect("a place of this value");
    // The same change wherever the same value stands: what an author of anchors and aliases means.
    let everywhere = !old.is_null() && (old.is_object() || old.is_array()) && tape.tenths(5);
    for other in places {
        if other == place || everywhere && value.pointer(&other) == Some(&old) {
            change(value, &other, kind, &new, spot);
        }
    }
}

fn change(value: &mut Value, place: &str, kind: usize, new: &Value, spot: usize) {
    let Some(here) = value.pointer_mut(place) else { return };
    match (kind, here) {
        (0 | 1, Value::Object(map)) => {
            map.insert(format!("new{spot}"), new.clone());
        }
        (0, Value::Array(list)) => list.push(new.clone()),
        (1, Value::Array(list)) => list.insert(spot.min(list.len()), new.clone()),
        (2 | 3, Value::Object(map)) if !map.is_empty() => {
            let key = map.keys().nth(spot % map.len()).cloned().expect("a key");
            map.shift_remove(&key);
        }
        (2 | 3, Value::Array(list)) if !list.is_empty() => {
            list.remove(spot % list.len());
        }
        (4, Value::Object(map)) if !map.is_empty() => map.values_mut().for_each(|value| *value = new.clone()),
        (_, here) if !place.is_empty() => *here = new.clone(),
        _ => {}
    }
}

fn fresh(tape: &mut Tape<'_>) -> Value {
    match tape.below(20) {
        0 => json!("x"),
        1 => json!(true),
        2 => json!(false),
        3 => json!(7),
        4 => json!({"k": false}),
        5 => json!(["v"]),
        6 => json!({"k": {"l": ["v", {"w": 1, "z": {"deep": "er"}}]}, "m": "n"}),
        7 => json!("yes"),
        8 => json!(""),
        9 => json!("0644"),
        10 => json!("# x: y"),
        11 => json!("one\ntwo\n"),
        12 => json!("one\n\n  two"),
        13 => json!(null),
        14 => json!({}),
        15 => json!([]),
        16 => json!(0.5),
        17 => json!("- a, b]}"),
        18 => json!([[1, "it's"], {"a": []}]),
        _ => json!("\n\t\"☃\u{1}\\"),
    }
}

/// The JSON pointers of a value and of all in it.
pub(crate) fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
    all.push(at);
}
