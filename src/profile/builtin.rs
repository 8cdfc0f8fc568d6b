//! The profiles that the program brings along: the files of `profiles/`.

use super::layer;
use crate::rules::{Level, Rule, Standard};
use std::sync::LazyLock;

/// A profile that the program brings along.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
    /// The standard that it is, where each of its rules cites a paragraph of one.
    pub cites: Option<Cited>,
}

/// A standard that a built-in profile follows paragraph by paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cited {
    /// CIS Kubernetes Benchmark.
    Cis,
    /// NSA/CISA Kubernetes Hardening Guide.
    Nsa,
}

impl Cited {
    /// The paragraphs that a rule cites.
    pub fn of(self, rule: &Rule) -> Vec<&'static str> {
        let paragraph = |standard: &Standard| match (self, standard) {
            (Self::Cis, Standard::Cis(section)) => Some(*section),
            (Self::Nsa, Standard::Nsa(chapter)) => Some(*chapter),
            _ => None,
        };
        rule.standards.iter().filter_map(paragraph).collect()
    }
}

/// The profile used when none is named.
pub const DEFAULT: &str = "hardened";

/// The built-in profiles, from the mildest to the strictest.
pub const BUILTIN: &[Builtin] = &[
    Builtin { name: "privileged", text: include_str!("../../profiles/privileged.yaml"), cites: None },
    Builtin { name: "baseline", text: include_str!("../../profiles/baseline.yaml"), cites: None },
    Builtin { name: "restricted", text: include_str!("../../profiles/restricted.yaml"), cites: None },
    Builtin { name: "cis", text: include_str!("../../profiles/cis.yaml"), cites: Some(Cited::Cis) },
    Builtin { name: "nsa", text: include_str!("../../profiles/nsa.yaml"), cites: Some(Cited::Nsa) },
    Builtin { name: "hardened", text: include_str!("../../profiles/hardened.yaml"), cites: None },
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
