//! The one plan everything downstream derives from: what is wrong with each object, and the value it should have.
//!
//! [`make`] runs a profile over a world to a fixed point. [`after_values`] gives the documents the values that the
//! splice engine writes; [`Plan::tally`] the figures of a summary.

mod documents;
mod edit;
mod elsewhere;
mod engine;
mod excuse;
mod ledger;
mod model;
mod pool;
mod tally;
mod verdict;

pub use documents::{after_value, after_values, changing_documents, new_text, place_after};
pub use engine::{Limits, PlanError, make, make_around};
pub use excuse::ANNOTATION;
pub use model::{Added, Change, Outcome, Plan, Planned, PlannedFinding, Source, StaleException};
pub use tally::{RiskTally, Tally};
pub use verdict::Verdict;
