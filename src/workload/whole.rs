//! An object as a whole: what a rule sees that is not about one pod.

use super::{Field, Identity, Surroundings};
use serde_json::Value;

/// A view of an object of any kind.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// Who it is.
    pub identity: &'a Identity,
    /// What is known around it.
    pub around: &'a Surroundings<'a>,
    value: &'a Value,
}

impl<'a> Whole<'a> {
    /// View an object of this identity and value.
    pub fn new(identity: &'a Identity, value: &'a Value, around: &'a Surroundings<'a>) -> Self {
        Self { identity, around, value }
    }

    /// The object itself.
    pub fn root(&self) -> Field<'a> {
        Field { pointer: String::new(), value: Some(self.value), container: None }
    }

    /// A field by its path, such as `spec/minAvailable` or `metadata/annotations`.
    pub fn field(&self, path: &str) -> Field<'a> {
        Field::under(Some(self.value), "", path, None)
    }
}
