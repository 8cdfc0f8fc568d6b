//! What is looked for: a table, read from `checks.yaml`.

use crate::rules::Severity;
use serde::Deserialize;
use std::sync::OnceLock;

/// One thing that is looked for.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Its name, in kebab case.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, a clause.
    pub title: String,
}

/// All that is looked for.
pub fn checks() -> &'static [Check] {
    static CHECKS: OnceLock<Vec<Check>> = OnceLock::new();
    // The file is part of the program; a test proves that it reads.
    CHECKS.get_or_init(|| serde_yaml::from_str(include_str!("checks.yaml")).unwrap_or_default())
}

/// The check of this name.
pub fn check(id: &str) -> Option<&'static Check> {
    checks().iter().find(|check| check.id == id)
}
