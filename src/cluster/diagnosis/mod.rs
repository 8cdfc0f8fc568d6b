//! Why pods do not start, in words that a person can act on, and what would mend it.
//!
//! ```text
//! pattern   what failing pods say: data, patterns/*.yaml
//! clue      the line of all that was seen that says most
//! blame     the rule whose change brought it about
//! mend      what was applied, changed so that it works; at the least without what that rule did
//! ```

mod blame;
mod clue;
mod mend;
mod pattern;

pub(crate) use pattern::{Pattern, Weight, first};

use super::Target;
use super::rollout::{Failure, Sighting, Source};
use crate::image::Images;
use crate::secrets::redacted;
use clue::Clue;
use mend::{Mended, Place};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why the new pods do not work.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The id of the pattern that told; `None` where none did.
    pub pattern: Option<&'static str>,
    /// What is wrong, a few words.
    pub cause: String,
    /// What shows it: where it was seen, and as its text the line that says most, without secrets.
    pub evidence: Sighting,
    /// The rule whose change brought it about; `None` where none of the changes did.
    pub rule: Option<&'static str>,
    /// What would mend it, in words.
    pub advice: String,
    /// The object as it should be instead, where that is known: the change that mends it is the difference from what was
    /// applied.
    pub mended: Option<Value>,
}

/// The longest line of evidence, in characters.
const LONGEST: usize = 400;

/// Tell why. `target` is what was applied. `None` where nothing was seen at all.
pub fn explain(failure: &Failure, target: &Target) -> Option<Diagnosis> {
    explain_knowing(failure, target, &Images::default())
}

/// The same with what the run knows of images.
pub fn explain_knowing(failure: &Failure, target: &Target, images: &Images) -> Option<Diagnosis> {
    let ended = failure.sightings.iter().any(|one| one.exit_code.is_some());
    match clue::best(failure) {
        // An exit code and last words say more than that something ends again and again.
        Some(clue) if clue.pattern.weight() < Weight::Last || !ended => Some(by_pattern(&clue, target, images)),
        _ => unknown(failure, target),
    }
}

fn by_pattern(clue: &Clue<'_>, target: &Target, images: &Images) -> Diagnosis {
    let container = clue.groups.get("container").map(String::as_str).or(clue.sighting.container.as_deref());
    let place = Place::new(target, container, images);
    let row = &clue.pattern.row;
    let blamed = blame::find(row, &place);
    let done = blamed.as_ref().and_then(|blamed| {
        let tried = blamed.from.mend.iter().find_map(|one| mend::mend(one, &place, &clue.groups));
        tried.or_else(|| mend::revert(&place, blamed.rule))
    });
    let advice = row.advice.as_deref().map(|advice| filled(advice, &clue.groups));
    let is_refusal = row.from.iter().all(|from| from.rules.iter().any(|rule| rule == blame::ANY));
    Diagnosis {
        pattern: Some(&row.id),
        cause: in_full(&filled(&row.cause, &clue.groups)),
        evidence: evidence(clue.sighting, clue.line),
        rule: blamed.as_ref().map(|blamed| blamed.rule),
        advice: advised(blamed.map(|blamed| blamed.rule), done.as_ref(), advice, is_refusal),
        mended: done.map(|done| done.value),
    }
}

/// What can be said where no pattern matches: how a container ended, and its last words.
fn unknown(failure: &Failure, target: &Target) -> Option<Diagnosis> {
    let words = failure.sightings.iter().filter(|one| one.source == Source::Log).find_map(|one| {
        let last = one.text.lines().rev().find(|line| !line.trim().is_empty())?;
        Some((one, last))
    });
    let (sighting, line) = words.or_else(|| failure.sightings.first().map(|one| (one, one.text.as_str())))?;
    let ended = failure.sightings.iter().find(|one| one.exit_code.is_some());
    let cause = match ended.and_then(|one| Some((one.container.as_deref()?, one.exit_code?))) {
        Some((container, code)) => match meaning(code) {
            Some(meaning) => format!("container {container} ends with exit code {code}: {meaning}"),
            None => format!("container {container} ends with exit code {code}"),
        },
        None => failure.summary.clone(),
    };
    let suspect = target.reasons.iter().max_by_key(|reason| reason.risk).map(|reason| reason.rule);
    let advice = match suspect {
        Some(rule) => format!("what it says tells no rule; try without the riskiest first: --skip {rule}"),
        None => "none of the changes is about its pods: it may have been so before".to_owned(),
    };
    Some(Diagnosis { pattern: None, cause, evidence: evidence(sighting, line), rule: None, advice, mended: None })
}

/// `is_refusal` where no rule brings it about by itself: whoever refuses says what is wrong.
fn advised(rule: Option<&str>, done: Option<&Mended>, advice: Option<String>, is_refusal: bool) -> String {
    let first = match (done, rule) {
        (Some(done), _) => Some(done.words.clone()),
        (None, Some(rule)) => Some(format!("leave {rule} out (--skip {rule})")),
        (None, None) => None,
    };
    match (first, advice) {
        // Who is told what mends needs no general advice.
        (Some(first), _) if done.is_some_and(|done| !done.is_revert) => first,
        (Some(first), Some(advice)) => format!("{advice}; or {first}"),
        (Some(first), None) => first,
        (None, Some(advice)) if is_refusal => advice,
        (None, Some(advice)) => format!("none of the changes brings this about: {advice}"),
        (None, None) => "none of the changes brings this about: it may have been so before".to_owned(),
    }
}

fn evidence(sighting: &Sighting, line: &str) -> Sighting {
    let text: String = redacted(line.trim()).chars().take(LONGEST).collect();
    Sighting { text, ..sighting.clone() }
}

/// What an exit code tells.
fn meaning(code: i64) -> Option<String> {
    // A test proves that the file reads.
    let table: BTreeMap<i64, String> = serde_yaml::from_str(include_str!("exit-codes.yaml")).unwrap_or_default();
    table.get(&code).cloned()
}

/// A text with the groups of a match in place of their names in braces. What comes from the cluster is shown without its
/// secrets.
fn filled(text: &str, groups: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (name, after))) = rest.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?))) {
        out.push_str(before);
        out.push_str(&redacted(groups.get(name).map(String::as_str).unwrap_or_default()));
        rest = after;
    }
    out + rest
}

/// Without what an empty group leaves behind.
fn in_full(text: &str) -> String {
    text.replace(" ()", "").replace("  ", " ").trim_end_matches([' ', ':']).to_owned()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
