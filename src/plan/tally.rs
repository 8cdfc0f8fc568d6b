//! The figures of a summary.

use super::{Outcome, Plan};
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

impl Plan {
    /// Count.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally { workloads: self.objects.len(), ..Tally::default() };
        for object in &self.objects {
            tally.changing += usize::from(object.has_changes());
            let excused = |outcome: &Outcome| matches!(outcome, Outcome::Excepted(_));
            tally.fine += usize::from(object.findings.iter().all(|finding| excused(&finding.outcome)));
            for (level, count) in
                [(Level::Baseline, &mut tally.baseline), (Level::Restricted, &mut tally.restricted)]
            {
                let (before, after) = object.verdict.meets(level);
                count.0 += usize::from(before);
                count.1 += usize::from(after);
            }
            // By pointer: whether it is made, and the highest risk anybody gives it.
            let mut changes: BTreeMap<&str, (bool, Risk)> = BTreeMap::new();
            for finding in &object.findings {
                match finding.outcome {
                    Outcome::Undecided => tally.undecided += 1,
                    Outcome::Excepted(_) => tally.excepted += 1,
                    Outcome::Mended | Outcome::LeftOut(_) => {
                        let made = finding.outcome == Outcome::Mended;
                        for change in &finding.changes {
                            let known = changes.entry(&change.pointer).or_insert((made, change.risk));
                            *known = (known.0 || made, known.1.max(change.risk));
                        }
                    }
                }
            }
            for (made, risk) in changes.into_values() {
                let count = tally.risks.entry(risk).or_default();
                count.made += usize::from(made);
                count.left_out += usize::from(!made);
            }
        }
        tally
    }
}
