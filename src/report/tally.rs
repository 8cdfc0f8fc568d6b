//! What there is to count in a run.

use super::Run;
use crate::plan::{Outcome, Planned};
use crate::profile::level_rules;
use crate::rules::{Level, Risk, Severity};
use std::collections::BTreeMap;

/// The figures of a run. Findings that an exception excuses are in `excepted` only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Manifests that were read, skipped or refused.
    pub files: usize,
    /// Objects with a pod template.
    pub workloads: usize,
    /// Workloads that change.
    pub changing: usize,
    /// Workloads in which nothing was found.
    pub fine: usize,
    /// Values that change, by risk. A value that two findings ask for counts once.
    pub changes: BTreeMap<Risk, usize>,
    /// Values that would change if the run allowed their risk.
    pub left_out: BTreeMap<Risk, usize>,
    /// Findings that a person must decide.
    pub undecided: usize,
    /// Findings that an exception excuses.
    pub excepted: usize,
    /// Findings by severity.
    pub severities: BTreeMap<Severity, usize>,
    /// Findings by rule.
    pub rules: BTreeMap<&'static str, usize>,
    /// How many workloads pass the standard that the profile covers, now and after the changes.
    pub standard: Option<Passing>,
}

/// The verdict of a Pod Security Standard over a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passing {
    /// The standard.
    pub level: Level,
    /// Workloads that pass as they are.
    pub before: usize,
    /// Workloads that pass once changed.
    pub after: usize,
}

impl Tally {
    /// Count a run.
    pub fn of(run: &Run<'_>) -> Self {
        let mut tally = Self {
            files: run.files.len() + run.other_files + run.skipped.len() + run.refused.len(),
            workloads: run.plan.objects.len(),
            standard: level(run).map(|level| passing(run, level)),
            ..Self::default()
        };
        for planned in &run.plan.objects {
            tally.add(planned);
        }
        tally
    }

    /// Workloads with findings in which nothing changes.
    pub fn staying(&self) -> usize {
        self.workloads - self.changing - self.fine
    }

    fn add(&mut self, planned: &Planned) {
        let (mut made, mut left) = (BTreeMap::new(), BTreeMap::new());
        for finding in &planned.findings {
            match &finding.outcome {
                Outcome::Excepted(_) => {
                    self.excepted += 1;
                    continue;
                }
                Outcome::Undecided => self.undecided += 1,
                Outcome::Mended => made.extend(finding.changes.iter().map(|change| (&change.pointer, change.risk))),
                // The riskiest change of a finding keeps the others out, too.
                Outcome::LeftOut(risk) => left.extend(finding.changes.iter().map(|change| (&change.pointer, *risk))),
            }
            *self.severities.entry(finding.severity).or_default() += 1;
            *self.rules.entry(finding.rule.id).or_default() += 1;
        }
        left.retain(|pointer, _| !made.contains_key(pointer));
        self.changing += usize::from(!made.is_empty());
        self.fine += usize::from(planned.findings.iter().all(|finding| matches!(finding.outcome, Outcome::Excepted(_))));
        for (risks, counts) in [(made, &mut self.changes), (left, &mut self.left_out)] {
            risks.into_values().for_each(|risk| *counts.entry(risk).or_default() += 1);
        }
    }

    /// Values that change.
    pub fn change_count(&self) -> usize {
        self.changes.values().sum()
    }

    /// Findings that no exception excuses.
    pub fn finding_count(&self) -> usize {
        self.severities.values().sum()
    }
}

/// The strictest standard that the profile covers whole: only then is a run without findings a verdict.
fn level(run: &Run<'_>) -> Option<Level> {
    let settings = &run.profile.rules;
    let covered = |level: Level| {
        level_rules(level).iter().all(|rule| {
            let mut own = settings.iter().filter(|setting| setting.rule.id == rule.id).peekable();
            own.peek().is_some() && own.all(|setting| setting.enabled)
        })
    };
    [Level::Restricted, Level::Baseline].into_iter().find(|level| covered(*level))
}

/// Exceptions do not count here: the API server knows nothing of them.
fn passing(run: &Run<'_>, level: Level) -> Passing {
    let rules = level_rules(level);
    let passes = |planned: &Planned, changed: bool| {
        planned.findings.iter().all(|finding| {
            (changed && finding.outcome == Outcome::Mended) || rules.iter().all(|rule| rule.id != finding.rule.id)
        })
    };
    let count = |changed: bool| run.plan.objects.iter().filter(|planned| passes(planned, changed)).count();
    Passing { level, before: count(false), after: count(true) }
}
