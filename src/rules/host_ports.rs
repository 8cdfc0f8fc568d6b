//! # What it checks
//!
//! No container takes a port of the node: `ports[*].hostPort` is absent or 0. Under `hostNetwork: true` the API server
//! gives every container port a host port of the same number, so that each of them counts.
//!
//! # Why
//!
//! A host port is reachable past every Service and mostly past NetworkPolicies, and only one pod on a node can have it.
//!
//! # What it changes
//!
//! Sets `hostPort: 0`, which the API server takes as absent. Under `hostNetwork: true` it changes nothing, because the
//! API server would write the port again: settle `host-namespaces` first.
//!
//! # What can break
//!
//! Whoever calls the node's address instead of a Service: the change is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! ports:
//!   - containerPort: 8080
//!     hostPort: 0
//! ```

use super::findings::or_except;
use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Container, Field, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-ports",
    title: "a container takes a port of the node",
    severity: Severity::Medium,
    matter: Matter::Node,
    mends: "sets `hostPort: 0`",
    risks: &[Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "hostPorts"),
        Standard::Cis("5.2.12"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Checkov("CKV_K8S_26"),
        Standard::Kubescape("C-0044"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    let ports = || pod.containers().iter().flat_map(ports_of);
    let network = pod.field("hostNetwork");
    if network.as_bool() == Some(true) {
        // The API server writes `hostPort` on each of them when it makes the pod; none can be mended alone.
        let numbers: Vec<_> =
            ports().filter_map(|port| port.field("containerPort").as_i64()).map(|n| n.to_string()).collect();
        if !numbers.is_empty() {
            found
                .at(&network)
                .because(format!("`hostNetwork` makes every container port one of the node's: {}", numbers.join(", ")))
                .decide(or_except(
                    RULE.id,
                    "settle `host-namespaces` first: without `hostNetwork` the ports are the pod's own",
                ));
        }
        return;
    }
    for port in ports() {
        let field = port.field("hostPort");
        if let Some(number) = field.as_i64().filter(|number| *number != 0) {
            found
                .at(&field)
                .because(format!("port {number} of the node is open past Services and NetworkPolicies"))
                .set(&field, 0, Risk::Breaking.because(format!("the manifest asks for `hostPort: {number}`")));
        }
    }
}

fn ports_of<'a>(container: &Container<'a>) -> Vec<Field<'a>> {
    container.field("ports").items()
}
