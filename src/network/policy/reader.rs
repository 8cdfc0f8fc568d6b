//! Reading a policy's value: what stands where, and what is wrong with it.

use super::PolicyName;
use crate::network::world::Object;
use serde_json::{Map, Value};

/// Something wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The policy.
    pub policy: PolicyName,
    /// The place in it, a JSON pointer.
    pub pointer: String,
    /// What it comes to.
    pub weight: Weight,
    /// What is wrong and what to do, without a full stop.
    pub message: String,
}

/// What a problem comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The API server refuses the policy: it holds nowhere.
    Refused,
    /// The field counts for nothing: kubectl refuses it, other clients drop it without a word.
    Dropped,
}

/// One policy being read.
pub(super) struct Reader<'r> {
    object: &'r Object,
    problems: &'r mut Vec<Problem>,
    refused: bool,
}

impl<'r> Reader<'r> {
    pub(super) fn new(object: &'r Object, problems: &'r mut Vec<Problem>) -> Self {
        Self { object, problems, refused: false }
    }

    /// Whether the API server refuses the policy.
    pub(super) fn is_refused(&self) -> bool {
        self.refused
    }

    /// Note why the API server refuses it.
    pub(super) fn refuse(&mut self, pointer: &str, message: impl Into<String>) {
        self.refused = true;
        self.note(pointer, Weight::Refused, message.into());
    }

    fn note(&mut self, pointer: &str, weight: Weight, message: String) {
        let (policy, pointer) = (PolicyName::of(self.object), pointer.to_owned());
        self.problems.push(Problem { policy, pointer, weight, message });
    }

    /// Note the fields of a mapping that nobody knows.
    pub(super) fn known(&mut self, value: &Value, pointer: &str, keys: &[&str]) {
        let Some(map) = value.as_object() else {
            if !value.is_null() {
                self.refuse(pointer, "expected a mapping");
            }
            return;
        };
        for key in map.keys().filter(|key| !keys.contains(&key.as_str())) {
            let meant = crate::profile::closest(key, keys.iter().copied());
            let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            let at = format!("{pointer}/{}", crate::workload::escape(key));
            self.note(&at, Weight::Dropped, format!("there is no field `{key}` here{hint}"));
        }
    }

    /// The items of the list under `key`; none where it is absent.
    pub(super) fn items<'v>(&mut self, value: &'v Value, pointer: &str, key: &str) -> &'v [Value] {
        match value.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.refuse(&format!("{pointer}/{key}"), format!("expected a list under `{key}`"));
                &[]
            }
        }
    }

    /// The entries of the mapping under `key`; none where it is absent.
    pub(super) fn entries<'v>(&mut self, value: &'v Value, pointer: &str, key: &str) -> Vec<(&'v String, &'v Value)> {
        match value.get(key) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Object(map)) => map.iter().collect(),
            Some(_) => {
                self.refuse(&format!("{pointer}/{key}"), format!("expected a mapping under `{key}`"));
                Vec::new()
            }
        }
    }

    /// The only field that a mapping sets, among `keys`; told where there is not exactly one.
    pub(super) fn only<'k>(
        &mut self,
        map: Option<&Map<String, Value>>,
        pointer: &str,
        keys: &[&'k str],
    ) -> Option<&'k str> {
        let set = |key: &&&str| map.and_then(|map| map.get(**key)).is_some_and(|value| !value.is_null());
        let given: Vec<&str> = keys.iter().filter(set).copied().collect();
        match given.as_slice() {
            [one] => Some(one),
            _ => {
                self.refuse(pointer, format!("expected exactly one of {}", keys.join(", ")));
                None
            }
        }
    }

    /// The port number under `key`; told where it is none.
    pub(super) fn port(&mut self, value: &Value, pointer: &str, key: &str) -> Option<u16> {
        let found = value.get(key).unwrap_or(&Value::Null);
        let port = found.as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
        if port.is_none() {
            self.refuse(&format!("{pointer}/{key}"), format!("expected a port from 1 to 65535, found {found}"));
        }
        port
    }

    /// What is needed and missing, or of the wrong sort, told.
    pub(super) fn text<'v>(&mut self, value: &'v Value, pointer: &str, key: &str) -> Option<&'v str> {
        let text = value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if text.is_none() {
            self.refuse(&format!("{pointer}/{key}"), format!("expected a string under `{key}`"));
        }
        text
    }
}
