//! Sets of ports.

use std::fmt;

/// Ports from the first to the last, both included; 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The first one.
    pub first: u16,
    /// The last one, not below the first.
    pub last: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self { first: 1, last: u16::MAX };

    /// One port.
    pub const fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => self.first.fmt(out),
            false => write!(out, "{}-{}", self.first, self.last),
        }
    }
}

/// A set of ports: ranges in order that neither overlap nor touch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortSet {
    ranges: Vec<PortRange>,
}

impl PortSet {
    /// Every port.
    pub fn all() -> Self {
        PortRange::ALL.into()
    }

    /// Whether it holds no port.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether it holds every port.
    pub fn is_all(&self) -> bool {
        self.ranges == [PortRange::ALL]
    }

    /// Its ranges, in order.
    pub fn ranges(&self) -> &[PortRange] {
        &self.ranges
    }

    /// Whether it holds a port.
    pub fn contains(&self, port: u16) -> bool {
        self.ranges.iter().any(|range| (range.first..=range.last).contains(&port))
    }

    /// Add a range.
    pub fn insert(&mut self, range: PortRange) {
        let touches = |one: &PortRange| {
            u32::from(one.first) <= u32::from(range.last) + 1 && u32::from(range.first) <= u32::from(one.last) + 1
        };
        let (mut first, mut last) = (range.first, range.last);
        self.ranges.retain(|one| {
            if touches(one) {
                (first, last) = (first.min(one.first), last.max(one.last));
            }
            !touches(one)
        });
        let at = self.ranges.partition_point(|one| one.first < first);
        self.ranges.insert(at, PortRange { first, last });
    }

    /// Add all of another set.
    pub fn add(&mut self, other: &Self) {
        if self.is_empty() {
            self.ranges.clone_from(&other.ranges);
            return;
        }
        other.ranges.iter().for_each(|range| self.insert(*range));
    }

    /// The ports of both.
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let (mut mine, mut theirs) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            let (first, last) = (one.first.max(two.first), one.last.min(two.last));
            if first <= last {
                ranges.push(PortRange { first, last });
            }
            if one.last < two.last {
                mine.next()
            } else {
                theirs.next()
            };
        }
        Self { ranges }
    }

    /// Its ports that the other set lacks.
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for range in &self.ranges {
            let mut next = u32::from(range.first);
            let until = u32::from(range.last);
            for taken in other.ranges.iter().filter(|taken| taken.last >= range.first && taken.first <= range.last) {
                ranges.extend(between(next, u32::from(taken.first).saturating_sub(1)));
                next = u32::from(taken.last) + 1;
            }
            ranges.extend(between(next, until));
        }
        Self { ranges }
    }
}

/// The range from one to the other; `None` where there is nothing in between.
fn between(first: u32, last: u32) -> Option<PortRange> {
    let range = PortRange { first: u16::try_from(first).ok()?, last: u16::try_from(last).ok()? };
    (first <= last).then_some(range)
}

impl From<PortRange> for PortSet {
    fn from(range: PortRange) -> Self {
        Self { ranges: vec![range] }
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.ranges.iter().enumerate() {
            write!(out, "{}{range}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(ranges: &[(u16, u16)]) -> PortSet {
        let mut set = PortSet::default();
        ranges.iter().for_each(|(first, last)| set.insert(PortRange { first: *first, last: *last }));
        set
    }

    #[test]
    fn ranges_that_touch_become_one() {
        assert_eq!(set(&[(80, 80), (82, 90), (81, 81)]).to_string(), "80-90");
        assert_eq!(set(&[(443, 443), (80, 80)]).to_string(), "80,443");
        assert!(set(&[(1, 100), (101, 65535)]).is_all());
    }

    proptest! {
        /// Union, intersection and difference are those of the ports one by one.
        #[test]
        fn sets_behave_as_sets(
            one in prop::collection::vec((1u16..40, 0u16..9), 0..6),
            two in prop::collection::vec((1u16..40, 0u16..9), 0..6),
        ) {
            let spans = |list: &[(u16, u16)]| list.iter().map(|(first, more)| (*first, first + more)).collect::<Vec<_>>();
            let (one, two) = (set(&spans(&one)), set(&spans(&two)));
            let mut union = one.clone();
            union.add(&two);
            let (both, less) = (one.intersection(&two), one.difference(&two));
            for port in 1..60 {
                let (a, b) = (one.contains(port), two.contains(port));
                prop_assert_eq!(union.contains(port), a || b);
                prop_assert_eq!(both.contains(port), a && b);
                prop_assert_eq!(less.contains(port), a && !b);
            }
            for set in [&union, &both, &less] {
                prop_assert!(set.ranges().windows(2).all(|pair| pair[0].last + 1 < pair[1].first), "{set}");
            }
        }
    }
}
