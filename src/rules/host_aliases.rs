//! # What it checks
//!
//! The pod writes no names of its own into `/etc/hosts`: `spec.hostAliases` is absent or empty.
//!
//! # Why
//!
//! An entry there comes before DNS: it sends what the program says to a name to an address that nobody else sees and that
//! stays when the service behind it moves. On a public name it is how traffic is redirected, or a wall for egress by name is
//! passed.
//!
//! # What it changes
//!
//! Nothing: only whoever wrote the entry knows what it stands in for. A name of the cluster fits a Service without a selector
//! or an `ExternalName`, one beyond it the DNS of the cluster.
//!
//! # What can break
//!
//! Nothing is changed. Entries that are meant get an exception with its reason.
//!
//! # Example
//!
//! ```yaml
//! apiVersion: v1
//! kind: Service
//! metadata:
//!   name: db
//! spec:
//!   type: ExternalName
//!   externalName: db.example.com
//! ```

use super::findings::or_except;
use super::{Check, Findings, Matter, Rule, Severity, Stage, Standard};
use crate::workload::{Field, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-aliases",
    title: "the pod resolves names by entries of its own",
    severity: Severity::Low,
    matter: Matter::Network,
    mends: "",
    risks: &[],
    standards: &[Standard::Other("Trivy", "KSV-0007")],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for alias in pod.field("hostAliases").items() {
        let names: Vec<_> = alias.field("hostnames").items().iter().filter_map(Field::as_str).collect();
        // Names for the pod itself send nothing anywhere.
        let ip = alias.field("ip").as_str().unwrap_or_default();
        if names.is_empty() || ip.starts_with("127.") || ip == "::1" {
            continue;
        }
        found
            .at(&alias)
            .because(format!("{} is {ip} for this pod, whatever DNS says", names.join(", ")))
            .decide(or_except(RULE.id, "let DNS or a Service say where the name leads"));
    }
}
