//! A small annotation on a workload: which run changed it last, and by which profile.
//!
//! It stands in the metadata of the workload, never of its template, where it would restart the pods.

use crate::cluster::Target;
use crate::cluster::journal::LAST_APPLIED;
use serde_json::json;

/// The change with a mark on the object, which goes with it in one write.
pub fn marked(target: &Target, mark: &str) -> Target {
    let mut target = target.clone();
    let Some(metadata) = target.after.get_mut("metadata").and_then(|metadata| metadata.as_object_mut()) else {
        return target;
    };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(LAST_APPLIED.to_owned(), mark.into());
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::journal::mark_of;
    use crate::cluster::{Live, Resource};
    use std::sync::Arc;

    #[test]
    fn the_object_is_marked_and_nothing_else() {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        for annotations in [json!(null), json!({"a": "b"})] {
            let before = json!({"metadata": {"name": "web", "annotations": annotations}, "spec": {"template": {}}});
            let live = Live::new(&resource, before.clone());
            let target = Target { live, after: before.clone(), templates: Vec::new(), reasons: Vec::new() };
            let marked = marked(&target, "r1");
            assert_eq!(mark_of(&marked.after), Some("r1"));
            assert_eq!((&marked.after["spec"], &marked.live.value), (&before["spec"], &before));
        }
    }
}
