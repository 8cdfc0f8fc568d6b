//! Why pods do not start, in words that a person can act on, and what would mend it.

mod pattern;

pub(crate) use pattern::{Weight, first};

use super::Target;
use super::rollout::{Failure, Sighting};
use serde_json::Value;

/// Why the new pods do not work.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// The id of the pattern that told; `None` where none did.
    pub pattern: Option<&'static str>,
    /// What is wrong, a few words.
    pub cause: String,
    /// What shows it, the line that says most.
    pub evidence: Sighting,
    /// The rule whose change brought it about; `None` where none of the changes did.
    pub rule: Option<&'static str>,
    /// What would mend it, in words.
    pub advice: String,
    /// The object as it should be instead, where that is known: the change that mends it is the difference from what was
    /// applied.
    pub mended: Option<Value>,
}

/// Tell why. `target` is what was applied.
pub fn explain(failure: &Failure, target: &Target) -> Option<Diagnosis> {
    let _ = (failure, target);
    None
}
