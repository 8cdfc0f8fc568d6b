//! The mark of the run before, which returns to an object.

use crate::cluster::journal::Entry;
use serde_json::Value;

/// Whether a mark is the one of this entry's run.
pub(super) fn is_of(mark: Option<&str>, entry: &Entry) -> bool {
    let mark = mark.and_then(|mark| serde_json::from_str::<Value>(mark).ok());
    mark.is_some_and(|mark| mark.get("run").is_some_and(|run| *run == *entry.run))
}

/// The mark that returns with this entry: that of the last run before it that is not taken back. `all` is what the journal
/// knows; a run of elsewhere counts as one that stays.
pub(super) fn before(entry: &Entry, all: &[Entry]) -> Option<String> {
    let mut mark = entry.mark.clone();
    // Each run once: a journal that goes round in circles has no end.
    for _ in all {
        let of = |other: &&Entry| other.reference == entry.reference && is_of(mark.as_deref(), other);
        match all.iter().find(of) {
            Some(earlier) if !earlier.is_in_effect() => mark = earlier.mark.clone(),
            _ => break,
        }
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::journal::{Fate, Fixture};
    use serde_json::json;

    fn entry(run: &str, before: Option<&str>, fate: Fate) -> Entry {
        let mut entry = Fixture { before: json!({}), after: json!({}) }.entry();
        (entry.run, entry.fate) = (run.to_owned(), fate);
        entry.mark = before.map(mark);
        entry
    }

    fn mark(run: &str) -> String {
        json!({"run": run}).to_string()
    }

    #[test]
    fn the_mark_of_a_run_that_is_taken_back_does_not_return() {
        let of = |first, second| {
            let all = [entry("c", Some("b"), Fate::Healthy), entry("b", Some("a"), second), entry("a", None, first)];
            before(&all[0], &all)
        };
        assert_eq!(of(Fate::Healthy, Fate::Healthy), Some(mark("b")));
        assert_eq!(of(Fate::Healthy, Fate::TakenBack), Some(mark("a")));
        assert_eq!(of(Fate::TakenBack, Fate::TakenBack), None);
        let elsewhere = entry("c", Some("x"), Fate::Healthy);
        assert_eq!(before(&elsewhere, std::slice::from_ref(&elsewhere)), Some(mark("x")));
    }
}
