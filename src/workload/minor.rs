//! The Kubernetes version that a verdict is for.

use std::fmt;
use std::str::FromStr;

/// A Kubernetes minor version, `1.N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(u8);

impl Minor {
    /// The oldest version the tool knows.
    pub const OLDEST: Self = Self(25);
    /// The newest version the tool knows, and the default.
    pub const NEWEST: Self = Self(37);

    /// `1.minor`, if the tool knows it.
    pub fn new(minor: u8) -> Option<Self> {
        (Self::OLDEST.0..=Self::NEWEST.0).contains(&minor).then_some(Self(minor))
    }

    /// Whether this is `1.minor` or newer.
    pub fn at_least(self, minor: u8) -> bool {
        self.0 >= minor
    }

    /// The number after `1.`.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl Default for Minor {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "1.{}", self.0)
    }
}

impl FromStr for Minor {
    type Err = String;

    /// Accepts `1.30` and `v1.30`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('v')
            .unwrap_or(text)
            .strip_prefix("1.")
            .and_then(|minor| minor.parse().ok())
            .and_then(Self::new)
            .ok_or_else(|| format!("expected a Kubernetes version from {} to {}", Self::OLDEST, Self::NEWEST))
    }
}
