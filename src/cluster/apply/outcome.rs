//! What became of one object.

use crate::cluster::diagnosis::Diagnosis;
use crate::cluster::rollout::Failure;
use std::time::Duration;

/// What became of one object.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// There was nothing to change.
    Unchanged,
    /// Changed, and its pods are healthy, after so long.
    Healthy(Duration),
    /// Changed; there are no pods to watch, and why.
    Unwatched(String),
    /// It is as it was: why, a sentence each.
    Refused(Vec<String>),
    /// Changed, and its pods do not work.
    Fallen(Box<Fall>),
    /// It could not be asked for: why.
    Failed(String),
    /// It is changed, or may be, and nobody knows what became of it: why.
    Lost(String),
    /// It was not begun: the run had stopped.
    Untouched,
}

/// A change that did not work.
#[derive(Debug, Clone)]
pub struct Fall {
    /// What was seen.
    pub failure: Failure,
    /// Why, and what would mend it.
    pub diagnosis: Option<Diagnosis>,
    /// What became of the change.
    pub back: Back,
    /// What of it stays although it was taken back, and why: a sentence each.
    pub left: Vec<String>,
}

/// What became of a change that did not work.
#[derive(Debug, Clone)]
pub enum Back {
    /// Taken back, and the pods are healthy again, after so long.
    Healthy(Duration),
    /// Taken back; there are no pods to watch, and why.
    Unwatched(String),
    /// Taken back; its pods did not work before the change either.
    AsBefore,
    /// Taken back, and the pods do not work all the same: what is seen.
    Unhealthy(String),
    /// Taken back, and pods of it have to be deleted before their controller goes on: a sentence each.
    Sticks(Vec<String>),
    /// It is still there: the user wanted it so.
    Kept,
    /// It is still there: why, a sentence each.
    Stuck(Vec<String>),
}

/// How an outcome counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing to do, or not begun.
    Idle,
    /// Changed as it should be.
    Applied,
    /// An error.
    Failed,
    /// Refused.
    Refused,
    /// Taken back.
    RolledBack,
    /// Changed, not working, and not as it was.
    Broken,
}

impl Outcome {
    /// How it counts.
    pub fn class(&self) -> Class {
        match self {
            Self::Unchanged | Self::Untouched => Class::Idle,
            Self::Healthy(_) | Self::Unwatched(_) => Class::Applied,
            Self::Failed(_) | Self::Lost(_) => Class::Failed,
            Self::Refused(_) => Class::Refused,
            Self::Fallen(fall) => match fall.back {
                Back::Healthy(_) | Back::Unwatched(_) | Back::AsBefore => Class::RolledBack,
                Back::Unhealthy(_) | Back::Sticks(_) | Back::Kept | Back::Stuck(_) => Class::Broken,
            },
        }
    }

    /// Whether a change that did not work was taken back, whatever its pods do then.
    pub fn is_taken_back(&self) -> bool {
        matches!(self, Self::Fallen(fall) if !matches!(fall.back, Back::Kept | Back::Stuck(_)))
    }

    /// Whether there is, or may be, a change to take back.
    pub fn is_in_effect(&self) -> bool {
        match self {
            Self::Healthy(_) | Self::Unwatched(_) | Self::Lost(_) => true,
            Self::Fallen(_) => !self.is_taken_back(),
            Self::Unchanged | Self::Refused(_) | Self::Failed(_) | Self::Untouched => false,
        }
    }

    /// Whether a change was made and did not work.
    pub fn is_fallen(&self) -> bool {
        matches!(self, Self::Fallen(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_back_needs_no_undo() {
        let fallen =
            |back| Outcome::Fallen(Box::new(Fall { failure: Failure::default(), diagnosis: None, back, left: vec![] }));
        let why = String::new;
        for (outcome, expected) in [
            (fallen(Back::Unhealthy(why())), (true, false)),
            (fallen(Back::Sticks(vec![])), (true, false)),
            (fallen(Back::AsBefore), (true, false)),
            (fallen(Back::Kept), (false, true)),
            (fallen(Back::Stuck(vec![])), (false, true)),
            (Outcome::Lost(why()), (false, true)),
            (Outcome::Failed(why()), (false, false)),
            (Outcome::Healthy(Duration::ZERO), (false, true)),
        ] {
            assert_eq!((outcome.is_taken_back(), outcome.is_in_effect()), expected, "{outcome:?}");
        }
    }
}
