//! What `kubectl apply` wrote down of the file it applied: the fields that it will write again.

use super::claims::child;
use serde_json::Value;

/// Its annotation.
const ANNOTATION: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

/// The fields that tell the items of a list apart, in the file as well: `protocol` may be missing there.
const KEYS: [&str; 5] = ["name", "mountPath", "devicePath", "containerPort", "topologyKey"];

/// The object as it stood in the file; `None` where it was not applied so.
pub(super) fn applied(live: &Value) -> Option<Value> {
    serde_json::from_str(live.pointer(ANNOTATION)?.as_str()?).ok()
}

/// What the file says at the place that `pointer` names in `object`; list items are found by their keys.
pub(super) fn in_file<'v>(file: &'v Value, object: &Value, pointer: &str) -> Option<&'v Value> {
    let (mut here, mut there) = (Some(object), file);
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let next = here.and_then(|here| child(here, &token));
        there = match (there, next) {
            (Value::Array(items), Some(item @ Value::Object(_))) => {
                let key = KEYS.iter().find(|key| item.get(**key).is_some())?;
                items.iter().find(|other| other.get(*key) == item.get(*key))?
            }
            _ => child(there, &token)?,
        };
        here = next;
    }
    Some(there)
}
