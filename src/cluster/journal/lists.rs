//! Which lists have items with keys: a table, read from `lists.yaml`.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The alternatives of keys for each field that holds a list.
static LISTS: LazyLock<BTreeMap<String, Vec<Vec<String>>>> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("lists.yaml")).unwrap_or_default());

/// The keys that tell the items of the list in this field apart; `None` where it has none, or an item lacks one, or two
/// items have the same.
pub(super) fn keys(field: &str, lists: [&[Value]; 2]) -> Option<&'static [String]> {
    let fit = |keys: &&Vec<String>| lists.iter().all(|list| tells_apart(keys, list));
    LISTS.get(field)?.iter().find(fit).map(Vec::as_slice)
}

/// The keys of an item with their values.
pub(super) fn key_of(item: &Value, keys: &[String]) -> Option<Map<String, Value>> {
    keys.iter().map(|key| Some((key.clone(), item.get(key)?.clone()))).collect()
}

fn tells_apart(keys: &[String], list: &[Value]) -> bool {
    let found: Option<BTreeSet<String>> =
        list.iter().map(|item| key_of(item, keys).map(|key| Value::Object(key).to_string())).collect();
    found.is_some_and(|found| found.len() == list.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_keys_that_fit_all_items() {
        let of = |field: &str, list: Value| keys(field, [list.as_array().unwrap(), &[]]).map(|keys| keys.join(","));
        assert_eq!(
            of("ports", json!([{"containerPort": 80, "protocol": "TCP"}])),
            Some("containerPort,protocol".into())
        );
        assert_eq!(of("ports", json!([{"port": 80, "protocol": "TCP"}])), Some("port,protocol".into()));
        assert_eq!(of("env", json!([{"name": "A"}, {"name": "A"}])), None, "two of one name");
        assert_eq!(of("containers", json!([{"image": "a"}])), None, "no name");
        assert_eq!(of("drop", json!(["ALL"])), None);
    }

    #[test]
    fn the_table_can_be_read() {
        assert!(LISTS.len() > 10);
    }
}
