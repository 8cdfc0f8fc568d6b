//! How bad a finding is, and how sure a change is that the workload still runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Low,
    /// A weakness that needs another one to matter.
    Medium,
    /// A way out of the container for whoever is in it.
    High,
    /// The node is open.
    Critical,
}

/// How sure it is that the workload still runs after a change, measured on real programs (see the docs of each rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// There is evidence that it keeps running.
    Safe,
    /// Nothing is known of the image, and the restriction broke at most one of 31 programs.
    Likely,
    /// It depends on the program, and nothing is known of it.
    Unproven,
    /// Takes away what the author asked for in so many words.
    Breaking,
}

impl Risk {
    /// The risk together with the evidence for it, a clause in the user's words.
    pub fn because(self, evidence: impl Into<Cow<'static, str>>) -> Assessment {
        Assessment { risk: self, evidence: evidence.into() }
    }
}

/// A risk and what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The level.
    pub risk: Risk,
    /// The evidence: why this level and no other.
    pub evidence: Cow<'static, str>,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Safe => "safe",
            Self::Likely => "likely",
            Self::Unproven => "unproven",
            Self::Breaking => "breaking",
        })
    }
}
