//! JSON pointers (RFC 6901) over values.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// A key as one token of a JSON pointer.
pub fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// A token of a JSON pointer as the key it stands for.
pub(super) fn unescape(token: &str) -> Cow<'_, str> {
    if token.bytes().any(|byte| byte == b'~') {
        token.replace("~1", "/").replace("~0", "~").into()
    } else {
        token.into()
    }
}

/// The value at a pointer.
pub fn lookup<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.is_empty() { Some(value) } else { lookup_below(value, pointer.strip_prefix('/')?) }
}

/// The value at a pointer whose first `/` is left out. Rules look up a great many fields: nothing is copied on the way.
pub(super) fn lookup_below<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let (mut here, mut rest) = (value, path);
    loop {
        // Tokens are short: a search made for long texts takes longer than a look at each byte.
        let end = rest.bytes().position(|byte| byte == b'/');
        let token = &rest[..end.unwrap_or(rest.len())];
        here = match here {
            Value::Object(map) => entry(map, &unescape(token))?,
            Value::Array(list) => list.get(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
        match end {
            Some(end) => rest = &rest[end + 1..],
            None => return Some(here),
        }
    }
}

/// The value under a key. Most mappings are so small that comparing keys is faster than hashing one.
fn entry<'v>(map: &'v Map<String, Value>, key: &str) -> Option<&'v Value> {
    const SMALL: usize = 16;
    if map.len() > SMALL {
        return map.get(key);
    }
    map.iter().find_map(|(known, value)| (known == key).then_some(value))
}

/// The place at a pointer, made if it is missing: absent and null parents become mappings.
/// `None` when a parent is something else than a mapping or an existing list item.
pub fn lookup_mut<'v>(value: &'v mut Value, pointer: &str) -> Option<&'v mut Value> {
    let mut here = value;
    for token in pointer.split('/').skip(1) {
        if here.is_null() {
            *here = Value::Object(Map::new());
        }
        here = match here {
            Value::Object(map) => map.entry(&*unescape(token)).or_insert(Value::Null),
            Value::Array(list) => list.get_mut(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(here)
}
