//! One object of the world, with all that it states.

use super::kinds;
use crate::workload::Identity;
use serde_json::Value;
use std::fmt;

/// The namespace of objects that state none.
pub const DEFAULT_NAMESPACE: &str = "default";

/// An object. Its value may hold secrets: nothing here shows it.
#[derive(Clone)]
pub struct Object {
    /// Who it is.
    pub identity: Identity,
    /// Its namespace, `default` where it states none; `None` for kinds of the whole cluster.
    pub namespace: Option<String>,
    /// All that it states. Never to be printed as a whole: it may be a Secret.
    pub value: Value,
    /// Its place in the list that the world was made of.
    pub input: usize,
}

impl Object {
    /// An object at this place of the list that a world is made of.
    pub fn new(identity: Identity, value: Value, input: usize) -> Self {
        let stated = || identity.namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        let namespace = (!kinds::is_of_cluster(&identity)).then(stated);
        Self { identity, namespace, value, input }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// Its kind.
    pub fn kind(&self) -> &str {
        &self.identity.kind
    }

    /// The group that its kind has today; empty for the core group.
    pub fn group(&self) -> &str {
        kinds::group_known(self.identity.group(), &self.identity.kind)
    }

    /// The value at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer).filter(|value| !value.is_null())
    }

    /// The string at a JSON pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.at(pointer).and_then(Value::as_str)
    }

    /// The items of the list at a JSON pointer; none where there is no list.
    pub fn items(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} #{}", self.identity, self.input)
    }
}
