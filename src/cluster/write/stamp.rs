//! A small annotation on a workload: which run changed it last, and by which profile.
//!
//! It stands in the metadata of the workload, never of its template, where it would restart the pods. It goes with the
//! change in one write, so it also tells, after a lost connection, whether the change came through.

use crate::cluster::Target;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The annotation.
pub const ANNOTATION: &str = "kubectl-harden.dev/last-applied";

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The profile's name.
    pub profile: String,
    /// The run, as the journal names it.
    pub run: String,
}

impl Stamp {
    /// What an object says of its last change; `None` where it says nothing.
    pub fn of(object: &Value) -> Option<Self> {
        let text = object.pointer("/metadata/annotations")?.get(ANNOTATION)?.as_str()?;
        serde_json::from_str(text).ok()
    }

    /// Have the change of an object say so.
    pub fn put(&self, target: &mut Target) {
        let Some(metadata) = target.after.get_mut("metadata").and_then(Value::as_object_mut) else { return };
        let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
        if annotations.is_null() {
            *annotations = json!({});
        }
        if let (Some(annotations), Ok(text)) = (annotations.as_object_mut(), serde_json::to_string(self)) {
            annotations.insert(ANNOTATION.to_owned(), text.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Live, Resource};
    use std::sync::Arc;

    #[test]
    fn it_is_read_as_it_was_put() {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        let stamp = Stamp { profile: "hardened".to_owned(), run: "r1".to_owned() };
        for before in [
            json!({"metadata": {"name": "web"}}),
            json!({"metadata": {"name": "web", "annotations": {"a": "b", ANNOTATION: "not ours"}}}),
        ] {
            assert_eq!(Stamp::of(&before), None);
            let live = Live::new(&resource, before.clone());
            let mut target = Target { live, after: before, templates: Vec::new(), reasons: Vec::new() };
            stamp.put(&mut target);
            assert_eq!(Stamp::of(&target.after), Some(stamp.clone()));
            assert_eq!(Stamp::of(&target.live.value), None);
        }
    }
}
