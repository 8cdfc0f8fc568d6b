//! The rule whose change brought a failure about.

use super::mend::Place;
use super::pattern::{From, Mend, Row};

/// What stands for any rule, where it is the only one that changed something.
pub(super) const ANY: &str = "*";

/// A rule, and what mends what it did.
pub(super) struct Blamed<'r> {
    pub(super) rule: &'static str,
    pub(super) from: &'r From,
}

/// The first rule of a pattern that changed something of the container, or of its pod.
pub(super) fn find<'r>(row: &'r Row, place: &Place<'_>) -> Option<Blamed<'r>> {
    let of = |from: &'r From| {
        let changed = |rule: &String| match rule.as_str() {
            ANY => place.only_rule(),
            rule => place.reasons(rule).next().map(|reason| reason.rule),
        };
        from.rules.iter().find_map(changed).map(|rule| Blamed { rule, from })
    };
    // Capabilities are root's: whoever is another user does not miss them, unless the file of the program brings its own.
    let likely = |from: &&From| place.is_root() || !is_of_root(from);
    row.from.iter().filter(likely).find_map(of).or_else(|| row.from.iter().find_map(of))
}

fn is_of_root(from: &From) -> bool {
    let adds = |mend: &Mend| matches!(mend, Mend::AddCapabilities(_));
    from.mend.iter().any(adds)
}
