//! Node agents: programs that by their nature need of their node what a rule forbids, as the image facts know them.
//!
//! A rule need not know of them: [`explain`] adds to what it found what the program is and what to do about it.

use super::common::image::node_role;
use super::{Finding, Risk};
use crate::workload::{Container, Pod};

/// A container whose program needs what a rule forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The container's name.
    pub container: String,
    /// What it is and why it needs its node: `fluent-bit is a log shipper: it reads ... [facts: fluent-bit]`.
    pub role: String,
}

/// The agents among the containers that a finding of `rule` is about: those of `container`, if it names one, else those of
/// `reached`, else all.
pub fn agents(pod: &Pod<'_>, rule: &str, container: Option<&str>, reached: Option<&[String]>) -> Vec<Agent> {
    if !pod.touches_node() {
        return Vec::new();
    }
    let concerned = |it: &&Container<'_>| match (container, reached) {
        (Some(name), _) => it.name() == name,
        (None, Some(names)) => names.iter().any(|name| name == it.name()),
        (None, None) => true,
    };
    let agent = |it: &Container<'_>| {
        let role = node_role(pod, &pod.image_of(it), rule)?;
        Some(Agent { container: it.name().to_owned(), role })
    };
    pod.containers().iter().filter(concerned).filter_map(agent).collect()
}

/// Let a finding say what the program is that it is about, where that is a node agent, and that it belongs in an
/// exception.
pub(crate) fn explain(pod: &Pod<'_>, rule: &str, finding: &mut Finding) {
    let found = agents(pod, rule, finding.subject.container.as_deref(), finding.reached.as_deref());
    let Some(agent) = found.into_iter().next() else { return };
    let why = agent.role.split_once(": ").map_or(agent.role.as_str(), |(_, why)| why);
    if let Some(decision) = finding.decision.as_mut().filter(|decision| !decision.contains(why)) {
        *decision = format!("{}; otherwise {decision}", agent.role);
    }
    let breaking = finding.proposals.iter_mut().find(|proposal| proposal.assessment.risk == Risk::Breaking);
    if let Some(proposal) = breaking {
        let evidence = &mut proposal.assessment.evidence;
        *evidence = format!("{evidence}, and {}; record an exception for it", agent.role).into();
    }
}
