//! What a plan holds.

use crate::manifest::Position;
use crate::rules::{Risk, Rule, Severity, Subject};
use serde_json::Value;
use std::ops::Range;

/// The result of running a profile over a world.
#[derive(Debug)]
pub struct Plan {
    /// One entry per workload, in the order they were read.
    pub objects: Vec<Planned>,
    /// Exceptions that excuse nothing any more.
    pub stale: Vec<StaleException>,
}

/// What the plan says of one workload.
#[derive(Debug)]
pub struct Planned {
    /// Index into `World::objects`.
    pub object: usize,
    /// The value it should have; equal to the object's own when nothing changes.
    pub after: Value,
    /// What was found, sorted by place and rule.
    pub findings: Vec<PlannedFinding>,
}

/// A finding with what becomes of it.
#[derive(Debug)]
pub struct PlannedFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// The severity the profile gives it.
    pub severity: Severity,
    /// Where, as a JSON pointer within the object.
    pub subject: Subject,
    /// What is wrong.
    pub reason: String,
    /// The changes that would mend it.
    pub changes: Vec<Change>,
    /// What a person has to decide, when there is no change.
    pub decision: Option<String>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Its bytes in the manifest's text, and where they begin. `None` for an object that has no text.
    pub source: Option<(Range<usize>, Position)>,
}

/// One value that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// JSON pointer within the object.
    pub pointer: String,
    /// The value before; `None` when absent.
    pub before: Option<Value>,
    /// The value after; `None` takes it away.
    pub after: Option<Value>,
    /// How sure it is that the workload still runs.
    pub risk: Risk,
    /// What speaks for that.
    pub evidence: String,
}

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The plan mends it.
    Mended,
    /// Its changes are riskier than the run allows.
    LeftOut(Risk),
    /// No change can mend it.
    Undecided,
    /// An exception says to live with it: the reason given.
    Excepted(String),
}

/// An exception that excuses nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleException {
    /// Where it is written.
    pub origin: String,
    /// The rules it names.
    pub rules: Vec<String>,
    /// Why it is stale: expired, or nothing to excuse.
    pub why: String,
}

impl Plan {
    /// Whether anything changes.
    pub fn has_changes(&self) -> bool {
        self.objects.iter().any(|object| object.findings.iter().any(|finding| finding.outcome == Outcome::Mended))
    }
}
