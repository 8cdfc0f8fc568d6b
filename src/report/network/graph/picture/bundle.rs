//! Flows that are assumed are so in crowds: many workloads may call many. One knot that all of them lead to says the same as
//! an arrow for each pair.

use std::collections::{BTreeMap, BTreeSet};

/// Many that may each call many, themselves aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle<K> {
    /// Who calls.
    pub(super) from: BTreeSet<usize>,
    /// What is called: an end with its ports, and who it is.
    pub(super) to: BTreeMap<K, usize>,
}

/// What may be called, by its end with its ports: who it is, and who calls.
pub(super) type Called<K> = BTreeMap<K, (usize, BTreeSet<usize>)>;

/// The bundles among some flows, which are taken out of `called`. A bundle says exactly what its flows say: each on its
/// left calls each on its right but itself.
pub(super) fn bundles<K: Ord + Clone>(called: &mut Called<K>) -> Vec<Bundle<K>> {
    let mut found = Vec::new();
    loop {
        let mut crowds: BTreeMap<BTreeSet<usize>, Vec<&K>> = BTreeMap::new();
        for (key, (to, from)) in called.iter() {
            crowds.entry(from.clone()).or_default().push(key);
            // Nobody calls himself: the others may be the same crowd.
            let mut with = from.clone();
            if with.insert(*to) {
                crowds.entry(with).or_default().push(key);
            }
        }
        let saved = |(from, keys): &(BTreeSet<usize>, Vec<&K>)| {
            let arrows: usize = keys.iter().filter_map(|key| called.get(*key)).map(|(_, from)| from.len()).sum();
            arrows.saturating_sub(from.len() + keys.len())
        };
        let best = crowds.into_iter().map(|crowd| (saved(&crowd), crowd)).filter(|(saved, _)| *saved > 1);
        // Of several as good the first.
        let best = best.reduce(|one, two| if two.0 > one.0 { two } else { one });
        let Some((_, (from, keys))) = best else { return found };
        let keys: Vec<K> = keys.into_iter().cloned().collect();
        let to = keys.into_iter().filter_map(|key| called.remove(&key).map(|(to, _)| (key, to))).collect();
        found.push(Bundle { from, to });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(pairs: &[(usize, usize)]) -> Called<usize> {
        let mut called = Called::new();
        for (from, to) in pairs {
            called.entry(*to).or_insert((*to, BTreeSet::new())).1.insert(*from);
        }
        called
    }

    #[test]
    fn a_crowd_becomes_one_knot_that_says_the_same() {
        let all: Vec<(usize, usize)> =
            (0..5).flat_map(|from| (0..7).map(move |to| (from, to))).filter(|(from, to)| from != to).collect();
        let mut rest = called(&all);
        let found = bundles(&mut rest);
        assert!(rest.is_empty() && found.len() == 1, "{found:?} {rest:?}");
        let said = found[0].from.iter().flat_map(|from| found[0].to.values().map(|to| (*from, *to)));
        assert_eq!(said.filter(|(from, to)| from != to).collect::<Vec<_>>(), all);
    }

    #[test]
    fn a_few_arrows_stay_arrows() {
        let few = [(0, 1), (0, 2), (1, 0), (1, 2)];
        let mut rest = called(&few);
        assert!(bundles(&mut rest).is_empty() && rest == called(&few));
    }
}
