//! What all sources have in common: a text with places in it, and errors that name them.

use super::{Quantity, Recommended, Resource};
use crate::manifest::{Document, Position, Stream};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What is wrong with a source of recommendations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SourceError {
    /// The file.
    pub file: String,
    /// Where in it.
    pub position: Position,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for SourceError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.position, self.message)
    }
}

/// One document of a source, with its value.
pub(super) struct Text<'s> {
    file: &'s str,
    document: Document<'s>,
    pub(super) value: Value,
}

/// The documents of a text that hold anything.
pub(super) fn each<T>(
    file: &str,
    text: &str,
    mut take: impl FnMut(&Text<'_>) -> Result<T, SourceError>,
) -> Result<Vec<T>, SourceError> {
    let wrong = |position, message| SourceError { file: file.to_owned(), position, message };
    let stream = Stream::read(text.to_owned()).map_err(|error| wrong(error.position, error.message))?;
    let mut taken = Vec::new();
    for document in stream.documents() {
        let value = document.value().map_err(|refusal| wrong(refusal.position, refusal.message))?;
        if !value.is_null() {
            taken.push(take(&Text { file, document, value })?);
        }
    }
    if taken.is_empty() {
        return Err(wrong(Position { line: 1, column: 1 }, "the file is empty".to_owned()));
    }
    Ok(taken)
}

impl Text<'_> {
    /// An error about the value at a JSON pointer.
    pub(super) fn wrong(&self, pointer: &str, message: impl Into<String>) -> SourceError {
        let position = self.document.stream().position(self.document.nearest(pointer).start);
        SourceError { file: self.file.to_owned(), position, message: message.into() }
    }

    /// The string at a JSON pointer.
    pub(super) fn string(&self, pointer: &str) -> Result<String, SourceError> {
        let text = self.value.pointer(pointer).and_then(Value::as_str);
        let key = pointer.rsplit('/').next().unwrap_or_default();
        text.map(str::to_owned).ok_or_else(|| self.wrong(pointer, format!("expected a string under `{key}`")))
    }

    /// The amounts in the mapping at a JSON pointer, none where there is no such mapping; each with where it is from.
    /// Resources that are not set here do not count.
    pub(super) fn amounts(
        &self,
        pointer: &str,
        from: impl Fn(Resource) -> String,
    ) -> Result<BTreeMap<Resource, Recommended>, SourceError> {
        let mapping = match self.value.pointer(pointer) {
            None | Some(Value::Null) => return Ok(BTreeMap::new()),
            Some(Value::Object(mapping)) => mapping,
            Some(_) => return Err(self.wrong(pointer, "expected a mapping of resources to quantities")),
        };
        let mut amounts = BTreeMap::new();
        for (name, value) in mapping {
            let Some(resource) = Resource::named(name) else { continue };
            let amount = self.quantity(&format!("{pointer}/{name}"), value)?;
            amounts.insert(resource, Recommended { amount, from: from(resource) });
        }
        Ok(amounts)
    }

    /// A quantity that stands at a JSON pointer.
    pub(super) fn quantity(&self, pointer: &str, value: &Value) -> Result<Quantity, SourceError> {
        Quantity::of(value)
            .ok_or_else(|| self.wrong(pointer, format!("expected a quantity such as 250m or 128Mi, found {value}")))
    }
}
