//! # What it checks
//!
//! No volume mounts a path of the node: `volumes[*].hostPath` is absent.
//!
//! # Why
//!
//! A path of the node survives the pod and is shared with everything else on it. The socket of a container runtime, and write
//! access to `/etc`, the kubelet's directory and their like, are the node itself: they are found as `critical`. What everybody may
//! know, such as `/etc/localtime`, is found as `low` where it is mounted read-only.
//!
//! # What it changes
//!
//! Nothing: no other volume holds what the node's path holds, so a person has to choose. Data that belongs to the program
//! fits a `persistentVolumeClaim`, scratch space an `emptyDir`, a configuration file a `configMap`, the time zone the
//! variable `TZ`.
//!
//! # What can break
//!
//! Nothing is changed. Node agents that truly need the path get an exception with its reason.
//!
//! # Example
//!
//! ```yaml
//! volumes:
//!   - name: cache
//!     emptyDir: {}
//! ```

use super::common::node_path;
use super::findings::or_except;
use super::{Check, Findings, Level, Matter, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "host-path-volumes",
    title: "a volume is a path of the node",
    severity: Severity::High,
    matter: Matter::Node,
    mends: "",
    risks: &[],
    standards: &[
        Standard::Pss(Level::Baseline, "hostPathVolumes"),
        Standard::Cis("5.2.11"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Kubescape("C-0048"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for volume in pod.field("volumes").items() {
        let host_path = volume.field("hostPath");
        if !host_path.is_stated() {
            continue;
        }
        let judged = node_path::judge(pod, &volume, |path| {
            format!("it mounts {path} of the node, which outlives the pod and is shared with others")
        });
        found
            .at(&host_path)
            .because(judged.reason)
            .weighing(judged.severity.unwrap_or(RULE.severity))
            .decide(or_except(RULE.id, judged.way_out));
    }
}
