//! The shape of the report for machines. The doc of each field is its description in the schema.

use crate::rules::{Risk, Severity};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The `apiVersion` of the report.
pub(in crate::report) const API_VERSION: &str = "kubectl-harden.dev/v1alpha1";
/// The `kind` of the report.
pub(super) const KIND: &str = "HardeningReport";

/// What kubectl-harden found in a set of manifests, and what it changes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct HardeningReport {
    /// Always `kubectl-harden.dev/v1alpha1`.
    pub api_version: &'static str,
    /// Always `HardeningReport`.
    pub kind: &'static str,
    /// The version of kubectl-harden.
    pub version: &'static str,
    /// The profile's name.
    pub profile: String,
    /// The Kubernetes version that verdicts are for, `1.N`.
    pub kubernetes_version: String,
    /// The riskiest change that was allowed.
    pub max_risk: Risk,
    /// The figures.
    pub summary: Summary,
    /// The manifests that hold workloads, in the order they were read.
    pub files: Vec<FileReport>,
    /// The workloads, in the order they were read.
    pub workloads: Vec<ObjectReport>,
    /// Other objects in which something was found, in the order they were read.
    pub others: Vec<ObjectReport>,
    /// Objects that are added to the manifests, in the order of those they go with.
    pub added: Vec<AddedReport>,
    /// What remains for the workloads to pass the strictest Pod Security Standard of the profile once they are changed;
    /// absent where the profile has to do with none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remains: Option<RemainsReport>,
    /// Manifests that were left alone, such as templates.
    pub skipped: Vec<AsideReport>,
    /// Manifests that could not be read or changed. The exit code is then 2.
    pub refused: Vec<AsideReport>,
    /// Exceptions that excuse nothing any more.
    pub stale_exceptions: Vec<StaleReport>,
}

/// The figures of the run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    /// Manifests read, skipped or refused.
    pub files: usize,
    /// Workloads.
    pub workloads: usize,
    /// Workloads that change.
    pub changing: usize,
    /// Workloads in which nothing was found.
    pub fine: usize,
    /// Other objects with findings that no exception excuses.
    pub others: usize,
    /// Findings that no exception excuses.
    pub findings: usize,
    /// Findings that an exception excuses.
    pub excepted: usize,
    /// Findings that no change can mend.
    pub undecided: usize,
    /// Values that change.
    pub changes: usize,
    /// Objects that are added.
    pub added: usize,
    /// Values that would change at a higher `maxRisk`.
    pub left_out: usize,
    /// Workloads that pass the baseline Pod Security Standard.
    pub baseline: Passing,
    /// Workloads that pass the restricted Pod Security Standard.
    pub restricted: Passing,
}

/// How many workloads pass a Pod Security Standard.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Passing {
    /// Workloads that pass as they are.
    pub before: usize,
    /// Workloads that pass once changed.
    pub after: usize,
}

/// What remains for the workloads to pass a Pod Security Standard.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemainsReport {
    /// The standard, `baseline` or `restricted`.
    pub level: String,
    /// The fewest steps, in the order to take them: each brings as many more workloads through as it can. At most 20.
    pub steps: Vec<StepReport>,
    /// Workloads that need more than these steps.
    pub beyond: usize,
    /// Workloads that need their node by their nature: see their `exception`.
    pub node_agents: usize,
    /// Other workloads that an exception keeps from it.
    pub excepted: usize,
}

/// One thing to do.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StepReport {
    /// What.
    pub what: String,
    /// The image of which nothing is known, where that is what stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The rules that it settles.
    pub rules: Vec<&'static str>,
    /// Indices into `workloads` of those that need it.
    pub workloads: Vec<usize>,
    /// How many more workloads pass once this step and all before it are done.
    pub gained: usize,
}

/// An entry for `exceptions` of a profile.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExceptionReport {
    /// The rules it excuses from.
    pub rules: Vec<&'static str>,
    /// The workload.
    #[serde(rename = "match")]
    pub selector: SelectorReport,
    /// The containers; absent where it is for all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// Why.
    pub reason: String,
}

/// Which workload an exception is for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SelectorReport {
    /// Its namespace, if the manifest states one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// Its kind.
    pub kinds: Vec<String>,
    /// Its name.
    pub names: Vec<String>,
}

/// A manifest that holds workloads.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileReport {
    /// As the user named it.
    pub name: String,
    /// Whether the plan changes it.
    pub changed: bool,
}

/// An object that is added to a manifest.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddedReport {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`.
    pub kind: String,
    /// Its namespace, if it states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The rule that adds it.
    pub rule: &'static str,
    /// The object that it goes with, as its kind, namespace and name.
    #[serde(rename = "with")]
    pub beside: String,
    /// The manifest it is added to, behind that object.
    pub file: String,
}

/// An object and what was found in it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectReport {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its `kind`.
    pub kind: String,
    /// Its namespace, if the manifest states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// The manifest it was read from.
    pub file: String,
    /// The document in the manifest, counted from 0.
    pub document: usize,
    /// Where it stands in the document, as a JSON pointer; empty unless it is an item of a list.
    pub pointer: String,
    /// What was found, in the order of the text.
    pub findings: Vec<FindingReport>,
    /// For a program that needs its node by its nature: the exception that lets it be, ready for a profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionReport>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingReport {
    /// The rule's id.
    pub rule: &'static str,
    /// The rule's title.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong here and why it matters.
    pub reason: String,
    /// The place in the workload, as a JSON pointer; it may name a field that does not exist.
    pub pointer: String,
    /// The container it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The line in the manifest, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in the manifest, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What becomes of it.
    pub outcome: OutcomeName,
    /// The reason given by the exception that excuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// What a person has to decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The changes that mend it, all of them or none.
    pub changes: Vec<ChangeReport>,
    /// The standards the rule serves, such as `CIS 5.2.6`.
    pub standards: Vec<String>,
}

/// What becomes of a finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum OutcomeName {
    /// Its changes are made.
    Mended,
    /// Its changes are riskier than `maxRisk`.
    LeftOut,
    /// No change can mend it.
    Undecided,
    /// An exception excuses it.
    Excepted,
}

/// One value that changes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeReport {
    /// JSON pointer within the workload.
    pub pointer: String,
    /// The value as it is; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// The value as it should be; absent when it is taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// How sure it is that the workload still runs.
    pub risk: Risk,
    /// What speaks for that.
    pub evidence: String,
}

/// A manifest that is not part of the run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AsideReport {
    /// As the user named it.
    pub name: String,
    /// The line, from 1, where there is a place to name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Why, and what to do.
    pub reason: String,
}

/// An exception that excuses nothing any more.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StaleReport {
    /// Where it is written.
    pub origin: String,
    /// The rules it names.
    pub rules: Vec<String>,
    /// Why it is stale.
    pub reason: String,
}
