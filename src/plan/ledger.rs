//! The findings of one object over the rounds: each once, with what becomes of it in the end.

use super::edit::{Edit, obstacle};
use super::{Change, Outcome, PlannedFinding};
use crate::profile::RuleSetting;
use crate::rules::{Finding, Risk};
use serde_json::Value;
use std::collections::BTreeSet;

/// A finding of one round, with the reason to live with it if there is one.
pub(super) struct Found<'p> {
    pub(super) setting: &'p RuleSetting,
    pub(super) finding: Finding,
    pub(super) excuse: Option<String>,
}

/// The book of one object's findings.
#[derive(Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
}

struct Entry {
    finding: PlannedFinding,
    /// Whether the last round found it.
    present: bool,
}

impl Ledger {
    /// Enter what a round found in `value`. Returns the edits that mend what may be mended.
    pub(super) fn enter(&mut self, found: Vec<Found<'_>>, value: &Value, max_risk: Risk) -> Vec<Edit> {
        self.entries.iter_mut().for_each(|entry| entry.present = false);
        let mut edits = Vec::new();
        let mut unknown = Vec::new();
        for found in found {
            let finding = judge(found, value, max_risk);
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

    /// Enter a finding into its entry, if there is one; else give it back.
    fn update(
        &mut self,
        new: PlannedFinding,
        same: impl Fn(&PlannedFinding, &PlannedFinding) -> bool,
    ) -> Option<PlannedFinding> {
        let entry = self.entries.iter_mut().find(|entry| {
            let known = &entry.finding;
            // Something that was mended and is found again, but cannot be mended again, is another finding.
            let goes_on = known.outcome != Outcome::Mended || new.outcome == Outcome::Mended;
            !entry.present && goes_on && known.rule.id == new.rule.id && known.subject == new.subject && same(known, &new)
        });
        let Some(entry) = entry else { return Some(new) };
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
        }
        None
    }

    /// The rules that the last round still mended something for.
    pub(super) fn restless(&self) -> Vec<&'static str> {
        let restless = self.entries.iter().filter(|entry| entry.present && entry.finding.outcome == Outcome::Mended);
        let ids: BTreeSet<&str> = restless.map(|entry| entry.finding.rule.id).collect();
        ids.into_iter().collect()
    }

    /// The findings. `after` is the value that the last round found nothing more to mend in.
    pub(super) fn close(self, after: &Value) -> Vec<PlannedFinding> {
        let mut findings: Vec<PlannedFinding> = self.entries.into_iter().map(settle).collect();
        // Two rules may have set the same field, one after the other: what counts is what it came to.
        for change in findings.iter_mut().filter(|one| one.outcome == Outcome::Mended).flat_map(|one| &mut one.changes) {
            let came_to = change.after.as_ref().and(after.pointer(&change.pointer));
            if let Some(value) = came_to.filter(|value| change.after.as_ref() != Some(value)) {
                change.after = Some(value.clone());
            }
        }
        findings
    }
}

/// What became of a finding that the last round may no longer have found.
fn settle(entry: Entry) -> PlannedFinding {
    let mut finding = entry.finding;
    if !entry.present && matches!(finding.outcome, Outcome::LeftOut(_) | Outcome::Undecided) {
        // The changes of other findings have mended it along.
        (finding.outcome, finding.changes, finding.decision) = (Outcome::Mended, Vec::new(), None);
    }
    finding
}

/// What becomes of a finding, as things stand in `value`.
fn judge(found: Found<'_>, value: &Value, max_risk: Risk) -> PlannedFinding {
    let Found { setting, finding, excuse } = found;
    let risk = finding.risk();
    let in_the_way = finding.proposals.iter().find_map(|proposal| obstacle(value, &proposal.pointer));
    let mut decision = finding.decision;
    let outcome = match (excuse, risk) {
        (Some(reason), _) => Outcome::Excepted(reason),
        (None, None) => Outcome::Undecided,
        (None, Some(_)) if in_the_way.is_some() => {
            let place = in_the_way.unwrap_or_default();
            decision = Some(format!("{} holds no mapping: the manifest is not valid there, correct it first", shown(place)));
            Outcome::Undecided
        }
        (None, Some(risk)) if risk > max_risk => Outcome::LeftOut(risk),
        (None, Some(_)) => Outcome::Mended,
    };
    let change = |proposal: crate::rules::Proposal| Change {
        before: value.pointer(&proposal.pointer).cloned(),
        pointer: proposal.pointer,
        after: proposal.value,
        risk: proposal.assessment.risk,
        evidence: proposal.assessment.evidence.into_owned(),
    };
    let changes = if in_the_way.is_some() { Vec::new() } else { finding.proposals.into_iter().map(change).collect() };
    PlannedFinding {
        rule: setting.rule,
        severity: setting.severity,
        subject: finding.subject,
        reason: finding.reason,
        changes,
        decision,
        outcome,
        source: None,
    }
}

fn shown(pointer: &str) -> &str {
    if pointer.is_empty() { "the object" } else { pointer }
}
