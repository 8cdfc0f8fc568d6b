//! What is said of the NetworkPolicies of a namespace.

use super::before::{harmless, line};
use crate::report::Page;

/// What becomes of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhatBecomes {
    /// It is made.
    New,
    /// It is made anew.
    Changed,
    /// It is deleted.
    Gone,
}

impl WhatBecomes {
    /// That it was done, as kubectl says it.
    pub fn done(self) -> &'static str {
        match self {
            Self::New => "created",
            Self::Changed => "configured",
            Self::Gone => "deleted",
        }
    }
}

/// `4 NetworkPolicies in namespace shop: 3 new, 1 gone`, and that the server takes them, where it was asked.
pub fn policies(namespace: &str, what: &[WhatBecomes], is_tried: bool, page: &Page) -> String {
    let strong = page.palette.strong;
    let parts = [(WhatBecomes::New, "new"), (WhatBecomes::Changed, "changed"), (WhatBecomes::Gone, "gone")];
    let parts = parts.into_iter().map(|(one, word)| (what.iter().filter(|other| **other == one).count(), word));
    let parts: Vec<String> =
        parts.filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    let (kind, accepts) = match what.len() {
        1 => ("NetworkPolicy", "the server accepts it"),
        _ => ("NetworkPolicies", "the server accepts them"),
    };
    let name = harmless(namespace);
    let mut out = match what.len() {
        0 => format!("{strong}NetworkPolicies in namespace {name}{strong:#}\n"),
        number => format!("{strong}{number} {kind} in namespace {name}{strong:#}: {}\n", parts.join(", ")),
    };
    if is_tried {
        line(&mut out, "  ", accepts, page);
    }
    out
}

/// The policies that decide about the pods of a workload.
pub fn selected_by(names: &[String], page: &Page) -> String {
    let mut out = String::new();
    if !names.is_empty() {
        let kind = if names.len() == 1 { "NetworkPolicy" } else { "NetworkPolicies" };
        line(&mut out, "  ", &harmless(&format!("its pods are selected by {kind} {}", names.join(", "))), page);
    }
    out
}

/// Why the policies of a namespace are not written.
pub fn policies_refused(namespace: &str, whys: &[String], page: &Page) -> String {
    let red = page.palette.red;
    let mut out = format!("{red}refused{red:#} NetworkPolicies in namespace {}\n", harmless(namespace));
    whys.iter().for_each(|why| line(&mut out, "  ", &harmless(why), page));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use WhatBecomes::{Changed, Gone, New};

    #[test]
    fn what_becomes_of_policies_is_counted() {
        let page = Page::default();
        let four = policies("shop", &[New, New, Changed, Gone], true, &page);
        assert_eq!(four, "4 NetworkPolicies in namespace shop: 2 new, 1 changed, 1 gone\n  the server accepts them\n");
        assert_eq!(policies("shop", &[Gone], false, &page), "1 NetworkPolicy in namespace shop: 1 gone\n");
    }
}
