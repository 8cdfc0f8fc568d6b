//! Writing into a value, by JSON pointer.

use crate::workload::{lookup, lookup_mut};
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where, from the object's root. One that ends in `/-` adds an item to a list.
    pub(super) pointer: Arc<str>,
    /// What; `None` takes it away.
    pub(super) value: Option<Arc<Value>>,
}

/// The order in which the edits of one round have to be made: their pointers all speak of the value as it was before the
/// round, so what takes list items away comes last, and from the end of a list to its beginning.
pub(super) fn in_order(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort_by(|one, other| match (&one.value, &other.value) {
        (Some(_), Some(_)) => Ordering::Equal,
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => by_place(&other.pointer, &one.pointer),
    });
    edits.dedup();
    // Two findings may want the same item of a list.
    let mut appended: HashMap<Arc<str>, Vec<Option<Arc<Value>>>> = HashMap::new();
    edits.retain(|edit| {
        if !is_append(&edit.pointer) {
            return true;
        }
        let items = appended.entry(edit.pointer.clone()).or_default();
        let known = items.contains(&edit.value);
        if !known {
            items.push(edit.value.clone());
        }
        !known
    });
    edits
}

/// Whether a pointer names the place after the last item of a list.
pub(super) fn is_append(pointer: &str) -> bool {
    pointer.ends_with("/-")
}

/// Where a place stood before these items were taken out of their lists; `removed` are their pointers, as they stood.
pub(super) fn before_removal(pointer: &str, removed: &[&str]) -> Option<String> {
    let mut items: Vec<(&str, usize)> = Vec::new();
    for one in removed {
        let (list, index) = one.rsplit_once('/')?;
        items.extend(index.parse().ok().map(|index| (list, index)));
    }
    items.sort_unstable();
    let mut place = pointer.to_owned();
    for (list, index) in items {
        let Some(rest) = place.strip_prefix(list).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let (token, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let Some(now) = token.parse().ok().filter(|now: &usize| *now >= index) else { continue };
        place = format!("{list}/{}{tail}", now + 1);
    }
    (place != pointer).then_some(place)
}

/// Make one edit. Nothing happens where it cannot be made (see [`obstacle`]) or has been made already.
pub(super) fn apply(root: &mut Value, edit: &Edit) {
    match &edit.value {
        Some(value) if is_append(&edit.pointer) => {
            let list = lookup_mut(root, edit.pointer.trim_end_matches("/-"));
            let Some(list) = list else { return };
            if list.is_null() {
                *list = Value::Array(Vec::new());
            }
            if let Value::Array(items) = list {
                items.push(Value::clone(value));
            }
        }
        Some(value) => {
            if let Some(place) = lookup_mut(root, &edit.pointer) {
                *place = Value::clone(value);
            }
        }
        None => {
            let Some((parent, token)) = edit.pointer.rsplit_once('/') else { return };
            match root.pointer_mut(parent) {
                // Not `remove`, which would move the last entry into the gap.
                Some(Value::Object(map)) => drop(map.shift_remove(&token.replace("~1", "/").replace("~0", "~"))),
                Some(Value::Array(list)) => {
                    if let Some(index) = token.parse().ok().filter(|index: &usize| *index < list.len()) {
                        list.remove(index);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The pointer of the value on the way to `pointer` that is neither a mapping nor a list with the item, if there is one: no
/// value can be set behind it.
pub(super) fn obstacle<'p>(root: &Value, pointer: &'p str) -> Option<&'p str> {
    let mut ends = pointer.match_indices('/').map(|(at, _)| at).skip(1).chain([pointer.len()]);
    let mut parent = 0;
    loop {
        let end = ends.next()?;
        let token = &pointer[parent + 1..end];
        match lookup(root, &pointer[..parent]) {
            None | Some(Value::Null) => return None,
            Some(Value::Object(_)) => {}
            Some(Value::Array(_)) if token == "-" && end == pointer.len() => return None,
            Some(Value::Array(list)) if token.parse().is_ok_and(|index: usize| index < list.len()) => {}
            Some(_) => return Some(&pointer[..parent]),
        }
        parent = end;
    }
}

/// The order of two pointers in a document: token by token, list items by number.
pub(super) fn by_place(one: &str, other: &str) -> Ordering {
    let order = |one: &str, other: &str| match (one.parse::<u64>(), other.parse::<u64>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => one.cmp(other),
    };
    let mut others = other.split('/');
    for token in one.split('/') {
        let Some(other) = others.next() else { return Ordering::Greater };
        match order(token, other) {
            Ordering::Equal => {}
            different => return different,
        }
    }
    if others.next().is_some() { Ordering::Less } else { Ordering::Equal }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edit(pointer: &str, value: Option<Value>) -> Edit {
        Edit { pointer: pointer.into(), value: value.map(Arc::new) }
    }

    #[test]
    fn what_is_set_makes_its_parents_and_keeps_the_order_of_keys() {
        let mut value = json!({"b": null, "a": 1, "c": 2});
        apply(&mut value, &edit("/b/x/y", Some(json!(true))));
        apply(&mut value, &edit("/a", None));
        assert_eq!(value.to_string(), r#"{"b":{"x":{"y":true}},"c":2}"#);
    }

    #[test]
    fn several_items_go_without_moving_each_other() {
        let mut value = json!({"l": ["a", "b", "c", {"x": 1, "y": 2}], "m~/": 0});
        let edits = ["/l/0", "/l/3/x", "/l/2", "/l/2", "/m~0~1"].map(|pointer| edit(pointer, None));
        let edits = [edits.to_vec(), vec![edit("/l/3/y", Some(json!(3)))]].concat();
        in_order(edits).iter().for_each(|edit| apply(&mut value, edit));
        assert_eq!(value, json!({"l": ["b", {"y": 3}]}));
    }

    #[test]
    fn a_place_is_told_as_it_stood() {
        let removed = ["/a/0", "/a/2", "/b"];
        let before = |pointer| before_removal(pointer, &removed);
        assert_eq!(before("/a/0/x").as_deref(), Some("/a/1/x"));
        assert_eq!(before("/a/1").as_deref(), Some("/a/3"));
        assert_eq!(before("/a/2/y").as_deref(), Some("/a/4/y"));
        for same in ["/a", "/a/-", "/c/0", "/ab/0"] {
            assert_eq!(before(same), None, "{same}");
        }
    }

    #[test]
    fn items_are_added_at_the_end_and_once() {
        let mut value = json!({"l": [1]});
        let edits = ["/l/-", "/l/-", "/new/l/-"].map(|pointer| edit(pointer, Some(json!(2))));
        in_order(edits.to_vec()).iter().for_each(|edit| apply(&mut value, edit));
        assert_eq!(value, json!({"l": [1, 2], "new": {"l": [2]}}));
        assert_eq!(obstacle(&json!({"l": "text"}), "/l/-"), Some("/l"));
        assert_eq!(obstacle(&json!({"l": []}), "/l/-"), None);
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let value = json!({"a": "text", "l": [{}], "n": null});
        assert_eq!(obstacle(&value, "/a/b"), Some("/a"));
        assert_eq!(obstacle(&value, "/a/b/c"), Some("/a"));
        assert_eq!(obstacle(&value, "/l/1/x"), Some("/l"));
        assert_eq!(obstacle(&value, "/l/x"), Some("/l"));
        for free in ["/a", "/l/0/x", "/n/x/y", "/new/x"] {
            assert_eq!(obstacle(&value, free), None, "{free}");
        }
        assert_eq!(obstacle(&json!("text"), "/a"), Some(""));
    }

    #[test]
    fn places_are_in_the_order_of_a_document() {
        let mut places = ["/c/10", "/c/9/a", "/c/9", "/b", ""];
        places.sort_by(|one, other| by_place(one, other));
        assert_eq!(places, ["", "/b", "/c/9", "/c/9/a", "/c/10"]);
    }
}
