//! Go templates: a Helm chart's file is not a manifest, and editing it as one would be a guess.

use super::tree::{Kind, Node};
use super::{Position, ReadError, Stream};

const MESSAGE: &str = "a Go template (Helm), not a manifest; render it first: helm template . | kubectl harden -f -";

/// Objects that only Helm knows.
const HELM_OBJECTS: [&str; 6] = [".Values", ".Release", ".Chart", ".Capabilities", ".Template", ".Files"];

/// A text that is no YAML and has template actions is a template.
pub(super) fn explain(text: &str, error: ReadError) -> ReadError {
    match memchr::memmem::find(text.as_bytes(), b"{{") {
        Some(at) => ReadError { position: Position::of(text, at), message: MESSAGE.to_owned(), template: true },
        None => error,
    }
}

/// A template may be good YAML by accident: `replicas: {{ .Values.replicas }}` is a mapping of a mapping.
/// `{{ workflow.name }}` in a string is somebody else's placeholder and stays what it is.
pub(super) fn refuse(stream: &Stream) -> Result<(), ReadError> {
    let text = stream.text();
    let Some(first) = memchr::memmem::find(text.as_bytes(), b"{{") else { return Ok(()) };
    let action = stream
        .tree()
        .nodes
        .iter()
        .find(|node| node.kind == Kind::Map && node.brackets && text[node.content as usize..].starts_with("{{"));
    let at = action.map(|node| node.content as usize).or_else(|| helm_action(stream, first));
    match at {
        Some(at) => Err(ReadError { position: Position::of(text, at), message: MESSAGE.to_owned(), template: true }),
        None => Ok(()),
    }
}

/// The first action that speaks of Helm's own objects, in a string or in a comment. What stands in a block scalar is
/// some other program's template (Istio keeps its injection templates so).
fn helm_action(stream: &Stream, first: usize) -> Option<usize> {
    let bytes = stream.text().as_bytes();
    let mut in_block_scalar = stream.tree().covered(Node::is_block_scalar);
    memchr::memmem::find_iter(&bytes[first..], b"{{")
        .map(|at| first + at)
        .filter(|at| speaks_of_helm(&bytes[*at..]))
        .find(|at| !in_block_scalar(*at))
}

/// No action is longer than this; looking further would take too long in a text full of `{{`.
const LONGEST_ACTION: usize = 500;

fn speaks_of_helm(text: &[u8]) -> bool {
    let text = &text[..text.len().min(LONGEST_ACTION)];
    let action = &text[..memchr::memmem::find(text, b"}}").unwrap_or(text.len())];
    HELM_OBJECTS.iter().any(|object| {
        memchr::memmem::find_iter(action, object).any(|at| {
            let before = action[..at].last();
            before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        })
    })
}
