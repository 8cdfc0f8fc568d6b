//! One container of a pod.

use super::Field;
use super::pointer::lookup_below;
use serde_json::Value;

/// Which of a pod's three lists a container stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// `initContainers`, sidecars included.
    Init,
    /// `containers`.
    Main,
    /// `ephemeralContainers`.
    Ephemeral,
}

impl List {
    /// The lists in the order the Pod Security admission visits them.
    pub const ALL: [Self; 3] = [Self::Init, Self::Main, Self::Ephemeral];

    /// The key in the pod's spec.
    pub fn key(self) -> &'static str {
        match self {
            Self::Init => "initContainers",
            Self::Main => "containers",
            Self::Ephemeral => "ephemeralContainers",
        }
    }
}

/// A container with its place in the object.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    value: &'a Value,
    pointer: String,
}

impl<'a> Container<'a> {
    pub(super) fn new(value: &'a Value, pointer: String) -> Self {
        Self { value, pointer }
    }

    /// Its name, empty when it has none.
    pub fn name(&self) -> &'a str {
        self.value.get("name").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its image reference, empty when it has none.
    pub fn image(&self) -> &'a str {
        self.value.get("image").and_then(Value::as_str).unwrap_or_default()
    }

    /// The list it stands in.
    pub fn list(&self) -> List {
        let within = |list: &List| {
            let mut parts = self.pointer.rsplit('/').skip(1);
            parts.next() == Some(list.key())
        };
        List::ALL.into_iter().find(within).unwrap_or(List::Main)
    }

    /// JSON pointer from the object's root.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Whether it runs with `privileged: true`.
    pub fn is_privileged(&self) -> bool {
        self.value("securityContext/privileged").and_then(Value::as_bool) == Some(true)
    }

    /// The container itself, as an item of its list.
    pub fn whole(&self) -> Field<'a> {
        Field { pointer: self.pointer.clone(), value: Some(self.value), container: Some(self.name()) }
    }

    /// What stands at a path, such as `securityContext/privileged`, for those who need not know the place. An explicit
    /// `null` counts as absent.
    pub fn value(&self, path: &str) -> Option<&'a Value> {
        lookup_below(self.value, path).filter(|value| !value.is_null())
    }

    /// The items of the list at a path; none where there is no list.
    pub fn list_at(&self, path: &str) -> &'a [Value] {
        self.value(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A field by its path, such as `securityContext/privileged`.
    pub fn field(&self, path: &str) -> Field<'a> {
        Field::under(Some(self.value), &self.pointer, path, Some(self.name()))
    }
}
