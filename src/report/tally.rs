//! What there is to count in a run beyond the plan's own figures.

use super::{Aside, AsideSort, Run};
use crate::plan;
use crate::rules::{Level, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// The figures of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The plan's own.
    pub plan: plan::Tally,
    /// Manifests that were read, skipped or refused.
    pub files: usize,
    /// Findings that no exception excuses, by severity.
    pub severities: BTreeMap<Severity, usize>,
    /// The same by rule.
    pub rules: BTreeMap<&'static str, usize>,
    /// The strictest standard that the profile has to do with.
    pub level: Option<Level>,
}

impl Tally {
    /// Count a run.
    pub fn of(run: &Run<'_>) -> Self {
        let files = run.files.iter().filter(|file| !file.is_new);
        let read: BTreeSet<&str> = files.clone().map(|file| file.name).collect();
        // A file that was read and could not be changed stands among the files already.
        let counts = |aside: &&Aside| matches!(aside.sort, AsideSort::Text | AsideSort::Object);
        let unread = run.refused.iter().filter(counts).filter(|aside| !read.contains(aside.name.as_str())).count();
        let enabled = run.profile.rules.iter().filter(|setting| setting.enabled);
        let mut tally = Self {
            plan: run.plan.tally(),
            files: files.count() + run.other_files + run.skipped.len() + unread,
            severities: BTreeMap::new(),
            rules: BTreeMap::new(),
            level: enabled.filter_map(|setting| setting.rule.pod_security()).map(|(level, _)| level).max(),
        };
        for told in run.findings() {
            *tally.severities.entry(told.finding.severity).or_default() += 1;
            *tally.rules.entry(told.finding.rule.id).or_default() += 1;
        }
        tally
    }

    /// Findings that no exception excuses.
    pub fn findings(&self) -> usize {
        self.severities.values().sum()
    }

    /// Workloads with findings in which nothing changes.
    pub fn staying(&self) -> usize {
        self.plan.workloads.saturating_sub(self.plan.changing + self.plan.fine)
    }

    /// Values that change.
    pub fn made(&self) -> usize {
        self.plan.risks.values().map(|risk| risk.made).sum()
    }

    /// Values that would change if the run allowed their risk.
    pub fn left_out(&self) -> usize {
        self.plan.risks.values().map(|risk| risk.left_out).sum()
    }

    /// Workloads that pass a level, now and after the changes.
    pub fn passing(&self, level: Level) -> (usize, usize) {
        match level {
            Level::Baseline => self.plan.baseline,
            Level::Restricted => self.plan.restricted,
        }
    }
}
