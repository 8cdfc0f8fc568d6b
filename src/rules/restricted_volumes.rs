//! # What it checks
//!
//! Every volume is of a type that asks nothing of the node: `configMap`, `csi`, `downwardAPI`, `emptyDir`, `ephemeral`,
//! `image`, `persistentVolumeClaim`, `projected` or `secret`. A volume that names no type is an `emptyDir` to the API
//! server and fine.
//!
//! # Why
//!
//! The other types reach the node's file system (`hostPath`), run code as root on it (`flexVolume`, `gitRepo`) or carry
//! the storage's address and credentials into the pod. A claim leaves that to whoever runs the cluster. The paths of a node weigh
//! as in `host-path-volumes`.
//!
//! # What it changes
//!
//! Nothing: the data is where it is, so a person has to choose. Network storage fits a PersistentVolume that a
//! `persistentVolumeClaim` claims; `gitRepo` becomes an init container that clones into an `emptyDir`.
//!
//! # What can break
//!
//! Nothing is changed. A volume that has to stay gets an exception with its reason.
//!
//! # Example
//!
//! ```yaml
//! volumes:
//!   - name: data
//!     persistentVolumeClaim:
//!       claimName: data
//! ```

use super::common::node_path;
use super::findings::or_except;
use super::{Check, Findings, Level, Matter, Rule, Severity, Stage, Standard};
use crate::workload::Pod;

/// The rule.
pub const RULE: Rule = Rule {
    id: "restricted-volumes",
    title: "a volume is of a type that reaches beyond the pod",
    severity: Severity::Medium,
    matter: Matter::Node,
    mends: "",
    risks: &[],
    standards: &[
        Standard::Pss(Level::Restricted, "restrictedVolumes"),
        Standard::Cis("5.2.11"),
        Standard::Nsa("Pod security enforcement"),
        Standard::Kubescape("C-0048"),
    ],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(check),
};

/// Table of the restricted level, `policy/check_restrictedVolumes.go` in `kubernetes/pod-security-admission`.
const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn check(pod: &Pod<'_>, found: &mut Findings) {
    for volume in pod.field("volumes").items() {
        let entries = volume.entries();
        let types: Vec<_> = entries.iter().filter(|(key, field)| *key != "name" && field.is_stated()).collect();
        // One allowed type is enough for the standard, and the API server refuses a second one anyway.
        if types.iter().any(|(key, _)| ALLOWED.contains(key)) {
            continue;
        }
        let Some((key, field)) = types.first() else { continue };
        if *key == "hostPath" {
            let judged = node_path::judge(pod, &volume, |_| "a hostPath volume reaches beyond the pod".to_owned());
            found
                .at(field)
                .because(judged.reason)
                .weighing(judged.severity.unwrap_or(RULE.severity))
                .decide(or_except(RULE.id, judged.way_out));
        } else {
            found
                .at(field)
                .because(format!("a {key} volume reaches beyond the pod"))
                .decide(or_except(RULE.id, way_out(key)));
        }
    }
}

/// What a person can do instead.
fn way_out(key: &str) -> &'static str {
    match key {
        "gitRepo" => "clone in an init container into an emptyDir",
        _ => "let a persistentVolumeClaim ask for this storage, and describe it in a PersistentVolume",
    }
}
