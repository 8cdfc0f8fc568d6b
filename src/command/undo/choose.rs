//! Which entries of the journal are meant.

use crate::cluster::Reference;
use crate::cluster::journal::Entry;
use crate::command::UsageError;

/// What is to be taken back, the last change first.
#[derive(Debug, Default)]
pub(super) struct Chosen<'e> {
    pub(super) entries: Vec<&'e Entry>,
}

/// Whether a word names a run; no type of objects begins with a digit.
pub(in crate::command) fn is_run(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && !word.contains('/')
}

/// The entries in effect of the runs with these names, or names that begin so; of the last run that is in effect where
/// none is named. `entries` has the newest run first.
pub(super) fn choose<'e>(entries: &'e [Entry], words: &[String]) -> Result<Chosen<'e>, UsageError> {
    let mut runs: Vec<&str> = Vec::new();
    for word in words {
        runs.push(run_of(entries, word)?);
    }
    if words.is_empty() {
        runs.extend(entries.iter().find(|entry| entry.is_in_effect()).map(|entry| entry.run.as_str()));
    }
    let of_runs = entries.iter().filter(|entry| runs.contains(&entry.run.as_str()));
    finished(in_order(of_runs.filter(|entry| entry.is_in_effect()).collect()))
}

/// The last entry in effect of each of these objects.
pub(super) fn last_of<'e>(entries: &'e [Entry], objects: &[Reference]) -> Result<Chosen<'e>, UsageError> {
    // Within a run the last change of an object stands last.
    let newest = in_order(entries.iter().filter(|entry| entry.is_in_effect()).collect());
    let of_one = |object: &Reference| newest.entries.iter().find(|entry| entry.reference == *object).copied();
    let mut chosen = Chosen::default();
    for entry in objects.iter().filter_map(of_one) {
        if !chosen.entries.iter().any(|other| std::ptr::eq(*other, entry)) {
            chosen.entries.push(entry);
        }
    }
    finished(chosen)
}

/// The run of this name, or whose name alone begins so.
pub(in crate::command) fn run_of<'e>(entries: &'e [Entry], word: &str) -> Result<&'e str, UsageError> {
    let mut runs: Vec<&str> =
        entries.iter().map(|entry| entry.run.as_str()).filter(|run| run.starts_with(word)).collect();
    runs.dedup();
    match runs[..] {
        [] => Err(UsageError(format!("the journal of this cluster has no run {word:?}"))),
        [run] => Ok(run),
        _ if runs.contains(&word) => Ok(runs.into_iter().find(|run| *run == word).unwrap_or_default()),
        _ => Err(UsageError(format!("{} runs begin with {word:?}: give more of the name", runs.len()))),
    }
}

/// The newest run first, and within a run what was done last.
fn in_order(entries: Vec<&Entry>) -> Chosen<'_> {
    let runs = entries.chunk_by(|one, other| one.run == other.run);
    Chosen { entries: runs.flat_map(|run| run.iter().rev().copied()).collect() }
}

/// What still runs has its own way back.
fn finished(chosen: Chosen<'_>) -> Result<Chosen<'_>, UsageError> {
    match chosen.entries.iter().find(|entry| entry.running) {
        Some(entry) => Err(UsageError(format!("run {} is not at its end yet", entry.run))),
        None => Ok(chosen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::journal::{Fate, Fixture};
    use serde_json::json;

    fn entry(run: &str, name: &str, fate: Fate) -> Entry {
        let mut entry = Fixture { before: json!({}), after: json!({}) }.entry();
        entry.reference.name = name.to_owned();
        (entry.run, entry.fate) = (run.to_owned(), fate);
        entry
    }

    fn journal() -> Vec<Entry> {
        vec![
            entry("2026-11-30T03-00-00Z-cccc", "web", Fate::TakenBack),
            entry("2026-11-30T02-00-00Z-bbbb", "web", Fate::Healthy),
            entry("2026-11-30T02-00-00Z-bbbb", "db", Fate::Open),
            entry("2026-11-30T02-00-00Z-bbbb", "log", Fate::Refused),
            entry("2026-11-30T01-00-00Z-aaaa", "web", Fate::Healthy),
        ]
    }

    fn told(chosen: Result<Chosen<'_>, UsageError>) -> Result<Vec<String>, String> {
        let name = |entry: &&Entry| format!("{} {}", &entry.run[21..], entry.reference.name);
        chosen.map(|chosen| chosen.entries.iter().map(name).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_last_run_in_effect_its_last_change_first() {
        assert_eq!(told(choose(&journal(), &[])), Ok(vec!["bbbb db".to_owned(), "bbbb web".to_owned()]));
        assert_eq!(told(choose(&[], &[])), Ok(Vec::new()));
    }

    #[test]
    fn runs_by_the_beginning_of_their_names() {
        let of = |word: &str| told(choose(&journal(), &[word.to_owned()]));
        assert_eq!(of("2026-11-30T01"), Ok(vec!["aaaa web".to_owned()]));
        assert_eq!(of("2026-11-30T03-00-00Z-cccc"), Ok(Vec::new()), "taken back before");
        assert_eq!(of("2026-11-30").unwrap_err(), "3 runs begin with \"2026-11-30\": give more of the name");
        assert_eq!(of("2025").unwrap_err(), "the journal of this cluster has no run \"2025\"");
        assert!(is_run("2026") && !is_run("deploy") && !is_run("9/web"));
    }

    #[test]
    fn the_last_change_of_an_object() {
        let (web, log) = (entry("", "web", Fate::Open).reference, entry("", "log", Fate::Open).reference);
        assert_eq!(told(last_of(&journal(), &[web.clone(), web, log])), Ok(vec!["bbbb web".to_owned()]));
    }

    #[test]
    fn a_run_that_goes_on_is_left_to_itself() {
        let mut entries = journal();
        entries[2].running = true;
        assert_eq!(told(choose(&entries, &[])).unwrap_err(), "run 2026-11-30T02-00-00Z-bbbb is not at its end yet");
    }
}
