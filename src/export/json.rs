//! A change as a JSON patch (RFC 6902).

use json_patch::diff;
use serde_json::{Value, json};

/// The operations that make `after` of `before`; an empty list where nothing differs. They address list items by number:
/// the first operations test that the named items on their way stand where they stood.
pub fn json_patch(before: &Value, after: &Value) -> Value {
    let changes: Vec<Value> = serde_json::to_value(diff(before, after)).ok().map(list).unwrap_or_default();
    let mut operations: Vec<Value> = Vec::new();
    for path in changes.iter().filter_map(|change| change.get("path")?.as_str()) {
        for test in tests(before, path) {
            if !operations.contains(&test) {
                operations.push(test);
            }
        }
    }
    operations.extend(changes);
    Value::Array(operations)
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// That each list item on the way to a place has the name it had.
fn tests(before: &Value, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for (end, _) in path.match_indices('/').skip(1).chain([(path.len(), "")]) {
        let way = &path[..end];
        let parent = way.rsplit_once('/').map_or("", |(parent, _)| parent);
        if before.pointer(parent).is_some_and(Value::is_array)
            && let Some(name) = before.pointer(way).and_then(|item| item.get("name"))
        {
            found.push(json!({"op": "test", "path": format!("{way}/name"), "value": name}));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_tested_before_numbers_are_trusted() {
        let before = json!({"containers": [{"name": "a"}, {"name": "b", "env": [{"name": "E", "value": "1"}]}]});
        let mut after = before.clone();
        after["containers"][1]["env"][0]["value"] = json!("2");
        let patch = json_patch(&before, &after);
        assert_eq!(
            patch,
            json!([
                {"op": "test", "path": "/containers/1/name", "value": "b"},
                {"op": "test", "path": "/containers/1/env/0/name", "value": "E"},
                {"op": "replace", "path": "/containers/1/env/0/value", "value": "2"},
            ])
        );
        let mut value = before.clone();
        json_patch::patch(&mut value, &serde_json::from_value::<json_patch::Patch>(patch.clone()).unwrap()).unwrap();
        assert_eq!(value, after);
        let mut other = json!({"containers": [{"name": "b", "env": []}, {"name": "a"}]});
        assert!(json_patch::patch(&mut other, &serde_json::from_value::<json_patch::Patch>(patch).unwrap()).is_err());
        assert_eq!(json_patch(&after, &after), json!([]));
    }
}
