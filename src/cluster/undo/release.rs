//! What we own of an object's fields and need not any more.
//!
//! Whoever writes a value owns it. A value that was put back would stay ours, and the chart that had set it could not change
//! it again without a conflict. What server-side apply named to find its fields, a container by its name, would stay ours
//! as well, and could not be taken out any more. So both are given up: nobody owns them until somebody sets them.

use super::TRIES;
use crate::cluster::journal::{Changed, Entry, Step};
use crate::cluster::{FIELD_MANAGER, Live, Patch, Server, Write};
use json_patch::{PatchOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde_json::{Map, Value};

/// Give up what the entry's values, now as they were, had us own. Where the server does not let us, they stay ours.
pub(super) async fn fields(server: &Server, live: &Live, entry: &Entry) {
    let mut live = live.clone();
    for _ in 0..TRIES {
        let Some(all) = live.value.pointer("/metadata/managedFields").and_then(Value::as_array) else { return };
        let kept = released(all, &freed(&live.value, entry));
        if kept == *all || kept.is_empty() {
            return;
        }
        let path = PointerBuf::from_tokens(["metadata", "managedFields"]);
        let exchange = PatchOperation::Replace(ReplaceOperation { path, value: kept.into() });
        let patch = Patch::locked(&live, [exchange]);
        match server.patch(&live.reference, &patch, Write::default()).await {
            // The controller writes its status at the same time.
            Err(error) if error.is_stale() => {}
            _ => return,
        }
        match server.get(&live.reference).await {
            Ok(now) if now.uid() == live.uid() => live = now,
            _ => return,
        }
    }
}

/// What we need not own: what is as it was, and what others ask for.
fn freed<'e>(live: &Value, entry: &'e Entry) -> Vec<&'e Changed> {
    let is_theirs =
        |changed: &Changed| changed.path.find(live).is_some() && !changed.claimants(live, &entry.run).is_empty();
    entry.changes.iter().filter(|changed| changed.before.is_some() || is_theirs(changed)).collect()
}

/// The entries of `managedFields` without what is given up.
fn released(all: &[Value], freed: &[&Changed]) -> Vec<Value> {
    let of_one = |one: &Value| {
        let is = |field: &str, wanted: &str| one.get(field).is_some_and(|value| value == wanted);
        if !is("manager", FIELD_MANAGER) || one.get("subresource").is_some() {
            return Some(one.clone());
        }
        let mut one = one.clone();
        let fields = one.get_mut("fieldsV1").and_then(Value::as_object_mut)?;
        for changed in freed {
            forget(fields, changed.path.steps());
        }
        (!names_nothing(fields)).then_some(one)
    };
    all.iter().filter_map(of_one).collect()
}

/// Take a place out of a set of fields, and what is empty without it.
fn forget(fields: &mut Map<String, Value>, steps: &[Step]) {
    let Some((first, rest)) = steps.split_first() else { return };
    let token = token(first);
    if rest.is_empty() {
        fields.shift_remove(&token);
    } else if let Some(inner) = fields.get_mut(&token).and_then(Value::as_object_mut) {
        forget(inner, rest);
        if inner.is_empty() {
            fields.shift_remove(&token);
        }
    }
}

/// A step as `managedFields` writes it.
fn token(step: &Step) -> String {
    match step {
        Step::Key(key) => format!("f:{key}"),
        Step::Item(keys) => format!("k:{}", Value::Object(keys.clone())),
    }
}

/// Whether a set has no field but those that say where other fields are.
fn names_nothing(fields: &Map<String, Value>) -> bool {
    fields.iter().all(|(token, inner)| {
        let inner = inner.as_object();
        match token.strip_prefix("k:").map(serde_json::from_str::<Map<String, Value>>) {
            Some(Ok(keys)) => inner.is_some_and(|inner| {
                let own = |token: &String| token.strip_prefix("f:").is_some_and(|field| keys.contains_key(field));
                let others = inner.iter().filter(|(token, _)| !own(token));
                names_nothing(&others.map(|(token, inner)| (token.clone(), inner.clone())).collect())
            }),
            _ => token == "." || inner.is_some_and(|inner| !inner.is_empty() && names_nothing(inner)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_container_named_to_find_it_is_no_field() {
        let skeleton = json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}}}}});
        assert!(names_nothing(&fields(skeleton)));
        let more =
            json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:name": {}, "f:image": {}}}}});
        assert!(!names_nothing(&fields(more)));
        assert!(!names_nothing(&fields(json!({"f:spec": {"f:hostNetwork": {}}}))));
    }

    #[test]
    fn a_place_is_forgotten_with_what_is_empty_then() {
        let mut set = fields(json!({"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}, "f:x": {}}}));
        let steps: Vec<Step> = serde_json::from_value(json!(["spec", "containers", {"name": "web"}, "image"])).unwrap();
        forget(&mut set, &steps);
        assert_eq!(Value::Object(set), json!({"f:spec": {"f:x": {}}}));
    }
}
