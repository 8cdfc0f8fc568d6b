//! Which kinds say something about traffic, and under which group each is known.

use crate::workload::{Identity, KindTable};
use serde::Deserialize;
use std::sync::OnceLock;

/// What is known of some kinds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrafficKind {
    group: String,
    kinds: Vec<String>,
    #[serde(default)]
    scope: Scope,
    /// Whether they tell what workloads need, and nothing of what policies allow.
    #[serde(default)]
    pub needs: bool,
    /// The label selector of those objects of a cluster that matter; empty for all.
    #[serde(default)]
    pub labels: String,
    /// The field selector of those, likewise.
    #[serde(default)]
    pub fields: String,
    /// The field selector of those that set up the network itself, which are asked for where the needs of workloads do not matter.
    pub settings: Option<String>,
}

/// Whether objects of a kind have a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    #[default]
    Namespace,
    Cluster,
}

fn rows() -> &'static [TrafficKind] {
    static ROWS: OnceLock<Vec<TrafficKind>> = OnceLock::new();
    // The file is part of the program; a test proves that it reads.
    ROWS.get_or_init(|| serde_yaml::from_str(include_str!("kinds.yaml")).unwrap_or_default())
}

/// What is known of a kind; `None` where it says nothing about traffic, as of workloads.
pub fn traffic_kind(group: &str, kind: &str) -> Option<&'static TrafficKind> {
    let group = group_known(group, kind);
    rows().iter().find(|row| row.group == group && row.kinds.iter().any(|known| known == kind))
}

fn scope_of(group: &str, kind: &str) -> Option<Scope> {
    traffic_kind(group, kind).map(|row| row.scope)
}

/// The group that a kind has today: one object may be served under several of them.
pub(super) fn group_known<'g>(group: &'g str, kind: &str) -> &'g str {
    match (group, kind) {
        ("extensions", "Ingress" | "NetworkPolicy") => "networking.k8s.io",
        ("extensions", "Deployment" | "ReplicaSet" | "DaemonSet") => "apps",
        ("extensions", "Job") => "batch",
        ("", "Route") => "route.openshift.io",
        ("", "DeploymentConfig") => "apps.openshift.io",
        ("traefik.containo.us", _) => "traefik.io",
        ("crd.projectcalico.org", _) => "projectcalico.org",
        ("authorization.openshift.io", _) => "rbac.authorization.k8s.io",
        (group, _) => group,
    }
}

/// Whether objects of this `apiVersion` and kind say something about traffic, workloads aside.
pub fn wants(api_version: &str, kind: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    scope_of(group, kind).is_some()
}

/// Whether an object has no namespace, whatever it states.
pub(super) fn is_of_cluster(identity: &Identity) -> bool {
    scope_of(identity.group(), &identity.kind) == Some(Scope::Cluster)
}

/// Whether an object is of use here.
pub(super) fn matters(identity: &Identity, workloads: &KindTable) -> bool {
    scope_of(identity.group(), &identity.kind).is_some() || workloads.knows(identity.group(), &identity.kind)
}

/// Whether objects of a workload kind run pods: a mere template is used by others, if at all.
pub(super) fn runs_pods(kind: &str) -> bool {
    kind != "PodTemplate" && !kind.starts_with("Cluster")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_kinds_are_known_under_all_their_groups() {
        let rows: Vec<TrafficKind> = serde_yaml::from_str(include_str!("kinds.yaml")).unwrap();
        assert!(rows.len() > 15);
        for (api_version, kind) in [
            ("v1", "Service"),
            ("extensions/v1beta1", "Ingress"),
            ("networking.k8s.io/v1", "NetworkPolicy"),
            ("v1", "Route"),
            ("traefik.containo.us/v1alpha1", "IngressRoute"),
        ] {
            assert!(wants(api_version, kind), "{api_version} {kind}");
        }
        assert!(!wants("serving.knative.dev/v1", "Service") && !wants("v1", "Node"));
    }
}
