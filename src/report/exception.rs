//! The exception that a node agent needs, as an entry to paste into a profile.

use super::{Run, shown};
use crate::plan::{Outcome, Planned};
use crate::rules::agents;
use crate::workload::Pod;

/// An entry under `exceptions` of a profile, for one workload that cannot do without its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProposedException<'r> {
    /// What the program is and why it needs its node.
    pub role: String,
    /// The rules that it cannot follow, sorted.
    pub rules: Vec<&'static str>,
    /// The namespace that the manifest states.
    pub namespace: Option<&'r str>,
    /// The kind.
    pub kind: &'r str,
    /// The name.
    pub name: &'r str,
    /// The containers that need it; empty where all of them do.
    pub containers: Vec<String>,
}

impl<'r> Run<'r> {
    /// The exception that would let a workload be, if it is a node agent with findings that nothing mends or excuses.
    pub(super) fn exception_for(&self, planned: &Planned) -> Option<ProposedException<'r>> {
        let left = |outcome: &Outcome| matches!(outcome, Outcome::LeftOut(_) | Outcome::Undecided);
        if !planned.findings.iter().any(|finding| left(&finding.outcome)) {
            return None;
        }
        let identity = &self.world.objects[planned.object].identity;
        // A glob in a name, or no name at all, would select something else.
        let stated = [Some(identity.kind.as_str()), Some(identity.name.as_str()), identity.namespace.as_deref()];
        if !stated.into_iter().flatten().all(is_name) {
            return None;
        }
        let (mut roles, mut rules, mut containers) = (Vec::new(), Vec::new(), Vec::new());
        let all = self.with_pods(planned, |pods| {
            for pod in pods {
                for finding in planned.findings.iter().filter(|finding| left(&finding.outcome)) {
                    for agent in about(pod, finding) {
                        rules.push(finding.rule.id);
                        roles.push(agent.role);
                        containers.push(agent.container);
                    }
                }
            }
            let mut names = pods.iter().flat_map(Pod::containers).map(|container| container.name());
            names.all(|name| containers.iter().any(|agent| agent == name))
        })?;
        let role = roles.into_iter().next()?;
        containers.sort_unstable();
        containers.dedup();
        rules.sort_unstable();
        rules.dedup();
        let nameable = !all && containers.iter().all(|name| is_name(name));
        Some(ProposedException {
            role,
            rules,
            namespace: identity.namespace.as_deref(),
            kind: &identity.kind,
            name: &identity.name,
            containers: if nameable { containers } else { Vec::new() },
        })
    }

    /// Look at the pods of a workload as they are; nothing where its value cannot be read.
    pub(super) fn with_pods<T>(&self, planned: &Planned, look: impl FnOnce(&[Pod<'_>]) -> T) -> Option<T> {
        let object = &self.world.objects[planned.object];
        let value = object.value(self.files[object.manifest].stream).ok()?;
        let around = self.world.around(object, self.profile.kubernetes);
        let pods: Vec<Pod<'_>> = object.pods(&value, &around).collect();
        Some(look(&pods))
    }
}

/// The node agents of a pod that a finding is about.
pub(super) fn about(pod: &Pod<'_>, finding: &crate::plan::PlannedFinding) -> Vec<crate::rules::Agent> {
    let subject = &finding.subject;
    if !subject.pointer.starts_with(pod.pointer()) {
        return Vec::new();
    }
    agents(pod, finding.rule.id, subject.container.as_deref(), None)
}

impl ProposedException<'_> {
    /// As YAML to stand under `exceptions:`, one line an item.
    pub(super) fn lines(&self) -> Vec<String> {
        let namespace = self.namespace.map(|namespace| format!("namespaces: [{}], ", quoted(namespace)));
        let mut lines = vec![
            format!("- rules: [{}]", self.rules.join(", ")),
            format!(
                "  match: {{ {}kinds: [{}], names: [{}] }}",
                namespace.unwrap_or_default(),
                quoted(self.kind),
                quoted(self.name)
            ),
        ];
        if !self.containers.is_empty() {
            let names: Vec<String> = self.containers.iter().map(|name| quoted(name)).collect();
            lines.push(format!("  containers: [{}]", names.join(", ")));
        }
        lines.push(format!("  reason: {}", quoted(&self.reason())));
        lines.into_iter().map(|line| shown(&line).into_owned()).collect()
    }

    /// The reason, without where it is known from.
    pub(super) fn reason(&self) -> String {
        self.role.split(" [").next().unwrap_or_default().to_owned()
    }
}

/// Whether a text may be a Kubernetes name or kind.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}

/// A text as YAML reads it back as a string.
fn quoted(text: &str) -> String {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_name(text)
        && !words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
