//! Which object goes first: the one that can do least harm.

use crate::cluster::Target;
use crate::rules::Risk;

/// Where an object stands in the order of a run; the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    kind: u8,
    risk: Risk,
}

/// The rank of an object: what pods count on, then workloads without state of their own, then what stands once on every
/// node, then what keeps data; among equals by the riskiest change.
pub fn rank(target: &Target) -> Rank {
    let claims = |template: &String| {
        let volumes = target.after.pointer(&format!("{template}/spec/volumes")).and_then(|volumes| volumes.as_array());
        volumes.is_some_and(|volumes| volumes.iter().any(|volume| volume.get("persistentVolumeClaim").is_some()))
    };
    let kind = match target.live.reference.resource.kind.as_str() {
        _ if target.templates.is_empty() => 0,
        "StatefulSet" => 4,
        "DaemonSet" => 3,
        _ if target.templates.iter().any(claims) => 2,
        _ => 1,
    };
    let risk = target.reasons.iter().map(|reason| reason.risk).max().unwrap_or(Risk::Safe);
    Rank { kind, risk }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Live, Reason, Resource};
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn of(kind: &str, risk: Risk, volume: Value) -> Rank {
        let resource = Arc::new(Resource::builtin("apps", "v1", kind, "things", true));
        let templates = if kind == "ServiceAccount" { vec![] } else { vec!["/spec/template".to_owned()] };
        let after = json!({"spec": {"template": {"spec": {"volumes": [volume]}}}});
        let reasons = vec![Reason { pointer: "/spec".to_owned(), rule: "x", risk }];
        rank(&Target { live: Live::new(&resource, json!({})), after, templates, reasons })
    }

    #[test]
    fn the_least_harm_first() {
        let claim = json!({"persistentVolumeClaim": {"claimName": "data"}});
        let ranks = [
            of("ServiceAccount", Risk::Likely, Value::Null),
            of("Deployment", Risk::Safe, Value::Null),
            of("Deployment", Risk::Likely, Value::Null),
            of("Deployment", Risk::Safe, claim),
            of("DaemonSet", Risk::Safe, Value::Null),
            of("StatefulSet", Risk::Safe, Value::Null),
        ];
        assert!(ranks.is_sorted() && ranks[1] < ranks[2], "{ranks:?}");
    }
}
