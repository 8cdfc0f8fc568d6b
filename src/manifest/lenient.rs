//! placeholder
pub(super) use super::parse::parse;
