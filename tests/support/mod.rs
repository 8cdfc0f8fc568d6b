//! What several test files share.
#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod cases;
pub(crate) mod edits;
pub(crate) mod kubectl;
pub(crate) mod lines;
pub(crate) mod patch;
pub(crate) mod second;
pub(crate) mod tape;
pub(crate) mod texts;
