//! Which lines of two texts correspond.
//!
//! Ours are texts of up to millions of lines that differ in many small places far apart, and whose lines repeat without
//! end (`spec:`, `containers:`). General algorithms need quadratic time there. So equal lines are walked in step; where the
//! texts part, the nearest place is sought at which they go on together, and only the few lines between are compared
//! in earnest. Any text gives a right answer; texts of another kind may get a longer one than the shortest.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;

/// So many equal lines mean that the texts go on together.
const TOGETHER: usize = 3;
/// How many lines may be inserted and deleted in one place.
const REACH: usize = 4000;

/// The operations that turn `old` into `new`, neighbours of one kind joined.
pub(super) fn compare(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    // Numbers compare faster than lines.
    let mut numbers: HashMap<&str, u32> = HashMap::with_capacity(old.len());
    let mut number = |line| {
        let next = numbers.len() as u32;
        *numbers.entry(line).or_insert(next)
    };
    let old: Vec<u32> = old.iter().map(|line| number(*line)).collect();
    let new: Vec<u32> = new.iter().map(|line| number(*line)).collect();

    let mut ops = Vec::new();
    let (mut at_old, mut at_new) = (0, 0);
    while at_old < old.len() || at_new < new.len() {
        let len = old[at_old..].iter().zip(&new[at_new..]).take_while(|(old, new)| old == new).count();
        push(&mut ops, DiffOp::Equal { old_index: at_old, new_index: at_new, len });
        (at_old, at_new) = (at_old + len, at_new + len);
        let (deleted, inserted) = apart(&old[at_old..], &new[at_new..]);
        let between = (&old[at_old..at_old + deleted], &new[at_new..at_new + inserted]);
        for op in capture_diff_slices(Algorithm::Myers, between.0, between.1) {
            push(&mut ops, moved(op, at_old, at_new));
        }
        (at_old, at_new) = (at_old + deleted, at_new + inserted);
    }
    ops
}

/// How many lines of each stand before the nearest place at which both go on together; all of them if there is none.
fn apart(old: &[u32], new: &[u32]) -> (usize, usize) {
    let together = |deleted: usize, inserted: usize| {
        let (old, new) = (&old[deleted..], &new[inserted..]);
        let len = TOGETHER.min(old.len().max(new.len()));
        old.len() >= len && new.len() >= len && old[..len] == new[..len]
    };
    for distance in 0..=REACH.min(old.len() + new.len()) {
        for deleted in distance.saturating_sub(new.len())..=distance.min(old.len()) {
            if together(deleted, distance - deleted) {
                return (deleted, distance - deleted);
            }
        }
    }
    (old.len(), new.len())
}

fn moved(op: DiffOp, by_old: usize, by_new: usize) -> DiffOp {
    match op {
        DiffOp::Equal { old_index, new_index, len } => {
            DiffOp::Equal { old_index: old_index + by_old, new_index: new_index + by_new, len }
        }
        DiffOp::Delete { old_index, old_len, new_index } => {
            DiffOp::Delete { old_index: old_index + by_old, old_len, new_index: new_index + by_new }
        }
        DiffOp::Insert { old_index, new_index, new_len } => {
            DiffOp::Insert { old_index: old_index + by_old, new_index: new_index + by_new, new_len }
        }
        DiffOp::Replace { old_index, old_len, new_index, new_len } => {
            DiffOp::Replace { old_index: old_index + by_old, old_len, new_index: new_index + by_new, new_len }
        }
    }
}

fn push(ops: &mut Vec<DiffOp>, op: DiffOp) {
    match (ops.last_mut(), op) {
        (_, DiffOp::Equal { len: 0, .. }) => {}
        (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
        _ => ops.push(op),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use similar::DiffTag;

    /// Apply the operations, proving on the way that they cover both texts in order.
    fn applied(old: &[&str], new: &[&str]) -> Vec<String> {
        let (mut made, mut at_old) = (Vec::new(), 0);
        for op in compare(old, new) {
            assert_eq!((op.old_range().start, op.new_range().start), (at_old, made.len()), "{op:?}");
            match op.tag() {
                DiffTag::Equal => made.extend(op.old_range().map(|index| old[index].to_owned())),
                _ => made.extend(op.new_range().map(|index| new[index].to_owned())),
            }
            at_old = op.old_range().end;
        }
        assert_eq!(at_old, old.len());
        made
    }

    fn changed(old: &[&str], new: &[&str]) -> usize {
        let ops = compare(old, new);
        let changes = ops.iter().filter(|op| op.tag() != DiffTag::Equal);
        changes.map(|op| op.old_range().len() + op.new_range().len()).sum()
    }

    proptest! {
        #[test]
        fn every_pair_of_texts_gets_a_right_answer(
            old in proptest::collection::vec("[abc]", 0..40),
            new in proptest::collection::vec("[abc]", 0..40),
        ) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            prop_assert_eq!(applied(&old, &new), new);
        }
    }

    #[test]
    fn edits_are_as_small_as_they_look() {
        let old: Vec<&str> = "a b c d e f g h i".split(' ').collect();
        assert_eq!(changed(&old, &old), 0);
        assert_eq!(changed(&old, &"a b c X d e f g h i".split(' ').collect::<Vec<_>>()), 1);
        assert_eq!(changed(&old, &"a b d Y e f g h i Z".split(' ').collect::<Vec<_>>()), 3);
        assert_eq!(changed(&old, &[]), 9);
    }

    #[test]
    fn two_hundred_thousand_repeated_lines_with_an_edit_in_each_block() {
        let block = ["spec:", "containers:", "- name: web", "image: x", "---"];
        let old: Vec<&str> = block.iter().copied().cycle().take(200_000).collect();
        let edited = ["spec:", "containers:", "- name: web", "image: x", "securityContext:", "---"];
        let new: Vec<&str> = edited.iter().copied().cycle().take(240_000).collect();
        assert_eq!(changed(&old, &new), 40_000);
    }
}
