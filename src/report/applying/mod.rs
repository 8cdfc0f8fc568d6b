//! What is said while live objects change: before the question, on the way, and at the end.

mod before;
mod json;
mod outcome;
mod policies;

pub use before::{Before, all_effects, before, conflict, question};
pub use json::{Heading, ObjectResult, ValueChange, Wanted, json};
pub use outcome::{back, ending, fell, figures, once_more, refused};
pub use policies::{WhatBecomes, policies, policies_refused, selected_by};
