//! The findings of one object over the rounds: each once, with what becomes of it in the end.

use super::edit::{Edit, is_append, obstacle};
use super::elsewhere::Denial;
use super::pool::Pool;
use super::{Change, Outcome, PlannedFinding};
use crate::profile::RuleSetting;
use crate::rules::{Elsewhere, Finding, Proposal, Risk, Rule};
use crate::workload::lookup;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// A finding of one round, with the reason to live with it if there is one.
pub(super) struct Found<'p> {
    pub(super) setting: &'p RuleSetting,
    pub(super) finding: Finding,
    pub(super) excuse: Option<String>,
}

/// The book of one object's findings.
pub(super) struct Ledger<'d> {
    /// What findings must not count on outside of the object.
    denied: &'d [Denial],
    pool: &'d Pool,
    entries: Vec<Entry>,
    /// How many entries the round has not found yet, and where it is likely to go on: a round finds in the order of the
    /// one before, and an object may have a hundred thousand findings.
    absent: usize,
    next: usize,
}

struct Entry {
    finding: PlannedFinding,
    /// Whether the last round found it.
    present: bool,
}

impl<'d> Ledger<'d> {
    /// An empty book.
    pub(super) fn new(denied: &'d [Denial], pool: &'d Pool) -> Self {
        Self { denied, pool, entries: Vec::new(), absent: 0, next: 0 }
    }

    /// Enter what a round of the rules that `ran` found in `value`. Returns the edits that mend what may be mended.
    pub(super) fn enter(
        &mut self,
        found: Vec<Found<'_>>,
        value: &Value,
        max_risk: Risk,
        ran: impl Fn(&Rule) -> bool,
    ) -> Vec<Edit> {
        self.entries.iter_mut().filter(|entry| ran(entry.finding.rule)).for_each(|entry| entry.present = false);
        (self.absent, self.next) = (self.entries.iter().filter(|entry| !entry.present).count(), 0);
        let mut edits = Vec::new();
        let mut unknown = Vec::new();
        for found in found {
            let finding = self.denied(judge(found, value, max_risk, self.pool));
            if finding.outcome == Outcome::Mended {
                let edit = |change: &Change| Edit { pointer: change.pointer.clone(), value: change.after.clone() };
                edits.extend(finding.changes.iter().map(edit));
            }
            // What is found word for word as before goes first, so that nothing else takes its entry.
            if let Some(finding) = self.update(finding, |known, new| known.reason == new.reason) {
                unknown.push(finding);
            }
        }
        for finding in unknown {
            // The same thing in other words, for something around it has changed.
            if let Some(finding) = self.update(finding, |known, _| known.outcome != Outcome::Mended) {
                self.entries.push(Entry { finding, present: true });
            }
        }
        edits
    }

    /// A finding that must not have what it needs outside of the object is not mended.
    fn denied(&self, mut finding: PlannedFinding) -> PlannedFinding {
        let denial = self.denied.iter().find(|denial| denial.rule == finding.rule.id);
        if let Some(denial) = denial.filter(|_| finding.outcome == Outcome::Mended && !finding.elsewhere.is_empty()) {
            finding.decision =
                Some(format!("this takes changes outside of it that cannot be made: {}", denial.why).into());
            finding.outcome = Outcome::Undecided;
            finding.changes.clear();
            finding.elsewhere.clear();
        }
        finding
    }

    /// Enter a finding into its entry, if there is one; else give it back.
    fn update(
        &mut self,
        new: PlannedFinding,
        same: impl Fn(&PlannedFinding, &PlannedFinding) -> bool,
    ) -> Option<PlannedFinding> {
        if self.absent == 0 {
            return Some(new);
        }
        let fits = |entry: &Entry| {
            let known = &entry.finding;
            // Something that was mended and is found again, but cannot be mended again, is another finding.
            let goes_on = known.outcome != Outcome::Mended || new.outcome == Outcome::Mended;
            !entry.present
                && goes_on
                && known.rule.id == new.rule.id
                && known.subject == new.subject
                && same(known, &new)
        };
        let mut order = (self.next..self.entries.len()).chain(0..self.next);
        let Some(at) = order.find(|at| fits(&self.entries[*at])) else { return Some(new) };
        self.absent -= 1;
        self.next = at + 1;
        let entry = &mut self.entries[at];
        entry.present = true;
        let known = &mut entry.finding;
        if known.outcome == Outcome::Mended {
            for change in new.changes {
                match known.changes.iter_mut().find(|before| before.pointer == change.pointer) {
                    Some(before) => *before = Change { before: before.before.take(), ..change },
                    None => known.changes.push(change),
                }
            }
        } else {
            (known.changes, known.decision, known.outcome) = (new.changes, new.decision, new.outcome);
            known.elsewhere = new.elsewhere;
        }
        None
    }

    /// The rules that the last round still mended something for.
    pub(super) fn restless(&self) -> Vec<&'static str> {
        let restless = self.entries.iter().filter(|entry| entry.present && entry.finding.outcome == Outcome::Mended);
        let ids: BTreeSet<&str> = restless.map(|entry| entry.finding.rule.id).collect();
        ids.into_iter().collect()
    }

    /// Whether a finding about a field of the pod, which was not mended, is now told of containers one by one.
    fn goes_on_in_containers(&self, entry: &Entry) -> bool {
        let before = &entry.finding;
        let Some((pod, field)) = in_context(&before.subject.pointer) else { return false };
        let below = |pointer: &str| {
            in_context(pointer).is_some_and(|(container, same)| {
                same == field && container.strip_prefix(pod).is_some_and(|rest| rest.starts_with('/'))
            })
        };
        !entry.present
            && before.outcome != Outcome::Mended
            && self
                .entries
                .iter()
                .map(|entry| &entry.finding)
                .any(|now| now.rule.id == before.rule.id && below(&now.subject.pointer))
    }

    /// The findings. `edits` are all that were made, in order.
    pub(super) fn close(mut self, edits: &[Edit]) -> Vec<PlannedFinding> {
        let gone_on: Vec<bool> = self.entries.iter().map(|entry| self.goes_on_in_containers(entry)).collect();
        let mut gone_on = gone_on.into_iter();
        self.entries.retain(|_| !gone_on.next().unwrap_or_default());
        let mut findings: Vec<PlannedFinding> = self.entries.into_iter().map(settle).collect();
        // Two rules may have set the same field, one after the other: what counts is what it came to.
        let last: HashMap<&str, &Edit> =
            edits.iter().filter(|edit| edit.value.is_some()).map(|edit| (&*edit.pointer, edit)).collect();
        for change in findings.iter_mut().filter(|one| one.outcome == Outcome::Mended).flat_map(|one| &mut one.changes)
        {
            if is_append(&change.pointer) {
                continue;
            }
            let last = last.get(&*change.pointer);
            if let Some(edit) = last.filter(|edit| change.after.is_some() && edit.value != change.after) {
                change.after.clone_from(&edit.value);
            }
        }
        findings.iter_mut().for_each(|finding| finding.changes.shrink_to_fit());
        findings
    }
}

/// The spec and the field in it, of the pointer of a field of a security context.
fn in_context(pointer: &str) -> Option<(&str, &str)> {
    pointer.split_once("/securityContext/")
}

/// What became of a finding that the last round may no longer have found.
fn settle(entry: Entry) -> PlannedFinding {
    let mut finding = entry.finding;
    if !entry.present && matches!(finding.outcome, Outcome::LeftOut(_) | Outcome::Undecided) {
        // The changes of other findings have mended it along.
        (finding.outcome, finding.changes, finding.decision) = (Outcome::Mended, Vec::new(), None);
        finding.elsewhere.clear();
    }
    finding
}

/// What becomes of a finding, as things stand in `value`.
fn judge(found: Found<'_>, value: &Value, max_risk: Risk, pool: &Pool) -> PlannedFinding {
    let Found { setting, mut finding, excuse } = found;
    let risk_of = |proposals: &[Proposal]| proposals.iter().map(|proposal| proposal.assessment.risk).max();
    if risk_of(&finding.proposals) > Some(max_risk) && risk_of(&finding.fallback).is_some_and(|risk| risk <= max_risk) {
        finding.proposals = std::mem::take(&mut finding.fallback);
    }
    let obstacle = finding.proposals.iter().find_map(|proposal| obstacle(value, &proposal.pointer));
    let mut decision = finding.decision;
    let outcome = match (excuse, obstacle, risk_of(&finding.proposals)) {
        (Some(reason), ..) => Outcome::Excepted(reason),
        // All that it takes stands elsewhere.
        (None, _, None) if decision.is_none() && !finding.elsewhere.is_empty() => Outcome::Mended,
        (None, _, None) => Outcome::Undecided,
        (None, Some(place), Some(_)) => {
            decision = Some(format!("{place} is {}: the manifest is not valid, correct it first", kind(value, place)));
            Outcome::Undecided
        }
        (None, None, Some(risk)) if risk > max_risk => Outcome::LeftOut(risk),
        (None, None, Some(_)) => Outcome::Mended,
    };
    // What goes along is as risky as the rest.
    let along = finding.elsewhere.iter().filter_map(|elsewhere| match elsewhere {
        Elsewhere::Field { proposal, .. } => Some(proposal.assessment.risk),
        Elsewhere::Policies(_, assessment) => Some(assessment.risk),
        Elsewhere::Document(_) | Elsewhere::Secret(_) => None,
    });
    let outcome = match (outcome, along.max()) {
        (Outcome::Mended, Some(risk)) if risk > max_risk => Outcome::LeftOut(risk),
        (outcome, _) => outcome,
    };
    let nothing_to_do = obstacle.is_some();
    let change = |proposal: Proposal| Change {
        before: lookup(value, &proposal.pointer).map(|before| pool.value(before.clone())),
        pointer: pool.plain(&proposal.pointer),
        after: proposal.value.map(|after| pool.value(after)),
        risk: proposal.assessment.risk,
        evidence: pool.text(proposal.assessment.evidence),
    };
    let changes = if nothing_to_do { Vec::new() } else { finding.proposals.into_iter().map(change).collect() };
    PlannedFinding {
        rule: setting.rule,
        severity: setting.severity.or(finding.severity).unwrap_or(setting.rule.severity),
        subject: pool.subject(&finding.subject),
        reason: pool.text(finding.reason),
        changes,
        decision: decision.map(|decision| pool.text(decision.into())),
        elsewhere: finding.elsewhere,
        outcome,
        source: None,
    }
}

/// What stands where a mapping should, in the user's words.
fn kind(value: &Value, pointer: &str) -> &'static str {
    match lookup(value, pointer) {
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "a list",
        Some(Value::Number(_)) => "a number",
        _ => "a boolean",
    }
}
