//! The profiles that the program brings along: the files of `profiles/`.

use super::layer;
use crate::rules::{Level, Rule};
use std::sync::LazyLock;

/// A profile that the program brings along.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

/// The profile used when none is named.
pub const DEFAULT: &str = "hardened";

/// The built-in profiles, from the mildest to the strictest.
pub const BUILTIN: &[Builtin] = &[
    Builtin { name: "privileged", text: include_str!("../../profiles/privileged.yaml") },
    Builtin { name: "baseline", text: include_str!("../../profiles/baseline.yaml") },
    Builtin { name: "restricted", text: include_str!("../../profiles/restricted.yaml") },
    Builtin { name: "hardened", text: include_str!("../../profiles/hardened.yaml") },
];

static BASELINE: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| rules("baseline"));
static RESTRICTED: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| rules("restricted"));

/// The rules that make up a level of the Pod Security Standards: those of the profile of the same name.
pub fn level_rules(level: Level) -> &'static [&'static Rule] {
    match level {
        Level::Baseline => &BASELINE,
        Level::Restricted => &RESTRICTED,
    }
}

fn rules(name: &str) -> Vec<&'static Rule> {
    let text = BUILTIN.iter().find(|builtin| builtin.name == name).map_or("", |builtin| builtin.text);
    // A test proves that every built-in profile reads.
    let layer = layer::read(name, text).unwrap_or_default();
    layer.rules.iter().map(|entry| entry.rule).collect()
}
