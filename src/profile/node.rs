//! A value of a profile together with its place: asks for what is expected there and notes what is found instead.

use super::{Problem, closest};
use crate::manifest::Document;
use serde_json::Value;
use std::cell::RefCell;

/// One profile text being read, and what is wrong with it so far.
pub(super) struct Reading<'t> {
    file: &'t str,
    document: Document<'t>,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Reading<'t> {
    /// Begin to read a document of the file.
    pub(super) fn new(file: &'t str, document: Document<'t>) -> Self {
        Self { file, document, problems: RefCell::default() }
    }

    /// What was wrong, in the order of the text.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| problem.position);
        problems
    }
}

/// A value at its place. `None` from a method means that the problem is noted.
#[derive(Clone)]
pub(super) struct Node<'r> {
    reading: &'r Reading<'r>,
    value: &'r Value,
    pointer: String,
}

impl<'r> Node<'r> {
    /// The whole document.
    pub(super) fn root(reading: &'r Reading<'r>, value: &'r Value) -> Self {
        Self { reading, value, pointer: String::new() }
    }

    /// The value itself.
    pub(super) fn value(&self) -> &'r Value {
        self.value
    }

    /// `file:line:column`.
    pub(super) fn origin(&self) -> String {
        let at = self.at(false);
        match at.position {
            Some(position) => format!("{}:{position}", at.file),
            None => at.file,
        }
    }

    /// A problem at this place that is not one yet.
    pub(super) fn place(&self) -> Problem {
        self.at(false)
    }

    /// Note a problem with the value.
    pub(super) fn wrong(&self, message: impl Into<String>, help: Option<String>) {
        self.note(Problem { message: message.into(), help, ..self.at(false) });
    }

    /// Note a problem with the key of a mapping's entry.
    pub(super) fn wrong_key(&self, message: impl Into<String>, help: Option<String>) {
        self.note(Problem { message: message.into(), help, ..self.at(true) });
    }

    /// Note that something else was expected.
    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        self.wrong(format!("expected {what}, found {}", describe(self.value)), None);
        None
    }

    /// Check that it is a mapping with no other keys than these.
    pub(super) fn mapping(&self, known: &[&str]) -> Option<&Self> {
        for (key, entry) in self.entries()? {
            if !known.contains(&key) {
                let help = match closest(key, known.iter().copied()) {
                    Some(other) => format!("did you mean {other:?}?"),
                    None => format!("expected one of: {}", known.join(", ")),
                };
                entry.wrong_key(format!("unknown key {key:?}"), Some(help));
            }
        }
        Some(self)
    }

    /// The entries of a mapping whose keys are free.
    pub(super) fn entries(&self) -> Option<Vec<(&'r str, Self)>> {
        let Value::Object(map) = self.value else { return self.expected("a mapping") };
        Some(map.iter().map(|(key, value)| (key.as_str(), self.below(&crate::workload::escape(key), value))).collect())
    }

    /// An entry of a mapping; an explicit null counts as absent.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).filter(|value| !value.is_null()).map(|value| self.below(key, value))
    }

    /// An entry that must be there.
    pub(super) fn required(&self, key: &str) -> Option<Self> {
        let found = self.get(key);
        if found.is_none() {
            self.wrong(format!("{key:?} is missing"), None);
        }
        found
    }

    /// A string.
    pub(super) fn text(&self) -> Option<&'r str> {
        match self.value {
            Value::String(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => {
                // As it stands in the text: the value has lost the zero of `1.30`.
                let written = self.reading.document.span(&self.pointer, false);
                let written = written.map(|span| format!("\"{}\"", &self.reading.document.stream().text()[span]));
                self.wrong(
                    format!("expected a string, found {}", describe(self.value)),
                    written.map(|text| format!("write it in quotes: {text}")),
                );
                None
            }
            _ => self.expected("a string"),
        }
    }

    /// A string with something in it.
    pub(super) fn some_text(&self) -> Option<&'r str> {
        let text = self.text()?;
        if text.trim().is_empty() {
            self.wrong("expected some text, found an empty string", None);
            return None;
        }
        Some(text)
    }

    /// A list's items.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match self.value {
            Value::Array(items) => {
                Some(items.iter().enumerate().map(|(index, item)| self.below(&index.to_string(), item)).collect())
            }
            Value::String(text) => {
                self.wrong("expected a list, found a string", Some(format!("write it as a list: [{text:?}]")));
                None
            }
            _ => self.expected("a list"),
        }
    }

    /// A list of strings read one by one; those that cannot be read are left out and noted.
    pub(super) fn list<T>(&self, mut read: impl FnMut(&Self) -> Option<T>) -> Vec<T> {
        self.items().unwrap_or_default().iter().filter_map(&mut read).collect()
    }

    fn below(&self, token: &str, value: &'r Value) -> Self {
        Self { reading: self.reading, value, pointer: format!("{}/{token}", self.pointer) }
    }

    fn at(&self, key: bool) -> Problem {
        let document = self.reading.document;
        let start = document.span(&self.pointer, key).unwrap_or_else(|| document.nearest(&self.pointer)).start;
        let position = Some(document.stream().position(start));
        Problem { file: self.reading.file.to_owned(), position, message: String::new(), help: None }
    }

    fn note(&self, problem: Problem) {
        self.reading.problems.borrow_mut().push(problem);
    }
}

/// A value in the user's words.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the boolean {value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}
