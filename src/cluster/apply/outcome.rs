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
    /// It could not be asked for, or nobody knows what became of it: why.
    Failed(String),
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
    /// It is still there: the user wanted it so.
    Kept,
    /// It is still there, or some of it: why, a sentence each.
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
            Self::Failed(_) => Class::Failed,
            Self::Refused(_) => Class::Refused,
            Self::Fallen(fall) => match fall.back {
                Back::Healthy(_) | Back::Unwatched(_) | Back::AsBefore => Class::RolledBack,
                Back::Unhealthy(_) | Back::Kept | Back::Stuck(_) => Class::Broken,
            },
        }
    }

    /// Whether a change that did not work was taken back.
    pub fn is_taken_back(&self) -> bool {
        self.class() == Class::RolledBack
    }

    /// Whether a change was made and did not work.
    pub fn is_fallen(&self) -> bool {
        matches!(self, Self::Fallen(_))
    }
}
