//! Which volumes of a pod the kubelet does not give to its group (`fsGroup`), as far as the run tells.
//!
//! Sources: the kubelet's volume plugins (`pkg/volume`: hostPath and shares of the network change no owners, `local` does so
//! only while no other pod has the volume; seen on a kubelet 1.37), and `spec.fsGroupPolicy` of CSIDriver.

use super::{Claim, GroupPolicy, Persistent, Pod};
use serde_json::Value;

/// Types of volumes that are shares of the network.
const SHARES: [&str; 3] = ["nfs", "cephfs", "glusterfs"];

/// A volume that the group of a pod may not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ungrouped {
    /// Why not.
    pub why: String,
    /// Whether it is in use already, so that the program has written there as the user that it runs as now.
    pub in_use: bool,
    /// Whether that is sure: a group need not be stated for it.
    pub never: bool,
}

/// What the kubelet does with a PersistentVolume.
enum Group {
    /// It gets the group.
    Given,
    /// It does not, for this reason.
    Refused(String),
    /// It does not or not now, for this reason; a driver may give it the group by itself.
    Doubtful(String),
    /// Nobody knows.
    Unknown,
}

impl Ungrouped {
    fn of(name: &str, volume: &Persistent<'_>, why: &str, never: bool) -> Self {
        let why = format!("the claim behind {name} has PersistentVolume {}, {why}", volume.name());
        Self { why, in_use: volume.is_bound(), never }
    }
}

impl<'a> Pod<'a> {
    /// Why a volume may not be given to the pod's group; `None` where nothing speaks against it.
    pub fn ungrouped(&self, name: &str) -> Option<Ungrouped> {
        let unused = |why: String, never| Some(Ungrouped { why, in_use: false, never });
        if self.volume(name).is_some_and(|volume| SHARES.iter().any(|kind| volume.is(kind))) {
            return unused(format!("{name} is a share of the network, which the kubelet gives no group"), true);
        }
        if let Some(volume) = self.claim_behind(name).and_then(|claim| claim.volume) {
            match self.group_of(name, &volume) {
                Group::Given => return None,
                Group::Unknown => {}
                Group::Refused(why) => return Some(Ungrouped::of(name, &volume, &why, true)),
                Group::Doubtful(why) => return Some(Ungrouped::of(name, &volume, &why, false)),
            }
        }
        let modes = self.access_modes(name);
        if !modes.is_empty() && modes.iter().all(|mode| *mode == "ReadWriteMany") {
            return unused(
                format!("the claim behind {name} is ReadWriteMany, and many drivers give such a share no group"),
                false,
            );
        }
        None
    }

    fn group_of(&self, name: &str, volume: &Persistent<'_>) -> Group {
        if volume.is("hostPath") {
            return Group::Refused("a path of its node (hostPath), which the kubelet gives no group".to_owned());
        }
        if SHARES.iter().any(|kind| volume.is(kind)) {
            return Group::Refused("a share of the network, which the kubelet gives no group".to_owned());
        }
        // With a group stated before, the volume has it already.
        if volume.is("local") && volume.is_bound() && !self.field("securityContext/fsGroup").is_stated() {
            return match self.overlaps_on(name) {
                true => Group::Doubtful(
                    "a path of its node (local), which gets a group only while no other pod has it: the new pods start \
                     beside the old ones"
                        .to_owned(),
                ),
                false => Group::Given,
            };
        }
        let Some(driver) = volume.driver() else { return Group::Unknown };
        let policy = self.around().and_then(|around| around.neighbours.group_policy(driver));
        match policy {
            None => Group::Unknown,
            Some(GroupPolicy::Always) => Group::Given,
            Some(GroupPolicy::WithFileSystem) if volume.is_of_one_node_with_type() => Group::Given,
            Some(GroupPolicy::WithFileSystem) => Group::Doubtful(format!(
                "to which {driver} gives a group only where one node mounts it and its file system has a type \
                 (fsGroupPolicy ReadWriteOnceWithFSType)"
            )),
            Some(GroupPolicy::Never) => {
                Group::Doubtful(format!("to which {driver} gives no group (fsGroupPolicy None)"))
            }
        }
    }

    /// Whether other pods of the workload still have a volume when a new one gets it.
    fn overlaps_on(&self, name: &str) -> bool {
        let Some((object, kind)) = self.object().zip(self.kind()) else { return false };
        let at = |pointer: &str| object.pointer(pointer);
        let several = at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1) > 1;
        match kind {
            "Deployment" if at("/spec/strategy/type").and_then(Value::as_str) == Some("Recreate") => false,
            "Deployment" => {
                let surge = at("/spec/strategy/rollingUpdate/maxSurge");
                several || !surge.is_some_and(|surge| *surge == 0 || *surge == "0" || *surge == "0%")
            }
            // Each pod of a StatefulSet has claims of its own, but for those that the pod template names.
            "StatefulSet" | "ReplicaSet" | "ReplicationController" => several && self.volume(name).is_some(),
            _ => false,
        }
    }

    fn kind(&self) -> Option<&'a str> {
        Some(self.around()?.identity?.kind.as_str())
    }

    /// The claim behind a volume, if the run has it: of a StatefulSet's own claims that of its first pod.
    fn claim_behind(&self, name: &str) -> Option<Claim<'a>> {
        if let Some(volume) = self.volume(name) {
            return self.claim(volume.field.field("persistentVolumeClaim/claimName").as_str()?);
        }
        self.claim_templates().iter().find(|(template, _)| *template == name)?;
        let around = self.around()?;
        let first = self.object()?.pointer("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
        let claim = format!("{name}-{}-{first}", around.identity?.name);
        around.neighbours.claim(around.namespace(), &claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Images;
    use crate::resources::Recommendations;
    use crate::workload::{Identity, Minor, Neighbours, NetworkNeeds, Surroundings};
    use serde_json::json;

    /// What is said of the volume `data` of a workload, whose claim has this PersistentVolume beside this CSIDriver.
    fn said(workload: &Value, volume: Value, driver: Value) -> Option<Ungrouped> {
        let mut neighbours = Neighbours::default();
        let named = |name: &str, fields: Value| {
            let mut value = json!({"metadata": {"name": name}});
            value.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            value
        };
        let claim = |name: &str| named(name, json!({"spec": {"volumeName": "disk"}}));
        for (api_version, kind, value) in [
            ("v1", "PersistentVolumeClaim", claim("data")),
            ("v1", "PersistentVolumeClaim", claim("data-web-2")),
            ("v1", "PersistentVolume", named("disk", volume)),
            ("storage.k8s.io/v1", "CSIDriver", named("disks.example", json!({"spec": driver}))),
        ] {
            neighbours.add_outside(Identity::of(api_version.into(), kind.into(), &value), &value);
        }
        let kind = workload["kind"].as_str().unwrap().to_owned();
        let identity = Identity::of("apps/v1".into(), kind, workload);
        let (images, recommendations) = (Images::default(), Recommendations::default());
        let around = Surroundings {
            kubernetes: Minor::NEWEST,
            identity: Some(&identity),
            object: None,
            images: &images,
            neighbours: &neighbours,
            recommendations: &recommendations,
            network: &NetworkNeeds::default(),
        };
        let template = &workload["spec"]["template"];
        Pod::new(template, "/spec/template", Minor::NEWEST).among(&around, workload).ungrouped("data")
    }

    fn workload(kind: &str, more: Value) -> Value {
        let volumes = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
        let mut spec = json!({"template": {"spec": {"volumes": volumes}}});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"kind": kind, "metadata": {"name": "web"}, "spec": spec})
    }

    #[test]
    fn a_local_volume_keeps_its_group_where_the_pods_overlap() {
        let local = || json!({"spec": {"local": {"path": "/a"}}, "status": {"phase": "Bound"}});
        let is_kept = |kind: &str, more: Value| {
            let said = said(&workload(kind, more), local(), json!({}));
            said.inspect(|it| assert!(it.in_use && !it.never && it.why.contains("PersistentVolume disk"), "{it:?}"))
                .is_some()
        };
        let surge = |surge: Value| json!({"strategy": {"rollingUpdate": {"maxSurge": surge}}});
        assert!(is_kept("Deployment", json!({})) && is_kept("Deployment", surge(json!("25%"))));
        assert!(
            !is_kept("Deployment", surge(json!(0)))
                && !is_kept("Deployment", json!({"strategy": {"type": "Recreate"}}))
        );
        assert!(is_kept("Deployment", json!({"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 0}}})));
        assert!(is_kept("StatefulSet", json!({"replicas": 2})) && !is_kept("StatefulSet", json!({"replicas": 1})));
        assert!(!is_kept("DaemonSet", json!({})) && !is_kept("CronJob", json!({})));
        let fresh = json!({"spec": {"local": {"path": "/a"}}, "status": {"phase": "Available"}});
        assert_eq!(said(&workload("Deployment", json!({})), fresh, json!({})), None);
        let mut grouped = workload("Deployment", json!({}));
        grouped["spec"]["template"]["spec"]["securityContext"] = json!({"fsGroup": 1000});
        assert_eq!(said(&grouped, local(), json!({})), None, "it has a group already");
    }

    #[test]
    fn the_claims_of_a_stateful_set_are_known_by_the_first_pod() {
        let own = json!({"replicas": 3, "ordinals": {"start": 2}, "template": {"spec": {}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}]});
        let of = |volume: Value| said(&workload("StatefulSet", own.clone()), json!({"spec": volume}), json!({}));
        let host = of(json!({"hostPath": {"path": "/a"}})).unwrap();
        assert!(host.why.contains("hostPath") && host.never);
        assert!(of(json!({"nfs": {"path": "/a", "server": "nas"}})).is_some());
        assert_eq!(of(json!({"fc": {}})), None, "nobody knows");
    }

    #[test]
    fn a_driver_says_what_gets_a_group() {
        let why = |csi: Value, modes: Value, policy: Value| {
            let mut csi = csi;
            csi["driver"] = json!("disks.example");
            let volume = json!({"spec": {"csi": csi, "accessModes": modes}});
            said(&workload("Deployment", json!({})), volume, json!({"fsGroupPolicy": policy})).map(|it| it.why)
        };
        let (disk, one, many) =
            (|| json!({"fsType": "ext4"}), || json!(["ReadWriteOnce"]), || json!(["ReadWriteMany"]));
        assert_eq!(why(disk(), one(), json!(null)), None);
        assert!(why(disk(), many(), json!(null)).unwrap().contains("ReadWriteOnceWithFSType"));
        assert!(why(json!({}), one(), json!(null)).is_some(), "it has no type");
        assert!(why(disk(), one(), json!("None")).unwrap().contains("disks.example gives no group"));
        assert_eq!(why(json!({}), many(), json!("File")), None);
    }
}
