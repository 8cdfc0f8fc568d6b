//! Policies that were made, as the kinds of network plugins: what they allow stays the same.

mod cilium;
mod staged;

pub use cilium::cilium;
pub use staged::staged;

use super::synthesis::{DIGEST, digest_of};
use serde_json::{Value, json};

/// A policy as another kind with this spec; the digest is that of the new spec.
fn dressed(policy: &Value, api_version: &str, kind: &str, spec: Value) -> Value {
    let mut metadata = policy.get("metadata").cloned().unwrap_or_default();
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.insert(DIGEST.to_owned(), digest_of(&spec).into());
    }
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}
