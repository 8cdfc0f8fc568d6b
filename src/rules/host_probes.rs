//! # What it checks
//!
//! Since Kubernetes 1.34: no probe and no lifecycle hook names a host. `httpGet.host` and `tcpSocket.host` are absent or
//! empty in `livenessProbe`, `readinessProbe`, `startupProbe`, `lifecycle.postStart` and `lifecycle.preStop`. The address
//! 127.0.0.1 is refused too: it is the node's. Before 1.34 the rule finds nothing.
//!
//! # Why
//!
//! The kubelet makes these calls, from the node's network. A pod that chooses the host makes the node call whatever it
//! likes: other nodes, the cloud's metadata service, services that trust the node.
//!
//! # What it changes
//!
//! Sets `host: ""`, which means the pod's own address.
//!
//! # What can break
//!
//! A program that listens on 127.0.0.1 alone under `hostNetwork`, or a probe that really asks another machine, then
//! fails its probe: the change is `breaking`.
//!
//! # Example
//!
//! ```yaml
//! livenessProbe:
//!   httpGet:
//!     host: ""
//!     port: 8080
//! ```

use super::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::workload::{Field, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-probes",
    title: "a probe or lifecycle hook names a host",
    severity: Severity::Medium,
    matter: Matter::Network,
    mends: "sets `host: \"\"`",
    risks: &[Risk::Breaking],
    standards: &[
        Standard::Pss(Level::Baseline, "hostProbesAndHostLifecycle"),
        Standard::Nsa("Pod security enforcement"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// Everything of a container that the kubelet calls.
const HANDLERS: &[&str] =
    &["livenessProbe", "readinessProbe", "startupProbe", "lifecycle/postStart", "lifecycle/preStop"];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    if !pod.kubernetes().at_least(34) {
        return;
    }
    for container in pod.containers() {
        for handler in HANDLERS.iter().map(|path| container.field(path)).filter(Field::is_stated) {
            for path in ["httpGet/host", "tcpSocket/host"] {
                let field = handler.field(path);
                if let Some(host) = field.as_str().filter(|host| !host.is_empty()) {
                    found
                        .at(&field)
                        .because(format!("the kubelet would call {host} from the node's network on the pod's behalf"))
                        .set(&field, "", Risk::Breaking.because(format!("the manifest asks to call {host}")));
                }
            }
        }
    }
}
