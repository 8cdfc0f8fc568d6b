//! The one plan everything downstream derives from: what is wrong with each object, and the value it should have.

mod engine;
mod model;

pub use engine::{Limits, make};
pub use model::{Change, Outcome, Plan, Planned, PlannedFinding, StaleException};
