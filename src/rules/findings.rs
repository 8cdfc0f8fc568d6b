//! What a rule writes: findings, each with the changes that mend it or the decision it asks for.

use super::{Assessment, Risk, Severity};
use crate::secrets::SecretValue;
use crate::workload::{Container, Field, Pod, PolicyFile, Whole};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// What one rule found in one pod.
#[derive(Debug, Default)]
pub struct Findings {
    parameters: Map<String, Value>,
    spared: Vec<String>,
    list: Vec<Finding>,
}

/// Where a finding stands: a JSON pointer within the object, and the container it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// JSON pointer (RFC 6901) from the object's root; may name a field that does not exist.
    pub pointer: Arc<str>,
    /// The container's name, when the finding is about one.
    pub container: Option<Arc<str>>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub subject: Subject,
    /// For a finding about the pod: the names of the containers it is about. `None` for all of them.
    pub reached: Option<Vec<String>>,
    /// What is wrong here and why it matters, a sentence without a full stop.
    pub reason: Cow<'static, str>,
    /// The changes that mend it, all of them or none.
    pub proposals: Vec<Proposal>,
    /// Milder changes, for a run that does not allow the proposals: better than nothing, though something of the kind is
    /// still found afterwards.
    pub fallback: Vec<Proposal>,
    /// What the proposals need outside of the object.
    pub elsewhere: Vec<Elsewhere>,
    /// What a person has to decide, when no change can mend it.
    pub decision: Option<String>,
    /// How bad it is, where it is not as bad as the rule says of all it finds. A profile that states a severity overrules it.
    pub severity: Option<Severity>,
}

/// What goes with the changes of a finding, outside of its object: all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elsewhere {
    /// A new document behind that of the object, in the same file. Two findings may ask for the same one.
    Document(Value),
    /// A field of another object of the run.
    Field {
        /// Index of its manifest.
        manifest: usize,
        /// Index of its document in the manifest.
        document: usize,
        /// JSON pointer of the object within its document.
        base: String,
        /// What is set there; the pointer is one within that object.
        proposal: Proposal,
    },
    /// Policies in a file of their own, and how sure that is.
    Policies(PolicyFile, Assessment),
    /// A value that goes into a Secret in a file of its own (`--extract-secrets`).
    Secret(SecretValue),
}

/// One value to set (or to remove, when `value` is `None`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// JSON pointer from the object's root. Missing parents are made as mappings.
    pub pointer: String,
    /// The value it should have; `None` takes the field away.
    pub value: Option<Value>,
    /// How sure that is, and why.
    pub assessment: Assessment,
}

impl Findings {
    /// An empty list for a rule with these parameters (defaults filled in).
    pub fn new(parameters: Map<String, Value>) -> Self {
        Self { parameters, ..Self::default() }
    }

    /// Tell the rule which containers an exception spares, by name: it must set nothing on the pod that reaches them.
    pub fn sparing(self, spared: Vec<String>) -> Self {
        Self { spared, ..self }
    }

    /// Whether an exception spares one of these containers.
    pub(super) fn spares_any(&self, containers: &[&Container<'_>]) -> bool {
        containers.iter().any(|container| self.spared.iter().any(|name| name == container.name()))
    }

    /// A parameter of the rule, as the profile or the rule's default gives it.
    pub fn parameter(&self, name: &str) -> &Value {
        self.parameters.get(name).unwrap_or(&Value::Null)
    }

    /// Begin a finding.
    pub fn at(&mut self, subject: impl Into<Subject>) -> Draft<'_> {
        self.list.push(Finding {
            subject: subject.into(),
            reached: None,
            reason: Cow::Borrowed(""),
            proposals: Vec::new(),
            fallback: Vec::new(),
            elsewhere: Vec::new(),
            decision: None,
            severity: None,
        });
        let last = self.list.len() - 1;
        Draft { finding: &mut self.list[last] }
    }

    /// Whether the rule has nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The findings in the order they were made.
    pub fn into_vec(self) -> Vec<Finding> {
        self.list
    }
}

impl Finding {
    /// The highest risk among its proposals and the policies it asks for; `None` when nothing can mend it.
    pub fn risk(&self) -> Option<Risk> {
        let policies = self.elsewhere.iter().filter_map(|elsewhere| match elsewhere {
            Elsewhere::Policies(_, assessment) => Some(assessment.risk),
            _ => None,
        });
        self.proposals.iter().map(|proposal| proposal.assessment.risk).chain(policies).max()
    }
}

/// A finding being written.
#[derive(Debug)]
pub struct Draft<'f> {
    finding: &'f mut Finding,
}

impl Draft<'_> {
    /// What is wrong and why it matters.
    pub fn because(self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.finding.reason = reason.into();
        self
    }

    /// Say how bad it is, where it is better or worse than what the rule finds as a rule.
    pub(super) fn weighing(self, severity: Severity) -> Self {
        self.finding.severity = Some(severity);
        self
    }

    /// Say which containers a finding about the pod is about, where it is not all of them.
    pub(super) fn reaching(self, containers: &[&Container<'_>]) -> Self {
        self.finding.reached = Some(containers.iter().map(|container| container.name().to_owned()).collect());
        self
    }

    /// Mend it by setting a field.
    pub fn set(self, field: &Field<'_>, value: impl Into<Value>, assessment: Assessment) -> Self {
        self.finding.proposals.push(Proposal { pointer: field.pointer.clone(), value: Some(value.into()), assessment });
        self
    }

    /// Where the proposals are riskier than the run allows: set this instead.
    pub fn or_set(self, field: &Field<'_>, value: impl Into<Value>, assessment: Assessment) -> Self {
        self.finding.fallback.push(Proposal { pointer: field.pointer.clone(), value: Some(value.into()), assessment });
        self
    }

    /// Mend it by taking a field away. Setting a value keeps the author's comment where it was: prefer that.
    pub fn remove(self, field: &Field<'_>, assessment: Assessment) -> Self {
        self.finding.proposals.push(Proposal { pointer: field.pointer.clone(), value: None, assessment });
        self
    }

    /// Mend it by what stands at a pointer; `None` takes it away.
    pub(super) fn put(self, pointer: String, value: Option<Value>, assessment: Assessment) -> Self {
        self.finding.proposals.push(Proposal { pointer, value, assessment });
        self
    }

    /// Where the proposals are made, this happens as well.
    pub fn along(self, elsewhere: Elsewhere) -> Self {
        self.finding.elsewhere.push(elsewhere);
        self
    }

    /// Say what a person has to decide, when no change can mend it.
    pub fn decide(self, decision: impl Into<String>) -> Self {
        self.finding.decision = Some(decision.into());
        self
    }
}

/// A decision that leaves a choice: the way out, or how to record that it stays.
pub(super) fn or_except(rule: &str, decision: &str) -> String {
    format!(
        "{decision}; to keep it, say why: annotate the object with `kubectl-harden.dev/skip.{rule}: \"the reason\"` \
         or add an exception to the profile"
    )
}

impl From<&Whole<'_>> for Subject {
    fn from(_: &Whole<'_>) -> Self {
        Self { pointer: "".into(), container: None }
    }
}

impl From<&Pod<'_>> for Subject {
    fn from(pod: &Pod<'_>) -> Self {
        Self { pointer: pod.spec_pointer().into(), container: None }
    }
}

impl From<&Container<'_>> for Subject {
    fn from(container: &Container<'_>) -> Self {
        Self { pointer: container.pointer().into(), container: Some(container.name().into()) }
    }
}

impl From<&Field<'_>> for Subject {
    fn from(field: &Field<'_>) -> Self {
        Self { pointer: field.pointer.as_str().into(), container: field.container.map(Arc::from) }
    }
}
