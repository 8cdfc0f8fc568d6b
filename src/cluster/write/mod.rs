//! The write: one careful patch, that comes about on the object that was planned for or not at all.
//!
//! A JSON patch replaces `resourceVersion` by the one that was read, first of all: whatever the object has become since, the
//! server answers 409. `test` operations would answer 422 without a word of why, and are not needed beside that lock.
//! Server-side apply states the fields that change and nothing else, with uid and `resourceVersion` beside them.

mod intent;
mod mark;

pub use mark::marked;

use super::journal::{Pen, mark_of};
use super::{DryRun, Error, Live, Patch, Server, Target, Write};
use serde_json::Value;
use std::time::Duration;

/// How often an object is asked for after the connection broke in the middle of a write, and how long is waited between.
const LOOKS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// A change as it goes to the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// How it is written.
    pub pen: Pen,
    /// What is sent; unused where the object is made or deleted.
    pub patch: Patch,
    /// Take fields of other managers over.
    pub force: bool,
}

impl Draft {
    /// A JSON patch locked to the `resourceVersion`; an object that is not there yet is made, and one that is to go deleted.
    pub fn plain(target: &Target) -> Self {
        if target.after.is_null() {
            return Self { pen: Pen::Delete, patch: Patch::Json(Value::Null), force: false };
        }
        if target.live.value.is_null() {
            return Self { pen: Pen::Create, patch: Patch::Json(Value::Null), force: false };
        }
        Self { pen: Pen::JsonPatch, patch: Patch::locked(&target.live, target.operations().0), force: false }
    }

    /// Server-side apply of the changed fields. `None` where it cannot say the change (something goes away), or where an
    /// earlier intent of ours would be forgotten with it: the server takes away what the new intent does not repeat.
    pub fn apply(target: &Target, force: bool) -> Option<Self> {
        if target.live.value.is_null() || target.after.is_null() || has_intent(&target.live) {
            return None;
        }
        let intent = intent::of(&target.live, &target.after)?;
        Some(Self { pen: Pen::Apply, patch: Patch::Apply(intent), force })
    }

    /// Send it, or only try it: the object as it is then, or would be; as it was last, where it is deleted.
    pub async fn send(&self, server: &Server, target: &Target, dry_run: DryRun) -> Result<Live, Error> {
        let reference = &target.live.reference;
        let write = Write { dry_run, force: self.force, manager: None };
        match self.pen {
            Pen::Create => {
                server.create(&reference.resource, reference.namespace.as_deref(), &target.after, write).await
            }
            Pen::Delete => server.delete_as_read(&target.live, dry_run).await.map(|()| target.live.clone()),
            Pen::JsonPatch | Pen::Apply => server.patch(reference, &self.patch, write).await,
        }
    }
}

/// Whether our manager has applied to this object before.
fn has_intent(live: &Live) -> bool {
    let entries = live.value.pointer("/metadata/managedFields").and_then(Value::as_array);
    let is = |entry: &Value, field: &str, wanted: &str| entry.get(field).and_then(Value::as_str) == Some(wanted);
    entries.is_some_and(|entries| {
        entries.iter().any(|entry| is(entry, "manager", super::FIELD_MANAGER) && is(entry, "operation", "Apply"))
    })
}

/// After a write without an answer: the object if the change came through, `None` if it did not. The mark tells, which goes
/// with the change and names the run.
///
/// # Errors
/// When the server stays away, or the object is gone.
pub async fn came_through(server: &Server, target: &Target, mark: &str) -> Result<Option<Live>, Error> {
    let mut looks = 1;
    loop {
        match server.get(&target.live.reference).await {
            Ok(live) => return Ok((mark_of(&live.value) == Some(mark)).then_some(live)),
            Err(error) if error.is_passing() && looks < LOOKS => looks += 1,
            Err(error) => return Err(error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    fn target(before: Value, after: Value) -> Target {
        let resource = Arc::new(Resource::builtin("apps", "v1", "Deployment", "deployments", true));
        Target { live: Live::new(&resource, before), after, templates: Vec::new(), reasons: Vec::new() }
    }

    #[test]
    fn a_json_patch_begins_with_the_lock() {
        let metadata = json!({"name": "web", "resourceVersion": "7"});
        let target = target(json!({"metadata": metadata, "spec": {}}), json!({"metadata": metadata, "spec": {"a": 1}}));
        let draft = Draft::plain(&target);
        let wanted = json!([
            {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "add", "path": "/spec/a", "value": 1},
        ]);
        assert_eq!(draft.patch, Patch::Json(wanted));
    }

    #[test]
    fn a_second_intent_would_take_the_first_one_away() {
        let managed = json!([{"manager": "pod-hardener", "operation": "Apply"}]);
        let before = json!({"metadata": {"name": "web", "managedFields": managed}, "spec": {}});
        let mut after = before.clone();
        after["spec"] = json!({"a": 1});
        assert_eq!(Draft::apply(&target(before.clone(), after.clone()), false), None);
        let unmanaged = |mut value: Value| {
            value["metadata"]["managedFields"] = json!([{"manager": "pod-hardener", "operation": "Update"}]);
            value
        };
        assert!(Draft::apply(&target(unmanaged(before), unmanaged(after)), false).is_some());
    }

    #[test]
    fn what_is_not_there_is_made() {
        assert_eq!(Draft::plain(&target(Value::Null, json!({"kind": "ServiceAccount"}))).pen, Pen::Create);
    }
}
