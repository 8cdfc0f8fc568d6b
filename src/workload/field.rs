//! A field of a pod, present or not, with its JSON pointer.

use super::escape;
use super::pointer::lookup_below;
use serde_json::Value;

/// A place in an object. It may hold nothing: a rule asks what is there and may propose what should be.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// JSON pointer from the object's root.
    pub pointer: String,
    /// What is there. `None` when absent; an explicit `null` counts as absent, as the API server reads it.
    pub value: Option<&'a Value>,
    /// The container it belongs to.
    pub container: Option<&'a str>,
}

impl<'a> Field<'a> {
    /// The field reached from `base` by a path of keys separated by `/` (a key's own `/` written as `~1`).
    pub(super) fn under(base: Option<&'a Value>, base_pointer: &str, path: &str, container: Option<&'a str>) -> Self {
        let pointer = [base_pointer, "/", path].concat();
        let value = base.and_then(|base| lookup_below(base, path)).filter(|value| !value.is_null());
        Self { pointer, value, container }
    }

    /// A field below this one.
    pub fn field(&self, path: &str) -> Field<'a> {
        Self::under(self.value, &self.pointer, path, self.container)
    }

    /// The items of a list; empty when it is none.
    pub fn items(&self) -> Vec<Field<'a>> {
        let Some(Value::Array(list)) = self.value else { return Vec::new() };
        list.iter()
            .enumerate()
            .map(|(index, value)| Field {
                pointer: format!("{}/{index}", self.pointer),
                value: Some(value).filter(|value| !value.is_null()),
                container: self.container,
            })
            .collect()
    }

    /// The entries of a mapping; empty when it is none.
    pub fn entries(&self) -> Vec<(&'a str, Field<'a>)> {
        let Some(Value::Object(map)) = self.value else { return Vec::new() };
        map.iter()
            .map(|(key, value)| {
                let field = Field {
                    pointer: format!("{}/{}", self.pointer, escape(key)),
                    value: Some(value).filter(|value| !value.is_null()),
                    container: self.container,
                };
                (key.as_str(), field)
            })
            .collect()
    }

    /// Whether anything is there.
    pub fn is_stated(&self) -> bool {
        self.value.is_some()
    }

    /// Its boolean.
    pub fn as_bool(&self) -> Option<bool> {
        self.value.and_then(Value::as_bool)
    }

    /// Its string.
    pub fn as_str(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }

    /// Its integer.
    pub fn as_i64(&self) -> Option<i64> {
        self.value.and_then(Value::as_i64)
    }
}
