//! The profile: which rules run, how severe, with which parameters, on what, and with which exceptions.

mod model;

pub use model::{Exception, Profile, RuleSetting, Selector};
