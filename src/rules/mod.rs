//! One rule, one file: what is wrong with a pod, and what value would mend it.
//!
//! A rule sees a [`Pod`] and writes [`Findings`]; it knows nothing of YAML, files or servers.

mod findings;
mod registry;
mod risk;

pub mod allow_privilege_escalation;

pub use findings::{Draft, Finding, Findings, Proposal, Subject};
pub use registry::{REGISTRY, by_id, documentation};
pub use risk::{Assessment, Risk, Severity};

use crate::workload::Pod;

/// What a rule is: its name, its standing, and its one function.
#[derive(Debug)]
pub struct Rule {
    /// Kebab case, equal to the file's name.
    pub id: &'static str,
    /// What is wrong, as a short clause that begins in lower case.
    pub title: &'static str,
    /// How bad it is unless the profile says otherwise.
    pub severity: Severity,
    /// The standards it serves.
    pub standards: &'static [Standard],
    /// What a profile may set.
    pub parameters: &'static [Parameter],
    /// The rule itself. Must be deterministic and must find nothing in a pod that it has mended.
    pub check: fn(&Pod<'_>, &mut Findings),
}

/// A standard's own name for what a rule checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standard {
    /// A Pod Security Standards check: its level and its id in `kubernetes/pod-security-admission`.
    Pss(Level, &'static str),
    /// CIS Kubernetes Benchmark, section.
    Cis(&'static str),
    /// NSA/CISA Kubernetes Hardening Guide, chapter.
    Nsa(&'static str),
    /// checkov check.
    Checkov(&'static str),
    /// Kubescape control.
    Kubescape(&'static str),
}

/// A level of the Pod Security Standards that checks anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Minimally restrictive: known privilege escalations are shut.
    Baseline,
    /// Current pod hardening practice.
    Restricted,
}

/// A parameter of a rule that a profile may set.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its key under `parameters`.
    pub name: &'static str,
    /// What it does, one sentence.
    pub help: &'static str,
    /// Its default, as JSON text.
    pub default: &'static str,
}
