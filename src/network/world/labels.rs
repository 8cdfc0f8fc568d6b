//! Labels of pods and namespaces.

use serde_json::Value;
use std::collections::BTreeMap;

/// Labels by their keys.
pub type Labels = BTreeMap<String, String>;

/// The labels at a JSON pointer of an object. The API server takes strings only; any other value is left out.
pub(in crate::network) fn labels_at(value: &Value, pointer: &str) -> Labels {
    let labels = value.pointer(pointer).and_then(Value::as_object);
    labels.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
