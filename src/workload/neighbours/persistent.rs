//! PersistentVolumes: what is behind a claim.

use super::{Neighbour, Neighbours};
use serde_json::Value;
use std::collections::HashMap;

/// PersistentVolumes by the claim that they are for: its namespace and name, and the place of the volume among its kind.
type ByClaim = HashMap<(String, String), usize>;

/// A PersistentVolume.
#[derive(Debug, Clone, Copy)]
pub struct Persistent<'n> {
    volume: &'n Neighbour,
}

/// What its driver lets the kubelet do with the group of a pod (`CSIDriver`, `spec.fsGroupPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupPolicy {
    /// `None`: nothing.
    Never,
    /// `File`: give it every volume.
    Always,
    /// `ReadWriteOnceWithFSType`, the default: those with a file system type that one node mounts.
    WithFileSystem,
}

impl<'n> Persistent<'n> {
    /// Its name.
    pub fn name(&self) -> &'n str {
        &self.volume.identity.name
    }

    /// Whether it is of this type, such as `hostPath` or `csi`.
    pub fn is(&self, kind: &str) -> bool {
        self.volume.at(&format!("/spec/{kind}")).is_some()
    }

    /// Whether its claim has it already.
    pub fn is_bound(&self) -> bool {
        self.volume.text("/status/phase") == Some("Bound")
    }

    /// The name of its CSI driver.
    pub fn driver(&self) -> Option<&'n str> {
        self.volume.text("/spec/csi/driver")
    }

    /// Whether it has a file system type, and one node mounts it: what the default policy of a driver asks for.
    pub fn is_of_one_node_with_type(&self) -> bool {
        let single = |mode: &Value| matches!(mode.as_str(), Some("ReadWriteOnce" | "ReadWriteOncePod"));
        let typed = self.volume.text("/spec/csi/fsType").is_some_and(|kind| !kind.is_empty());
        typed && self.volume.list("/spec/accessModes").iter().any(single)
    }
}

impl Neighbours {
    /// The PersistentVolume of a claim, if the run has it: the one that the claim names, else the one that names the claim.
    pub(super) fn volume_of<'n>(&'n self, claim: &'n Neighbour) -> Option<Persistent<'n>> {
        let volume = match claim.text("/spec/volumeName").filter(|name| !name.is_empty()) {
            Some(name) => self.named("PersistentVolume", None, name).next(),
            None => {
                let by_claim = self.remember("volumes-by-claim", None, || self.by_claim());
                let namespace = claim.identity.namespace.clone().unwrap_or_default();
                let at = by_claim.get(&(namespace, claim.identity.name.clone()));
                at.and_then(|at| self.of_kind("PersistentVolume").get(*at))
            }
        };
        volume.map(|volume| Persistent { volume })
    }

    fn by_claim(&self) -> ByClaim {
        let of_one = |(at, volume): (usize, &Neighbour)| {
            let part = |part: &str| volume.text(&format!("/spec/claimRef/{part}")).map(str::to_owned);
            Some(((part("namespace").unwrap_or_default(), part("name")?), at))
        };
        self.of_kind("PersistentVolume").iter().enumerate().filter_map(of_one).collect()
    }

    /// What a CSI driver says of groups; `None` where the run does not have it.
    pub fn group_policy(&self, driver: &str) -> Option<GroupPolicy> {
        let driver = self.named("CSIDriver", None, driver).next()?;
        Some(match driver.text("/spec/fsGroupPolicy") {
            Some("None") => GroupPolicy::Never,
            Some("File") => GroupPolicy::Always,
            _ => GroupPolicy::WithFileSystem,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_volume_is_found_from_either_side() {
        let claim = |name: &str, volume: Value| {
            json!({"kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "shop"},
                "spec": {"volumeName": volume}})
        };
        let volume = |name: &str, for_claim: Value| {
            json!({"kind": "PersistentVolume", "metadata": {"name": name}, "spec": {"hostPath": {"path": "/a"},
                "claimRef": for_claim}, "status": {"phase": "Bound"}})
        };
        let all = neighbours(&[
            claim("data", json!("pv-1")),
            claim("logs", json!(null)),
            claim("none", json!(null)),
            volume("pv-1", json!(null)),
            volume("pv-2", json!({"namespace": "shop", "name": "logs"})),
            volume("pv-3", json!({"namespace": "other", "name": "none"})),
        ]);
        let of = |name: &str| all.claim(Some("shop"), name).unwrap().volume;
        assert_eq!(of("data").unwrap().name(), "pv-1");
        let logs = of("logs").unwrap();
        assert_eq!(logs.name(), "pv-2");
        assert!(logs.is("hostPath") && !logs.is("csi") && logs.is_bound());
        assert!(of("none").is_none());
    }

    #[test]
    fn a_driver_that_says_nothing_asks_for_a_type_and_one_node() {
        let driver = |name: &str, policy: Value| {
            json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name},
                "spec": {"fsGroupPolicy": policy}})
        };
        let all = neighbours(&[driver("a", json!("None")), driver("b", json!("File")), driver("c", json!(null))]);
        let policies = ["a", "b", "c", "d"].map(|name| all.group_policy(name));
        use GroupPolicy::{Always, Never, WithFileSystem};
        assert_eq!(policies, [Some(Never), Some(Always), Some(WithFileSystem), None]);
    }
}
