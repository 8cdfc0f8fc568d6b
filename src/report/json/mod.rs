//! The report for machines. Its shape is published as `docs/report.schema.json`.
//!
//! Strings are what the manifests hold; what a terminal would act upon is written as JSON escapes.

mod model;

use super::exception::ProposedException;
use super::steps::Steps;
use super::{Aside, Run, Tally, Told, phrase};
use crate::plan::{Added, Change, Outcome, Planned, PlannedFinding};
use crate::rules::Level;
pub(super) use model::API_VERSION;
use model::{
    AddedReport, AsideReport, ChangeReport, ExceptionReport, FileReport, FindingReport, HardeningReport, KIND,
    ObjectReport, OutcomeName, Passing, RemainsReport, SelectorReport, StaleReport, StepReport, Summary,
};
use serde_json::Value;
use std::fmt::Write as _;

/// The report as indented JSON, line break included.
pub fn report(run: &Run<'_>) -> String {
    printed(&HardeningReport::of(run))
}

/// The published schema as indented JSON, line break included.
pub fn schema() -> String {
    printed(&schemars::schema_for!(HardeningReport))
}

/// Indented JSON in which every character that a terminal acts upon is escaped: `serde_json` leaves C1 controls and
/// direction overrides as they are.
pub(super) fn printed(value: &impl serde::Serialize) -> String {
    // Every key is a string and every number finite: this cannot fail.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && super::escape::is_active(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            });
        } else {
            out.push(c);
        }
    }
    out.push('\n');
    out
}

impl HardeningReport {
    fn of(run: &Run<'_>) -> Self {
        let file = |(index, file): (usize, &super::File<'_>)| {
            let grows = run.plan.added.iter().any(|added| run.world.objects[added.object].manifest == index);
            let policies = file.is_new || run.plan.policies().any(|(_, _, file)| file.manifest == Some(index));
            let changed = grows || policies || run.planned(index).iter().any(Planned::has_changes);
            FileReport { name: file.name.to_owned(), changed }
        };
        let stale = |stale: &crate::plan::StaleException| StaleReport {
            origin: stale.origin.clone(),
            rules: stale.rules.clone(),
            reason: stale.why.clone(),
        };
        let tally = Tally::of(run);
        Self {
            api_version: API_VERSION,
            kind: KIND,
            version: env!("CARGO_PKG_VERSION"),
            profile: run.profile.name.clone(),
            kubernetes_version: run.profile.kubernetes.to_string(),
            max_risk: run.max_risk,
            summary: Summary::of(&tally),
            files: run.files.iter().enumerate().map(file).collect(),
            workloads: objects(run, |planned| planned.is_workload),
            others: objects(run, |planned| !planned.is_workload),
            added: added(run),
            remains: tally.level.map(|level| RemainsReport::of(run, level)),
            skipped: run.skipped.iter().map(AsideReport::of).collect(),
            refused: run.refused.iter().map(AsideReport::of).collect(),
            stale_exceptions: run.plan.stale.iter().map(stale).collect(),
        }
    }
}

impl Summary {
    fn of(tally: &Tally) -> Self {
        let standard = |level: Level| {
            let (before, after) = tally.passing(level);
            Passing { before, after }
        };
        Self {
            files: tally.files,
            workloads: tally.plan.workloads,
            changing: tally.plan.changing,
            fine: tally.plan.fine,
            others: tally.plan.others,
            findings: tally.findings(),
            excepted: tally.plan.excepted,
            undecided: tally.plan.undecided,
            changes: tally.made(),
            added: tally.plan.added,
            left_out: tally.left_out(),
            baseline: standard(Level::Baseline),
            restricted: standard(Level::Restricted),
        }
    }
}

/// New objects: those that go with others, and policies.
fn added(run: &Run<'_>) -> Vec<AddedReport> {
    let policies = run.plan.policies().flat_map(|(object, finding, file)| {
        file.added.iter().map(move |value| AddedReport::of_policy(run, object, finding, &file.name, value))
    });
    run.plan.added.iter().map(|added| AddedReport::of(run, added)).chain(policies).collect()
}

fn objects(run: &Run<'_>, wanted: impl Fn(&Planned) -> bool) -> Vec<ObjectReport> {
    let report = |planned: &Planned| {
        let object = &run.world.objects[planned.object];
        ObjectReport {
            api_version: object.identity.api_version.clone(),
            kind: object.identity.kind.clone(),
            namespace: object.identity.namespace.clone(),
            name: object.identity.name.clone(),
            file: run.files[object.manifest].name.to_owned(),
            document: object.document,
            pointer: object.base.clone(),
            findings: run.told_of(planned).map(|told| FindingReport::of(&told)).collect(),
            exception: run.exception_for(planned).map(ExceptionReport::of),
        }
    };
    run.plan.objects.iter().filter(|planned| wanted(planned)).map(report).collect()
}

impl AddedReport {
    fn of(run: &Run<'_>, added: &Added) -> Self {
        let beside = &run.world.objects[added.object];
        Self {
            api_version: added.identity.api_version.clone(),
            kind: added.identity.kind.clone(),
            namespace: added.identity.namespace.clone(),
            name: added.identity.name.clone(),
            rule: added.rule.id,
            beside: beside.identity.to_string(),
            file: run.files[beside.manifest].name.to_owned(),
        }
    }
}

impl AddedReport {
    fn of_policy(run: &Run<'_>, object: usize, finding: &PlannedFinding, file: &str, value: &Value) -> Self {
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Self {
            api_version: text("/apiVersion").unwrap_or_default(),
            kind: text("/kind").unwrap_or_default(),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").unwrap_or_default(),
            rule: finding.rule.id,
            beside: run.world.objects[object].identity.to_string(),
            file: file.to_owned(),
        }
    }
}

impl RemainsReport {
    fn of(run: &Run<'_>, level: Level) -> Self {
        let Steps { steps, beyond, agents, excepted, .. } = Steps::of(run, level);
        // Steps count all objects of the plan, the report its workloads.
        let workload = |index: usize| run.plan.objects[..index].iter().filter(|planned| planned.is_workload).count();
        let step = |step: super::steps::Step| StepReport {
            what: step.what,
            image: step.image,
            rules: step.rules,
            workloads: step.workloads.into_iter().map(workload).collect(),
            gained: step.gained,
        };
        let steps = steps.into_iter().map(step).collect();
        Self { level: level.to_string(), steps, beyond, node_agents: agents, excepted }
    }
}

impl ExceptionReport {
    fn of(entry: ProposedException<'_>) -> Self {
        Self {
            reason: entry.reason(),
            rules: entry.rules,
            selector: SelectorReport {
                namespaces: entry.namespace.iter().map(|&namespace| namespace.to_owned()).collect(),
                kinds: vec![entry.kind.to_owned()],
                names: vec![entry.name.to_owned()],
            },
            containers: entry.containers,
        }
    }
}

impl FindingReport {
    fn of(told: &Told<'_>) -> Self {
        let finding = told.finding;
        let position = finding.source.map(|source| source.position());
        let (outcome, exception) = match &finding.outcome {
            Outcome::Mended => (OutcomeName::Mended, None),
            Outcome::LeftOut(_) => (OutcomeName::LeftOut, None),
            Outcome::Undecided => (OutcomeName::Undecided, None),
            Outcome::Excepted(reason) => (OutcomeName::Excepted, Some(reason.clone())),
        };
        Self {
            rule: finding.rule.id,
            title: finding.rule.title,
            severity: finding.severity,
            reason: finding.reason.to_string(),
            pointer: finding.subject.pointer.to_string(),
            container: finding.subject.container.as_deref().map(str::to_owned),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            outcome,
            exception,
            decision: finding.decision.as_deref().map(str::to_owned),
            changes: finding.changes.iter().map(ChangeReport::of).collect(),
            standards: finding.rule.standards.iter().map(phrase::standard).collect(),
        }
    }
}

impl ChangeReport {
    fn of(change: &Change) -> Self {
        Self {
            pointer: change.pointer.to_string(),
            before: change.before.as_deref().cloned(),
            after: change.after.as_deref().cloned(),
            risk: change.risk,
            evidence: change.evidence.to_string(),
        }
    }
}

impl AsideReport {
    fn of(aside: &Aside) -> Self {
        Self {
            name: aside.name.clone(),
            line: aside.position.map(|position| position.line),
            column: aside.position.map(|position| position.column),
            reason: aside.why.clone(),
        }
    }
}
