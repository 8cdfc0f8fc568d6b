//! The line of all that was seen that says most.

use super::pattern::{Pattern, Weight, first};
use crate::cluster::rollout::{Failure, Sighting, Source};
use std::collections::BTreeMap;

/// A line that a pattern matches.
pub(super) struct Clue<'f> {
    /// Where it was seen.
    pub(super) sighting: &'f Sighting,
    /// The line.
    pub(super) line: &'f str,
    /// What matches it.
    pub(super) pattern: &'static Pattern,
    /// The named groups of the match.
    pub(super) groups: BTreeMap<String, String>,
}

/// The best clue: the heaviest pattern; of several in one log the last, as a program ends on what it cannot do.
pub(super) fn best(failure: &Failure) -> Option<Clue<'_>> {
    let mut best: Option<((Weight, u8), Clue<'_>)> = None;
    for sighting in &failure.sightings {
        for line in sighting.text.lines().rev() {
            for (source, pattern) in matching(sighting.source, line) {
                let rank = (pattern.weight(), place(pattern.weight(), source));
                if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                    best = Some((rank, Clue { sighting, line, pattern, groups: pattern.groups(line) }));
                }
            }
        }
    }
    best.map(|(_, clue)| clue)
}

/// The first pattern of a line by where it stands, and by what a program says: the kubelet repeats the words of probes and
/// hooks in events, and those of programs in how they ended.
fn matching(source: Source, line: &str) -> impl Iterator<Item = (Source, &'static Pattern)> {
    let repeats = matches!(source, Source::Event | Source::Terminated);
    let sources = [Some(source), repeats.then_some(Source::Log)];
    sources.into_iter().flatten().filter_map(move |source| Some((source, first(source, line)?)))
}

/// What the cluster says is surer than what a program says; but a mere hint is better from the program.
fn place(weight: Weight, source: Source) -> u8 {
    match (weight, source) {
        (Weight::Hint, Source::Log) => 0,
        (Weight::Hint | Weight::Last, _) => 1,
        (_, Source::Log) => 1,
        _ => 0,
    }
}
