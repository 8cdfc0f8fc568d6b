//! What is wrong with policies.

use super::super::{aligned, shown};
use super::{Place, PolicyRow};
use crate::network::lint::Finding;
use crate::network::policy::Problem;
use crate::rules::Severity;
use schemars::JsonSchema;
use serde::Serialize;

/// A finding with its place.
#[derive(Debug)]
pub struct Placed<'f> {
    /// What was found.
    pub finding: &'f Finding,
    /// Where.
    pub place: Place,
}

/// What `network check` finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Findings<'f> {
    /// What is wrong, in the order of the policies.
    findings: Vec<Row<'f>>,
}

/// Something that is wrong with a policy.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Finding")]
struct Row<'f> {
    /// The check that found it.
    check: &'f str,
    /// How bad it is.
    severity: Severity,
    /// What the check is about.
    title: &'f str,
    /// What was found.
    message: &'f str,
    /// The policy.
    policy: PolicyRow,
    /// Where in it, as a JSON pointer.
    pointer: &'f str,
}

/// The findings for programs.
pub fn findings<'f>(placed: &'f [Placed<'f>]) -> Findings<'f> {
    let row = |Placed { finding, place }: &'f Placed<'f>| Row {
        check: &finding.check.id,
        severity: finding.check.severity,
        title: &finding.check.title,
        message: &finding.message,
        policy: PolicyRow::of(&finding.policy, place),
        pointer: &finding.pointer,
    };
    Findings { findings: placed.iter().map(row).collect() }
}

/// One line a finding; nothing at all where there is none.
pub fn findings_table(placed: &[Placed<'_>]) -> String {
    if placed.is_empty() {
        return String::new();
    }
    let mut rows = vec![["SEVERITY", "CHECK", "POLICY", "PLACE", "FINDING"].map(str::to_owned)];
    rows.extend(placed.iter().map(|Placed { finding, place }| {
        [
            finding.check.severity.to_string(),
            finding.check.id.clone(),
            shown(&finding.policy.to_string()).into_owned(),
            place.to_string(),
            format!("{}: {}", finding.check.title, shown(&finding.message)),
        ]
    }));
    aligned(&rows)
}

/// Why a policy cannot be taken, as an error.
pub fn problem(place: &Place, problem: &Problem) -> String {
    let (policy, message) = (problem.policy.to_string(), shown(&problem.message));
    match place {
        Place::File { .. } => format!("{place}: {}: {message}", shown(&policy)),
        Place::Field(_) => format!("{}: {place}: {message}", shown(&policy)),
    }
}
