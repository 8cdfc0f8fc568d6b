//! The policies of this program: a label says so, and a digest that nobody has changed them since.

use crate::network::world::Object;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::fmt::Write as _;

/// The label of every policy of this program, and its value: what has it is made anew, and nothing else is touched.
pub const OWNER: (&str, &str) = ("app.kubernetes.io/managed-by", "kubectl-harden");
/// The annotation with the digest of the spec as it was made: 32 hex digits of its SHA-256, keys in their order.
pub const DIGEST: &str = "kubectl-harden.dev/spec-digest";

/// How many of the digest's bytes are kept: it is a mark, no proof.
const BYTES: usize = 16;

/// Whether an object is a policy that this program made, which it makes anew.
pub fn is_own(object: &Object) -> bool {
    is_marked(object) && is_as_made(object)
}

/// Whether an object is a policy that this program made and somebody has changed since.
pub fn is_changed_by_hand(object: &Object) -> bool {
    is_marked(object) && !is_as_made(object)
}

fn is_marked(object: &Object) -> bool {
    let label = object.at("/metadata/labels").and_then(|labels| labels.get(OWNER.0));
    object.kind() == "NetworkPolicy" && label.and_then(Value::as_str) == Some(OWNER.1)
}

fn is_as_made(object: &Object) -> bool {
    let stated = object.at("/metadata/annotations").and_then(|annotations| annotations.get(DIGEST)?.as_str());
    stated.zip(object.at("/spec")).is_some_and(|(stated, spec)| stated == digest_of(spec))
}

/// The digest of a spec.
pub(in crate::network) fn digest_of(spec: &Value) -> String {
    let mut text = String::new();
    write(spec, &mut text);
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(BYTES).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// JSON with its keys sorted: a server gives them back in an order of its own.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for key in keys {
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write(&map[key], out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}
