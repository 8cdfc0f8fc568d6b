//! What a plan holds.

use super::Verdict;
use super::edit::{Edit, apply};
use crate::manifest::Position;
use crate::rules::{Assessment, Elsewhere, Risk, Rule, Severity, Subject, literal_secrets};
use crate::secrets::{MASK, redact};
use crate::workload::{Identity, PolicyFile, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The result of running a profile over a world.
#[derive(Debug)]
pub struct Plan {
    /// One entry per workload, and per other object in which something was found, in the order they were read.
    pub objects: Vec<Planned>,
    /// New objects, in the order of those they go with.
    pub added: Vec<Added>,
    /// Exceptions that excuse nothing.
    pub stale: Vec<StaleException>,
    /// Indices into `objects` of those whose findings ask for policies: a few of a great many.
    pub(crate) leads: Vec<usize>,
}

/// A new object.
#[derive(Debug, Clone)]
pub struct Added {
    /// Index into `World::objects` of the one that it goes with and stands behind.
    pub object: usize,
    /// The rule that asks for it.
    pub rule: &'static Rule,
    /// Who it is.
    pub identity: Identity,
    /// JSON pointer, within the document, of the `List` whose last item it becomes; `None` where it is a document of its own.
    pub list: Option<String>,
    /// What it holds.
    pub value: Value,
}

/// What the plan says of one object.
#[derive(Debug)]
pub struct Planned {
    /// Index into `World::objects`.
    pub object: usize,
    /// Whether it is a workload.
    pub is_workload: bool,
    /// What was found, sorted by place and rule.
    pub findings: Vec<PlannedFinding>,
    /// The level of the Pod Security Standards it meets, before and after.
    pub verdict: Verdict,
    /// Every write of every round, in order: what makes the value it should have.
    pub(super) edits: Vec<Edit>,
}

/// A finding with what becomes of it.
#[derive(Debug, Clone)]
pub struct PlannedFinding {
    /// The rule.
    pub rule: &'static Rule,
    /// The severity the profile gives it, or else its own.
    pub severity: Severity,
    /// Where, as a JSON pointer within the object.
    pub subject: Subject,
    /// What is wrong.
    pub reason: Arc<str>,
    /// The changes that mend it, or would. Empty when nothing can, or when the changes of other findings mend it along.
    pub changes: Vec<Change>,
    /// What a person has to decide, when there is no change.
    pub decision: Option<Arc<str>>,
    /// What its changes need outside of the object.
    pub elsewhere: Vec<Elsewhere>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Its place in the manifest's text. `None` for an object that has no text.
    pub source: Option<Source>,
}

/// Where a finding stands in the text of its manifest. A run holds hundreds of thousands of them, and no text is larger than
/// 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    begin: u32,
    end: u32,
    line: u32,
    column: u32,
}

impl Source {
    /// These bytes, which begin at that line and column.
    pub fn new(span: &Range<usize>, position: Position) -> Self {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let Position { line, column } = position;
        Self { begin: small(span.start), end: small(span.end), line: small(line), column: small(column) }
    }

    /// The bytes.
    pub fn span(&self) -> Range<usize> {
        self.begin as usize..self.end as usize
    }

    /// Where they begin.
    pub fn position(&self) -> Position {
        Position { line: self.line as usize, column: self.column as usize }
    }
}

/// One value that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// JSON pointer within the object.
    pub pointer: Arc<str>,
    /// The value before; `None` when absent.
    pub before: Option<Arc<Value>>,
    /// The value after; `None` takes it away.
    pub after: Option<Arc<Value>>,
    /// How sure it is that the workload still runs.
    pub risk: Risk,
    /// What speaks for that.
    pub evidence: Arc<str>,
}

/// What becomes of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The plan mends it.
    Mended,
    /// Its changes are riskier than the run allows.
    LeftOut(Risk),
    /// No change can mend it.
    Undecided,
    /// An exception says to live with it: the reason given.
    Excepted(String),
}

/// An exception that excuses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaleException {
    /// Where it is written: `file:line:column` in a profile, or the object and its annotation.
    pub origin: String,
    /// Index into `World::objects`, for an annotation.
    pub object: Option<usize>,
    /// The rules it names in vain.
    pub rules: Vec<String>,
    /// Why: expired, nothing to excuse, or not an exception at all.
    pub why: String,
    /// What to do about it; empty where `why` says it.
    pub advice: &'static str,
}

impl Plan {
    /// Whether anything changes.
    pub fn has_changes(&self) -> bool {
        !self.added.is_empty() || self.policies().next().is_some() || self.objects.iter().any(Planned::has_changes)
    }

    /// The files of policies that change, each with the object that they go with, as `World::objects` counts.
    pub fn policies(&self) -> impl Iterator<Item = (usize, &PlannedFinding, &PolicyFile)> {
        self.leads.iter().map(|lead| &self.objects[*lead]).flat_map(|planned| {
            let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
            mended.flat_map(move |finding| finding.policies().map(move |(file, _)| (planned.object, finding, file)))
        })
    }

    /// Leave a manifest as it is after all, because its file cannot be changed: what would have been mended is for a person
    /// to decide, and `why` tells them.
    pub fn give_up(&mut self, world: &World, manifest: usize, why: &str) {
        let is_own = |object: usize| world.objects[object].manifest == manifest;
        self.objects.iter_mut().filter(|planned| is_own(planned.object)).for_each(|planned| planned.give_up(why));
        self.added.retain(|added| !is_own(added.object));
    }

    /// Whether a change in one of these manifests goes with a change in another one.
    pub fn links(&self, world: &World, manifests: &BTreeSet<usize>) -> bool {
        self.objects.iter().any(|planned| {
            let own = world.objects[planned.object].manifest;
            let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
            mended.flat_map(|finding| &finding.elsewhere).any(|elsewhere| match elsewhere {
                Elsewhere::Field { manifest, .. } => {
                    *manifest != own && (manifests.contains(manifest) || manifests.contains(&own))
                }
                Elsewhere::Policies(file, _) => {
                    file.manifest.is_some_and(|manifest| manifests.contains(&manifest)) || manifests.contains(&own)
                }
                Elsewhere::Document(_) | Elsewhere::Secret(_) => false,
            })
        })
    }
}

impl PlannedFinding {
    /// The files of policies that it asks for, and how sure that is.
    pub fn policies(&self) -> impl Iterator<Item = (&PolicyFile, &Assessment)> {
        self.elsewhere.iter().filter_map(|elsewhere| match elsewhere {
            Elsewhere::Policies(file, assessment) => Some((file, assessment)),
            _ => None,
        })
    }

    /// Mask the secrets in the values that are told. What is made of the object stays as it is.
    pub(super) fn mask_values(&mut self) {
        for change in &mut self.changes {
            if self.rule.id == literal_secrets::RULE.id {
                change.before.iter_mut().for_each(|before| *before = Arc::new(MASK.into()));
            }
            let name = change.pointer.rsplit('/').next().unwrap_or_default();
            change.before.iter_mut().chain(&mut change.after).for_each(|value| mask(name, value));
        }
    }
}

/// A value that stands under a name.
fn mask(name: &str, value: &mut Arc<Value>) {
    if matches!(**value, Value::Null | Value::Bool(_)) {
        return;
    }
    let mut masked = Value::clone(value);
    redact(name, &mut masked);
    if masked != **value {
        *value = Arc::new(masked);
    }
}

impl Planned {
    /// An object in which nothing is found and nothing changes.
    #[cfg(test)]
    pub(crate) fn untouched(object: usize) -> Self {
        Self { object, is_workload: true, findings: Vec::new(), verdict: Verdict::default(), edits: Vec::new() }
    }

    /// Whether the object changes.
    pub fn has_changes(&self) -> bool {
        !self.edits.is_empty()
    }

    fn give_up(&mut self, why: &str) {
        self.edits.clear();
        self.verdict.after = self.verdict.before;
        for finding in self.findings.iter_mut().filter(|finding| finding.outcome == Outcome::Mended) {
            finding.outcome = Outcome::Undecided;
            finding.elsewhere.clear();
            finding.decision = Some(why.into());
        }
    }

    /// Turn the value that the object has into the one it should have.
    pub fn apply(&self, value: &mut Value) {
        self.edits.iter().for_each(|edit| apply(value, edit));
    }
}
