//! The NetworkPolicies of a run, a namespace at a time: all of them or none.
//!
//! ```text
//! survey   what would become of each policy, and what the server says
//! write    one after the other, so that nothing is cut meanwhile
//! watch    the pods under them
//! enforce  the above in their order; what does not work is taken back
//! ```

mod enforce;
mod survey;
mod watch;
mod write;

pub(super) use enforce::enforce;
pub(super) use survey::survey;

use crate::cluster::apply::Outcome;
use crate::cluster::{Reference, Target};
use crate::command::policies::RULE;
use crate::export::neat;
use crate::report::applying::{ObjectResult, ValueChange, Wanted, WhatBecomes};
use serde_json::Value;

/// What becomes of the policies of a namespace.
pub(super) struct Policies {
    pub(super) namespace: String,
    /// In the order in which they are written; empty where it is known that none is.
    steps: Vec<Step>,
    /// Whether all pods are open until the first one comes.
    is_bare: bool,
    /// What must stand in other objects first, since policies select by it: where, and its value.
    needed: Vec<(Reference, String, Value)>,
    /// What came of them; `None` until that is known.
    pub(super) outcome: Option<Outcome>,
}

/// One policy.
struct Step {
    target: Target,
    what: WhatBecomes,
}

impl Policies {
    /// Whether they can be written.
    pub(super) fn is_ready(&self) -> bool {
        self.outcome.is_none()
    }

    /// How many policies it concerns.
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    /// What would change, to be drawn.
    pub(super) fn targets(&self) -> impl Iterator<Item = &Target> {
        self.steps.iter().map(|step| &step.target)
    }

    /// Those that are made.
    fn added(&self) -> impl Iterator<Item = &Target> {
        self.steps.iter().filter(|step| step.what == WhatBecomes::New).map(|step| &step.target)
    }

    /// The policies, and what becomes of each.
    pub(super) fn references(&self) -> impl Iterator<Item = (&Reference, WhatBecomes)> {
        self.steps.iter().map(|step| (&step.target.live.reference, step.what))
    }

    /// What came of each, for machines.
    pub(super) fn results(&self) -> impl Iterator<Item = ObjectResult> {
        self.steps.iter().map(|step| {
            let Target { live, after, .. } = &step.target;
            let whole = |before, after| vec![ValueChange { path: String::new(), before, after }];
            let changes = match step.what {
                WhatBecomes::New => whole(None, Some(after.clone())),
                WhatBecomes::Changed => super::item::wanted(&step.target).changes,
                WhatBecomes::Gone => whole(Some(neat(&live.value)), None),
            };
            let wanted = Wanted { changes, rules: vec![RULE], added: Vec::new() };
            ObjectResult::of(&step.target.live.reference, self.outcome.as_ref(), wanted)
        })
    }
}
