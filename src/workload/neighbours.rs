//! What a workload has around it: the objects of the same run that say something about its pods.
//!
//! Their values are read once and kept only as far as a rule asks for them.

use super::{Identity, Object};
use serde_json::Value;
use std::collections::BTreeMap;

/// The kinds that are read for what they say about workloads, core group.
pub(super) const KINDS: [&str; 2] = ["Service", "PersistentVolumeClaim"];

/// All neighbours of a run.
#[derive(Debug, Default)]
pub struct Neighbours {
    services: Vec<Service>,
    claims: Vec<Claim>,
}

/// A Service, as far as it says something about the pods behind it.
#[derive(Debug)]
pub struct Service {
    /// Who it is.
    pub identity: Identity,
    selector: BTreeMap<String, String>,
    /// The numbers among its target ports (the port itself where none is stated).
    pub target_ports: Vec<u16>,
}

/// A PersistentVolumeClaim.
#[derive(Debug)]
pub struct Claim {
    /// Who it is.
    pub identity: Identity,
    /// Its access modes, such as `ReadWriteOnce`.
    pub access_modes: Vec<String>,
}

impl Neighbours {
    /// Whether an object of this group and kind says something about workloads.
    pub(super) fn wants(group: &str, kind: &str) -> bool {
        group.is_empty() && KINDS.contains(&kind)
    }

    /// Take what an object says.
    pub(super) fn add(&mut self, object: &Object, value: &Value) {
        let identity = object.identity.clone();
        match &*identity.kind {
            "Service" => self.services.extend(service(identity, value)),
            "PersistentVolumeClaim" => {
                self.claims.push(Claim { identity, access_modes: texts(value.pointer("/spec/accessModes")) });
            }
            _ => {}
        }
    }

    /// Add those of another part of the run.
    pub(super) fn extend(&mut self, other: Self) {
        self.services.extend(other.services);
        self.claims.extend(other.claims);
    }

    /// The Services that send traffic to pods with these labels in this namespace.
    pub fn services_of<'n>(
        &'n self,
        namespace: Option<&'n str>,
        labels: &'n Value,
    ) -> impl Iterator<Item = &'n Service> {
        self.services.iter().filter(move |service| {
            same_namespace(service.identity.namespace.as_deref(), namespace)
                && service.selector.iter().all(|(key, value)| labels.get(key).and_then(Value::as_str) == Some(value))
        })
    }

    /// The claim of this name.
    pub fn claim(&self, namespace: Option<&str>, name: &str) -> Option<&Claim> {
        let named = |claim: &&Claim| {
            claim.identity.name == name && same_namespace(claim.identity.namespace.as_deref(), namespace)
        };
        self.claims.iter().find(named)
    }
}

/// Whether two manifests mean the same namespace; one that states none is applied where its neighbour is.
fn same_namespace(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}

fn service(identity: Identity, value: &Value) -> Option<Service> {
    let selector = value.pointer("/spec/selector")?.as_object().filter(|selector| !selector.is_empty())?;
    let selector = selector.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let ports = value.pointer("/spec/ports").and_then(Value::as_array);
    let target = |port: &Value| {
        let stated = port.get("targetPort").filter(|target| !target.is_null()).or_else(|| port.get("port"))?;
        u16::try_from(stated.as_u64()?).ok()
    };
    Some(Service { identity, selector, target_ports: ports.into_iter().flatten().filter_map(target).collect() })
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn neighbours(values: &[Value]) -> Neighbours {
        let mut neighbours = Neighbours::default();
        for value in values {
            let identity = Identity::of("v1".into(), value["kind"].as_str().unwrap().into(), value);
            let object = Object {
                manifest: 0,
                document: 0,
                base: String::new(),
                identity,
                templates: Vec::new(),
                pod_security_context: true,
            };
            neighbours.add(&object, value);
        }
        neighbours
    }

    #[test]
    fn a_service_is_found_by_the_labels_that_it_selects() {
        let service = |namespace: Value, selector: Value| {
            json!({"kind": "Service", "metadata": {"name": "s", "namespace": namespace}, "spec": {"selector": selector,
                "ports": [{"port": 443, "targetPort": 80}, {"port": 81}, {"port": 82, "targetPort": "http"}]}})
        };
        let all = neighbours(&[
            service(json!(null), json!({"app": "web"})),
            service(json!("shop"), json!({"app": "web", "tier": "front"})),
            service(json!("other"), json!({"app": "web"})),
            service(json!(null), json!({})),
        ]);
        let labels = json!({"app": "web", "tier": "front"});
        let found: Vec<_> = all.services_of(Some("shop"), &labels).map(|it| it.identity.to_string()).collect();
        assert_eq!(found, ["Service s", "Service shop/s"]);
        assert_eq!(all.services_of(None, &json!({})).count(), 0);
        assert_eq!(all.services[0].target_ports, [80, 81]);
    }

    #[test]
    fn a_claim_is_found_by_its_name() {
        let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop"},
            "spec": {"accessModes": ["ReadWriteMany"]}});
        let all = neighbours(&[claim]);
        assert_eq!(all.claim(None, "data").unwrap().access_modes, ["ReadWriteMany"]);
        assert!(all.claim(Some("shop"), "data").is_some() && all.claim(Some("other"), "data").is_none());
    }
}
