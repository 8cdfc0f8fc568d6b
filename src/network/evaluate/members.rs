//! Some of the classes, in little room: there is a set for each rule, and of rules there are more than of classes.

/// A set of classes.
#[derive(Debug)]
pub(super) enum Members {
    /// A few, in order.
    Few(Box<[usize]>),
    /// Many: a bit for each class.
    Many(Box<[u64]>),
}

/// The bits of a word.
const BITS: usize = u64::BITS as usize;

impl Members {
    /// The set of these classes, of so many that there are.
    pub(super) fn of(mut classes: Vec<usize>, all: usize) -> Self {
        classes.sort_unstable();
        classes.dedup();
        if classes.len() * BITS <= all {
            return Self::Few(classes.into());
        }
        let mut words = vec![0; all.div_ceil(BITS)];
        classes.iter().for_each(|class| words[class / BITS] |= 1 << (class % BITS));
        Self::Many(words.into())
    }

    /// Whether a class is among them.
    pub(super) fn contains(&self, class: usize) -> bool {
        match self {
            Self::Few(classes) => classes.binary_search(&class).is_ok(),
            Self::Many(words) => words.get(class / BITS).is_some_and(|word| word >> (class % BITS) & 1 == 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_are_the_same_set() {
        for (classes, all) in
            [(vec![], 1), (vec![2, 0, 2], 3), (vec![64, 7, 199], 200), (vec![500, 3], 501), ((0..130).collect(), 130)]
        {
            let members = Members::of(classes.clone(), all);
            for class in 0..all {
                assert_eq!(members.contains(class), classes.contains(&class), "{class} of {members:?}");
            }
        }
        assert!(matches!(Members::of(vec![500, 3], 501), Members::Few(_)));
        assert!(matches!(Members::of(vec![0, 1], 64), Members::Many(_)));
    }
}
