//! The table of owners, `owners.yaml`: how each is known, and what becomes of changes that others make.

use super::claims::{Manager, Operation};
use crate::image::builtin::matches;
use serde::Deserialize;
use serde_json::Value;
use std::sync::LazyLock;

/// One owner.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Owner {
    /// Its name in this table.
    pub(super) id: String,
    /// Who it is, in words; `{word}` stands for what a sign gives. Absent for what is written by hand.
    #[serde(default)]
    pub(super) name: Option<String>,
    /// The same without any word, for objects that lack one.
    #[serde(default)]
    pub(super) nameless: Option<String>,
    /// What it writes on its objects.
    pub(super) signs: Vec<Sign>,
    /// Globs on its field managers.
    pub(super) managers: Vec<String>,
    /// Whether a live change is refused without `--allow-managed`.
    pub(super) managed: bool,
    /// Whether it merges three ways by the annotation of `kubectl apply`: a field that is not in there is not its own,
    /// whatever the field managers say.
    #[serde(default)]
    pub(super) knows_last_applied: bool,
    /// What becomes of a value where it sets none.
    pub(super) additions: Becomes,
    /// What becomes of a change of a value that it sets.
    pub(super) overrides: Becomes,
    /// The same for objects that it writes by server-side apply, where that is another.
    #[serde(default)]
    applied_additions: Option<Becomes>,
    #[serde(default)]
    applied_overrides: Option<Becomes>,
    /// Annotations of the object that make it behave otherwise; the first that is there counts.
    #[serde(default)]
    pub(super) unless: Vec<Unless>,
    /// Where to change it instead: sentences, with `{word}`s as in the name.
    pub(super) advice: Vec<String>,
}

/// Something on an object that tells its owner: a label, an annotation, or an owner reference to a kind.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Sign {
    pub(super) label: Option<String>,
    pub(super) annotation: Option<String>,
    pub(super) owner: Option<String>,
    /// The value it must have; any where none is stated.
    pub(super) is: Option<String>,
    /// The word for the name and the advice that its value is.
    pub(super) gives: Option<String>,
    /// Whether the value is `WORD:GROUP/KIND:NAMESPACE/NAME` and must name the object: otherwise the object is a copy.
    pub(super) names_object: bool,
    /// Whether it tells by itself. People copy manifests with their labels: otherwise it takes two signs in two places, or
    /// a field manager.
    pub(super) alone: bool,
    /// Whether other tools write it, too: it gives its word, and tells nothing.
    pub(super) weak: bool,
}

/// What an annotation changes about an owner.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Unless {
    pub(super) annotation: String,
    /// The value it must have,
    #[serde(default)]
    pub(super) is: Option<String>,
    /// or what must be among its values, which commas part.
    #[serde(default)]
    pub(super) has: Option<String>,
    #[serde(default)]
    pub(super) additions: Option<Becomes>,
    #[serde(default)]
    pub(super) overrides: Option<Becomes>,
}

/// What becomes of a change, the worse the greater; `stays`, `reverts WHEN` or `blocks WHAT`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Becomes {
    /// It stays.
    Stays,
    /// The old value comes back: when.
    Reverts(String),
    /// What fails on it.
    Blocks(String),
}

impl TryFrom<String> for Becomes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(' ') {
            None if text == "stays" => Ok(Self::Stays),
            Some(("reverts", when)) => Ok(Self::Reverts(when.to_owned())),
            Some(("blocks", what)) => Ok(Self::Blocks(what.to_owned())),
            _ => Err(format!("neither stays, nor reverts WHEN, nor blocks WHAT: {text:?}")),
        }
    }
}

impl Owner {
    /// Whether a field manager is this owner's.
    pub(super) fn writes_as(&self, manager: &Manager<'_>) -> bool {
        self.managers.iter().any(|glob| matches(glob, manager.name))
    }

    /// What an annotation of the object changes about it.
    pub(super) fn unless(&self, live: &Value) -> Option<&Unless> {
        let annotations = live.get("metadata")?.get("annotations")?;
        self.unless.iter().find(|unless| {
            let value = annotations.get(&unless.annotation).and_then(Value::as_str);
            value.is_some_and(|value| {
                unless.is.as_deref().is_none_or(|wanted| wanted == value)
                    && unless.has.as_deref().is_none_or(|wanted| value.split(',').any(|one| one.trim() == wanted))
            })
        })
    }

    /// What becomes of an addition, by how it writes the object.
    pub(super) fn addition(&self, operation: Operation) -> &Becomes {
        self.applied_additions.as_ref().filter(|_| operation == Operation::Apply).unwrap_or(&self.additions)
    }

    /// What becomes of a change of a value that it wrote in this way.
    pub(super) fn r#override(&self, operation: Operation) -> &Becomes {
        self.applied_overrides.as_ref().filter(|_| operation == Operation::Apply).unwrap_or(&self.overrides)
    }
}

/// All owners, in the order in which they are tried.
pub(super) fn owners() -> &'static [Owner] {
    // The file is part of the program; a test proves that it reads.
    static OWNERS: LazyLock<Vec<Owner>> =
        LazyLock::new(|| serde_yaml::from_str(include_str!("owners.yaml")).unwrap_or_default());
    &OWNERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_table_reads_and_every_word_is_given() {
        let owners: Vec<Owner> = serde_yaml::from_str(include_str!("owners.yaml")).unwrap();
        let ids: BTreeSet<&str> = owners.iter().map(|owner| owner.id.as_str()).collect();
        assert_eq!(ids.len(), owners.len());
        for owner in &owners {
            assert!(!owner.signs.is_empty() || !owner.managers.is_empty(), "{}", owner.id);
            assert_eq!(
                owner.name.as_ref().is_some_and(|name| name.contains('{')),
                owner.nameless.is_some(),
                "{}",
                owner.id
            );
            let given: Vec<String> =
                owner.signs.iter().filter_map(|sign| Some(format!("{{{}}}", sign.gives.as_ref()?))).collect();
            for text in owner.advice.iter().chain(&owner.name) {
                let rest = given.iter().fold(text.clone(), |text, word| text.replace(word, ""));
                assert!(!rest.contains('{'), "{}: {rest}", owner.id);
            }
            for sign in &owner.signs {
                let places = [&sign.label, &sign.annotation, &sign.owner];
                assert_eq!(places.iter().filter(|place| place.is_some()).count(), 1, "{}", owner.id);
            }
        }
    }
}
