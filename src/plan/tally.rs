//! The figures of a summary.

use super::{Change, Outcome, Plan, PlannedFinding};
use crate::rules::{Level, Risk};
use std::collections::BTreeMap;

/// How a run went, in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Workloads looked at.
    pub workloads: usize,
    /// Workloads that change.
    pub changing: usize,
    /// Workloads with no finding, or none but excused ones.
    pub fine: usize,
    /// Objects that are no workloads and have findings that no exception excuses.
    pub others: usize,
    /// Objects that are no workloads and change.
    pub changing_others: usize,
    /// New objects.
    pub added: usize,
    /// Policies that are there and change or go.
    pub renewed: usize,
    /// Workloads that meet the baseline level, before and after.
    pub baseline: (usize, usize),
    /// Workloads that meet the restricted level, before and after.
    pub restricted: (usize, usize),
    /// Changes by risk; levels without any are left out.
    pub risks: BTreeMap<Risk, RiskTally>,
    /// Findings that a person has to decide.
    pub undecided: usize,
    /// Findings that an exception excuses.
    pub excepted: usize,
}

/// Changes of one risk. A change counts once, however many findings ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RiskTally {
    /// Those the plan makes.
    pub made: usize,
    /// Those it leaves out.
    pub left_out: usize,
}

impl Tally {
    /// Whether anything changes.
    pub fn changes(&self) -> bool {
        self.changing + self.changing_others + self.added + self.renewed > 0
    }
}

impl Plan {
    /// Count.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { added: self.added.len(), ..Tally::default() };
        for (_, _, file) in self.policies() {
            tally.added += file.added.len();
            tally.renewed += file.changed.len() + file.dropped.len();
        }
        for object in &self.objects {
            let excused = |outcome: &Outcome| matches!(outcome, Outcome::Excepted(_));
            let is_fine = object.findings.iter().all(|finding| excused(&finding.outcome));
            if object.is_workload {
                tally.workloads += 1;
                // One that gets policies is another one to the network.
                let policies = |one: &PlannedFinding| one.outcome == Outcome::Mended && one.policies().next().is_some();
                let changes = object.has_changes() || object.findings.iter().any(policies);
                tally.changing += usize::from(changes);
                tally.fine += usize::from(is_fine);
            } else {
                tally.others += usize::from(!is_fine);
                tally.changing_others += usize::from(object.has_changes());
            }
            for (level, count) in [(Level::Baseline, &mut tally.baseline), (Level::Restricted, &mut tally.restricted)] {
                let (before, after) = object.verdict.meets(level);
                count.0 += usize::from(before);
                count.1 += usize::from(after);
            }
            // By pointer: the values that are made and those that are left out, with the highest risk anybody gives them.
            let mut made: BTreeMap<&str, Vec<(&Change, Risk)>> = BTreeMap::new();
            let mut left_out = made.clone();
            for finding in &object.findings {
                match finding.outcome {
                    Outcome::Undecided => tally.undecided += 1,
                    Outcome::Excepted(_) => tally.excepted += 1,
                    Outcome::Mended | Outcome::LeftOut(_) => {
                        for (_, assessment) in finding.policies() {
                            let counts = tally.risks.entry(assessment.risk).or_default();
                            match finding.outcome {
                                Outcome::Mended => counts.made += 1,
                                _ => counts.left_out += 1,
                            }
                        }
                        let changes = if finding.outcome == Outcome::Mended { &mut made } else { &mut left_out };
                        for change in &finding.changes {
                            let known = changes.entry(&change.pointer).or_default();
                            match known.iter_mut().find(|(other, _)| is_same(other, change)) {
                                Some((_, risk)) => *risk = (*risk).max(change.risk),
                                None => known.push((change, change.risk)),
                            }
                        }
                    }
                }
            }
            for (_, risk) in made.values().flatten() {
                tally.risks.entry(*risk).or_default().made += 1;
            }
            for (pointer, changes) in left_out {
                let is_made = |change: &Change| {
                    made.get(pointer).is_some_and(|known| known.iter().any(|(other, _)| is_same(other, change)))
                };
                for (_, risk) in changes.into_iter().filter(|(change, _)| !is_made(change)) {
                    tally.risks.entry(risk).or_default().left_out += 1;
                }
            }
        }
        tally
    }
}

/// Whether two changes of one pointer are the same: a field has one value, a list may get several items.
fn is_same(one: &Change, other: &Change) -> bool {
    one.after == other.after
}
