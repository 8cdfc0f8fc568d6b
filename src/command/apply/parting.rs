//! What is said should the run be ended now: what goes on without it.

use crate::cluster::Reference;
use crate::report::shown;
use crate::source::interrupt;
use std::collections::BTreeMap;

/// Where a changed object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// It is changed, and its pods are watched.
    Rolling,
    /// It does not work, and is about to be taken back.
    TakingBack,
    /// It is as it was, and its pods are watched.
    TakenBack,
}

/// The objects of a batch that are not at their end. While there are any, the process has last words; none when this goes.
#[derive(Debug)]
pub(super) struct Parting {
    open: BTreeMap<usize, (String, Stage)>,
    /// The command that takes the run back.
    undo: String,
}

impl Parting {
    pub(super) fn new(undo: String) -> Self {
        Self { open: BTreeMap::new(), undo }
    }

    /// An object, by its place in the run, has come so far.
    pub(super) fn at(&mut self, at: usize, reference: &Reference, stage: Stage) {
        self.open.insert(at, (shown(&reference.to_string()).into_owned(), stage));
        interrupt::last_words(self.words());
    }

    /// An object is at its end.
    pub(super) fn done(&mut self, at: usize) {
        self.open.remove(&at);
        interrupt::last_words(self.words());
    }

    fn words(&self) -> String {
        let of = |wanted: Stage| {
            let names = self.open.values().filter(|(_, stage)| *stage == wanted).map(|(name, _)| name.as_str());
            Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
        };
        let parts = [
            of(Stage::Rolling).map(|names| format!("{names} changed, and rolls out without being watched")),
            of(Stage::TakingBack).map(|names| format!("{names} does not work, and may not be taken back")),
            of(Stage::TakenBack).map(|names| format!("{names} is taken back, and its pods are not watched")),
        ];
        let undo = self.open.values().any(|(_, stage)| *stage != Stage::TakenBack);
        let undo = undo.then(|| format!("take it back:   {}", self.undo));
        let lines: Vec<String> = parts.into_iter().chain([undo]).flatten().collect();
        if lines.is_empty() { String::new() } else { format!("\nstopped; {}\n", lines.join("\n")) }
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        interrupt::last_words(String::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(stages: &[Stage]) -> String {
        let open = stages.iter().enumerate().map(|(at, stage)| (at, (format!("o{at}"), *stage))).collect();
        Parting { open, undo: "undo r".to_owned() }.words()
    }

    #[test]
    fn what_is_taken_back_is_not_said_to_roll_out() {
        assert_eq!(words(&[]), "");
        let rolling = "\nstopped; o0 changed, and rolls out without being watched\ntake it back:   undo r\n";
        assert_eq!(words(&[Stage::Rolling]), rolling);
        assert_eq!(words(&[Stage::TakenBack]), "\nstopped; o0 is taken back, and its pods are not watched\n");
        let both = words(&[Stage::TakenBack, Stage::TakingBack]);
        assert!(both.contains("o1 does not work") && both.contains("undo r") && !both.contains("rolls out"), "{both}");
    }
}
