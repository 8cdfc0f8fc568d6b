//! One object from its plan to its end: whether it may be changed, the write with its rules for conflicts, the pods
//! afterwards, and the way back.
//!
//! What is decided here is decided on values; only [`submit`] and [`follow`] talk to the server.

mod follow;
mod lost;
mod order;
mod outcome;
mod permit;
mod submit;

pub use follow::{Follow, News, follow, withdraw};
pub use lost::{Lost, seen_by};
pub use order::{Rank, rank};
pub use outcome::{Back, Class, Fall, Outcome};
pub use permit::{Consent, Permit, permit};
pub use submit::{Refusal, submit};
