//! An object of a run, and what is known of it.

use crate::cluster::apply::Outcome;
use crate::cluster::journal::{self, Pen};
use crate::cluster::write::Draft;
use crate::cluster::{Reference, Target};
use crate::report::applying::{ValueChange, Wanted};
use std::collections::BTreeSet;

/// An object of the run.
pub(super) struct Item {
    /// Its place in the session.
    pub(super) index: usize,
    pub(super) reference: Reference,
    pub(super) state: State,
    /// What was written last.
    pub(super) tried: Option<Target>,
    /// Whether it was told why it is not changed.
    pub(super) told: bool,
    /// What would change, or did.
    pub(super) wanted: Wanted,
}

impl Item {
    pub(super) fn new(index: usize, reference: Reference, state: State) -> Self {
        let wanted = match &state {
            State::Ready(ready) => Wanted {
                added: ready.added.iter().map(|one| one.live.reference.to_string()).collect(),
                ..wanted(&ready.target)
            },
            State::Over(_) => Wanted::default(),
        };
        Self { index, reference, state, tried: None, told: false, wanted }
    }
}

/// What changes in an object, and by which rules.
pub(super) fn wanted(target: &Target) -> Wanted {
    let changes = journal::differences(&target.live.value, &target.after).into_iter();
    let rules: BTreeSet<&'static str> = target.reasons.iter().map(|reason| reason.rule).collect();
    Wanted {
        changes: changes.map(|(path, before, after)| ValueChange { path, before, after }).collect(),
        rules: rules.into_iter().collect(),
        added: Vec::new(),
    }
}

/// What is known of it.
pub(super) enum State {
    /// It can be changed.
    Ready(Box<Ready>),
    /// It will not be.
    Over(Outcome),
}

/// An object that can be changed.
pub(super) struct Ready {
    pub(super) target: Target,
    pub(super) pen: Pen,
    /// Take fields of other managers over.
    pub(super) force: bool,
    /// New objects that are made before it.
    pub(super) added: Vec<Target>,
    /// Whether its pods worked before.
    pub(super) worked_before: bool,
}

impl Ready {
    /// The change as it goes to the server.
    pub(super) fn draft(&self, target: &Target) -> Draft {
        let applied = (self.pen == Pen::Apply).then(|| Draft::apply(target, self.force)).flatten();
        applied.unwrap_or_else(|| Draft::plain(target))
    }
}
