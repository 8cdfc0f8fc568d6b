//! PersistentVolumeClaims: what is behind a volume.

use super::{Neighbours, Persistent};
use serde_json::Value;

/// A PersistentVolumeClaim.
#[derive(Debug)]
pub struct Claim<'n> {
    /// Its access modes, such as `ReadWriteOnce`.
    pub access_modes: Vec<&'n str>,
    /// What is behind it, where the run knows it.
    pub volume: Option<Persistent<'n>>,
}

impl Neighbours {
    /// The claim of this name.
    pub fn claim<'n>(&'n self, namespace: Option<&'n str>, name: &str) -> Option<Claim<'n>> {
        let claim = self.named("PersistentVolumeClaim", namespace, name).next()?;
        Some(Claim {
            access_modes: claim.list("/spec/accessModes").iter().filter_map(Value::as_str).collect(),
            volume: self.volume_of(claim),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use serde_json::json;

    #[test]
    fn a_claim_is_found_by_its_name() {
        let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"accessModes": ["ReadWriteMany"]}});
        let all = neighbours(&[claim]);
        assert_eq!(all.claim(None, "data").unwrap().access_modes, ["ReadWriteMany"]);
        assert!(all.claim(Some("shop"), "data").is_some() && all.claim(Some("other"), "data").is_none());
    }
}
