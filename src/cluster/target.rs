//! One object that is to change, and what for.

use super::Live;
use crate::rules::Risk;
use json_patch::{Patch as Operations, diff};
use serde_json::Value;

/// An object of the cluster with what it should become.
#[derive(Debug, Clone)]
pub struct Target {
    /// It, as the server gave it last: the plan holds for this one, and for no other `resourceVersion`.
    pub live: Live,
    /// The same value with the planned changes in it; null where the object is to go.
    pub after: Value,
    /// JSON pointers of its pod templates; empty for what is no workload.
    pub templates: Vec<String>,
    /// Why each value changes.
    pub reasons: Vec<Reason>,
}

/// Why a value changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// JSON pointer of the value within the object.
    pub pointer: String,
    /// The id of the rule that wants it.
    pub rule: &'static str,
    /// How sure it is that the workload still runs.
    pub risk: Risk,
}

impl Target {
    /// What turns the one value into the other, as few operations as possible.
    pub fn operations(&self) -> Operations {
        diff(&self.live.value, &self.after)
    }

    /// What turns it back.
    pub fn inverse(&self) -> Operations {
        diff(&self.after, &self.live.value)
    }

    /// The rule that wants what stands at a JSON pointer, below it or above it; the nearest one.
    pub fn rule_at(&self, pointer: &str) -> Option<&Reason> {
        let near = |reason: &&Reason| within(&reason.pointer, pointer) || within(pointer, &reason.pointer);
        self.reasons.iter().filter(near).max_by_key(|reason| reason.pointer.len())
    }
}

/// Whether a pointer leads to a place at or below another one.
fn within(inner: &str, outer: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn the_inverse_undoes_and_the_nearest_rule_is_named() {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let before =
            json!({"metadata": {"name": "web"}, "spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}});
        let mut after = before.clone();
        after["spec"]["template"]["spec"]["securityContext"] = json!({"runAsUser": 101});
        let reason = |pointer: &str, rule| Reason { pointer: pointer.to_owned(), rule, risk: Risk::Safe };
        let target = Target {
            live: Live::new(&resource, before.clone()),
            after: after.clone(),
            templates: vec!["/spec/template".to_owned()],
            reasons: vec![reason("/spec/template/spec/securityContext/runAsUser", "run-as-user")],
        };
        json_patch::patch(&mut after, &target.inverse()).unwrap();
        assert_eq!(after, before);
        assert_eq!(target.rule_at("/spec/template/spec/securityContext").unwrap().rule, "run-as-user");
        assert_eq!(target.rule_at("/spec/template/spec/securityContextX"), None);
    }
}
