//! What a run deleted: it is made again, as the journal has it.

use super::Plan;
use crate::cluster::Live;
use crate::cluster::journal::{Entry, Kept, LAST_APPLIED, Path};
use serde_json::{Value, json};

/// What is to become of an object that the run deleted, and that is not there.
pub(super) fn plan(entry: &Entry) -> Plan {
    let live = Live { reference: entry.reference.clone(), value: Value::Null };
    match before(entry) {
        Some(object) => Plan { live, after: Some(object), left: Vec::new() },
        None => {
            let left = format!("{} stays deleted: the journal keeps no secrets, and it held one", entry.reference);
            Plan { after: Some(Value::Null), live, left: vec![left] }
        }
    }
}

/// The object without what only the server says; `None` where the journal hides a part of it.
fn before(entry: &Entry) -> Option<Value> {
    let mut object = json!({});
    for changed in &entry.changes {
        let Kept::Value(value) = changed.before.as_ref()? else { return None };
        changed.path.put(&mut object, value.clone(), changed.index);
    }
    // The run that made it finds it again by its mark.
    if let Some(mark) = &entry.mark {
        let path: Path = serde_json::from_value(json!(["metadata", "annotations", LAST_APPLIED])).unwrap_or_default();
        path.put(&mut object, mark.as_str().into(), None);
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::journal::{Fixture, Pen};

    fn planned(object: &Value, mark: Option<&str>) -> Plan {
        let mut entry = Fixture { before: object.clone(), after: Value::Null }.entry();
        (entry.pen, entry.mark) = (Pen::Delete, mark.map(str::to_owned));
        plan(&entry)
    }

    #[test]
    fn it_is_made_again_as_it_was() {
        let policy = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "web", "labels": {"a": "b"}},
            "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [
                {"from": [{"podSelector": {}}], "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}]},
                {"ports": [{"port": "http", "protocol": "TCP"}]}]}});
        let mut live = policy.clone();
        live["metadata"]["uid"] = "u".into();
        live["metadata"]["resourceVersion"] = "7".into();
        let plan = planned(&live, None);
        assert_eq!((plan.after, plan.left.len()), (Some(policy.clone()), 0));
        assert!(plan.live.value.is_null());
        let mut marked = policy;
        marked["metadata"]["annotations"] = json!({LAST_APPLIED: "r1"});
        assert_eq!(planned(&live, Some("r1")).after, Some(marked));
    }

    #[test]
    fn what_the_journal_hides_is_not_made_up() {
        let plan = planned(&json!({"kind": "Secret", "data": {"password": "UzNjdXJlITk5"}}), None);
        assert_eq!((plan.after, plan.left.len()), (Some(Value::Null), 1));
    }
}
