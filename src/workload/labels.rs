//! Label selectors, as the API server evaluates them.

use serde_json::{Map, Value};

/// Whether a label selector (`matchLabels`, `matchExpressions`) selects something with these labels. One that is absent
/// selects nothing, an empty one everything.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object() else { return false };
    let labels = labels.as_object();
    let label = |key: &str| labels.and_then(|labels| labels.get(key));
    let matches = |(key, value): (&String, &Value)| label(key) == Some(value);
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    selector.get("matchLabels").and_then(Value::as_object).is_none_or(|wanted| wanted.iter().all(matches))
        && expressions.into_iter().flatten().all(|expression| holds(expression, &label))
}

/// Whether a label selector says anything: an empty one stands for all or for nothing, by the kind it is in.
pub fn is_empty(selector: &Value) -> bool {
    let empty = |key: &str| match selector.get(key) {
        Some(Value::Object(map)) => map.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        _ => true,
    };
    empty("matchLabels") && empty("matchExpressions")
}

/// A selector of these labels.
pub fn selector_of(labels: &Map<String, Value>) -> Value {
    serde_json::json!({"matchLabels": labels})
}

fn holds<'v>(expression: &Value, label: &impl Fn(&str) -> Option<&'v Value>) -> bool {
    let Some(key) = expression.get("key").and_then(Value::as_str) else { return false };
    let found = label(key);
    let listed = || {
        let values = expression.get("values").and_then(Value::as_array);
        found.is_some_and(|value| values.is_some_and(|values| values.contains(value)))
    };
    match expression.get("operator").and_then(Value::as_str) {
        Some("In") => listed(),
        Some("NotIn") => !listed(),
        Some("Exists") => found.is_some(),
        Some("DoesNotExist") => found.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_selector_selects_as_the_api_server_says() {
        let labels = json!({"app": "web", "tier": "front"});
        let expression = |key: &str, operator: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        for (selector, selected) in [
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "tier": "back"}}), false),
            (expression("app", "In", json!(["web", "api"])), true),
            (expression("app", "NotIn", json!(["web"])), false),
            (expression("zone", "NotIn", json!(["a"])), true),
            (expression("tier", "Exists", json!(null)), true),
            (expression("tier", "DoesNotExist", json!([])), false),
            (expression("tier", "Near", json!(["front"])), false),
            (json!({}), true),
            (json!(null), false),
        ] {
            assert_eq!(selects(&selector, &labels), selected, "{selector}");
        }
        assert!(!selects(&json!({"matchLabels": {"app": "web"}}), &json!(null)));
    }

    #[test]
    fn a_selector_without_a_condition_is_empty() {
        assert!(is_empty(&json!({})) && is_empty(&json!({"matchLabels": {}, "matchExpressions": []})));
        assert!(!is_empty(&json!({"matchLabels": {"a": "b"}})));
        assert!(is_empty(&selector_of(&Map::new())));
    }
}
