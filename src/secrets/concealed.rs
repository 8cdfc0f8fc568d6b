//! A secret value on its way from one file to another.

use std::fmt;

/// A value that nothing prints: its `Debug` shows asterisks, and it has no `Display`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Concealed(String);

impl Concealed {
    /// Hide a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one file it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Concealed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(super::MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_print_shows_nothing() {
        let value = Concealed::new("canary");
        assert_eq!(format!("{value:?} {:?} {:#?}", Some(&value), [&value]), "*** Some(***) [\n    ***,\n]");
        assert_eq!(value.reveal(), "canary");
    }
}
