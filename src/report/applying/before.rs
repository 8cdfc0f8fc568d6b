//! What is said of each object before anything changes.

use crate::cluster::owner::{self, Effect, Ownership};
use crate::cluster::preflight::Preflight;
use crate::cluster::{Reason, Reference, Target};
use crate::report::live_change::place;
use crate::report::phrase::{count, wrapped};
use crate::report::{Page, lines_shown};
use crate::rules::Risk;
use crate::secrets::redacted;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is known of one object.
#[derive(Debug, Clone, Copy)]
pub struct Before<'b> {
    /// It, and what it should become.
    pub target: &'b Target,
    /// Who manages it.
    pub ownership: &'b Ownership,
    /// What becomes of each change.
    pub effects: &'b [Effect],
    /// What the server says; `None` where it was not asked.
    pub preflight: Option<&'b Preflight>,
}

/// The block of one object: what would change, who manages it, what the server says, what to know.
pub fn before(one: &Before<'_>, page: &Page) -> String {
    let palette = page.palette;
    let mut out = format!("{strong}{}{strong:#}   {}", heading(one), counted(one.target), strong = palette.strong);
    if let Some(manager) = &one.ownership.manager {
        let _ = write!(out, "   managed by {}", harmless(manager));
    }
    out.push('\n');
    let passing: Vec<&Effect> = one.effects.iter().filter(|effect| effect.fate != owner::Fate::Stays).collect();
    effects(&mut out, one.target, &passing, page);
    let Some(preflight) = one.preflight else { return out };
    if preflight.merged.is_some() {
        let pods = if preflight.pods_accepted { ", and a pod of its new template" } else { "" };
        line(&mut out, "  ", &format!("the server accepts it{pods}"), page);
    }
    for warning in &preflight.warnings {
        let yellow = palette.yellow;
        line(&mut out, "  ", &format!("{yellow}Warning:{yellow:#} {}", harmless(warning)), page);
    }
    if !preflight.notes.is_empty() {
        line(&mut out, "  ", &harmless(&preflight.notes.join("; ")), page);
    }
    for caution in &preflight.cautions {
        let yellow = palette.yellow;
        line(&mut out, "  ", &format!("{yellow}caution:{yellow:#} {}", harmless(caution)), page);
    }
    out
}

/// `deployment.apps/web in shop`.
fn heading(one: &Before<'_>) -> String {
    named(&one.target.live.reference)
}

/// An object with its namespace.
pub(super) fn named(reference: &Reference) -> String {
    match &reference.namespace {
        Some(namespace) => harmless(&format!("{reference} in {namespace}")),
        None => harmless(&reference.to_string()),
    }
}

/// `12 changes (10 safe, 2 likely)`.
fn counted(target: &Target) -> String {
    if target.live.value.is_null() {
        return "is new".to_owned();
    }
    let risks = risks(&target.reasons);
    let parts: Vec<String> = risks.iter().map(|(risk, number)| format!("{number} {risk}")).collect();
    match parts.as_slice() {
        [] => count(target.operations().0.len(), "change"),
        parts => format!("{} ({})", count(risks.values().sum(), "change"), parts.join(", ")),
    }
}

/// How many changes there are of each risk. What several rules want at one place is one change, with the highest risk that
/// any of them gives it; several items that one rule wants in a list are several.
fn risks(reasons: &[Reason]) -> BTreeMap<Risk, usize> {
    let mut places: BTreeMap<&str, BTreeMap<&str, Vec<Risk>>> = BTreeMap::new();
    for reason in reasons {
        places.entry(&reason.pointer).or_default().entry(reason.rule).or_default().push(reason.risk);
    }
    let mut risks = BTreeMap::new();
    for rules in places.into_values() {
        let most = rules.into_values().max_by_key(|of_one| (of_one.len(), of_one.clone()));
        most.into_iter().flatten().for_each(|risk| *risks.entry(risk).or_default() += 1);
    }
    risks
}

/// What becomes of each change, for an object that is refused for it.
pub fn all_effects(target: &Target, list: &[Effect], page: &Page) -> String {
    let mut out = String::new();
    effects(&mut out, target, &list.iter().collect::<Vec<_>>(), page);
    out
}

/// How many changes are told one by one.
const MOST_TOLD: usize = 12;

/// `+ spec.template.spec.securityContext.runAsNonRoot: stays`, a line for each.
fn effects(out: &mut String, target: &Target, list: &[&Effect], page: &Page) {
    for effect in list.iter().take(MOST_TOLD) {
        let sign = match (effect.removes, &effect.overrides) {
            (true, _) => '-',
            (false, Some(_)) => '~',
            (false, None) => '+',
        };
        let of = effect.overrides.as_ref().map(|manager| format!(" (set by {manager:?})")).unwrap_or_default();
        let place = place(&target.live.value, &target.after, &effect.pointer);
        line(out, "    ", &harmless(&format!("{sign} {place}{of}: {}", effect.in_words())), page);
    }
    if list.len() > MOST_TOLD {
        let _ = writeln!(out, "    and {} more", list.len() - MOST_TOLD);
    }
}

/// The conflicts with other managers, as pairs of manager and field, and the ways out of them.
pub fn conflict(pairs: &[(String, String)]) -> String {
    let list: Vec<String> =
        pairs.iter().map(|(manager, field)| format!("conflict with {manager:?}: {field}")).collect();
    format!(
        "{}\nchange these where that manager takes them from; or override them with --force-conflicts: then its next apply \
         fails, unless it forces as well",
        list.join("\n")
    )
}

/// The one question of a run: how many objects can be changed, of how many that should be.
pub fn question(ready: usize, wanted: usize) -> String {
    match ready {
        ready if ready < wanted => format!("Apply to {ready} of {}? [y/N/d(iff)] ", count(wanted, "object")),
        1 => "Apply? [y/N/d(iff)] ".to_owned(),
        ready => format!("Apply to {ready} objects? [y/N/d(iff)] "),
    }
}

/// Text of the cluster, without its secrets and what a terminal would act upon.
pub(super) fn harmless(text: &str) -> String {
    lines_shown(&redacted(text))
}

/// A sentence, broken into lines that begin alike.
pub(super) fn line(out: &mut String, indent: &str, text: &str, page: &Page) {
    let room = page.width.saturating_sub(indent.len());
    for part in text.split('\n') {
        for line in wrapped(part, room, room) {
            let _ = writeln!(out, "{indent}{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_tells_how_many_are_left_out() {
        assert_eq!(question(1, 1), "Apply? [y/N/d(iff)] ");
        assert_eq!(question(3, 3), "Apply to 3 objects? [y/N/d(iff)] ");
        assert_eq!(question(1, 2), "Apply to 1 of 2 objects? [y/N/d(iff)] ");
    }

    #[test]
    fn what_two_rules_want_at_one_place_is_one_change() {
        let reason = |pointer: &str, rule, risk| Reason { pointer: pointer.to_owned(), rule, risk };
        let reasons = [
            reason("/a", "one", Risk::Safe),
            reason("/a", "two", Risk::Likely),
            reason("/list", "one", Risk::Safe),
            reason("/list", "one", Risk::Safe),
        ];
        assert_eq!(risks(&reasons), BTreeMap::from([(Risk::Safe, 2), (Risk::Likely, 1)]));
    }
}
