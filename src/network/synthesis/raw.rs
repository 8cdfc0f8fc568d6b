//! Workloads whose namespace or labels no API server takes: what the text of a template left is no object yet.

use crate::network::flow::End;
use crate::network::world::{Workload, World};
use std::collections::{BTreeMap, BTreeSet};

/// The longest name of a namespace, key or value of a label; a key may have a prefix of [`LONGEST_PREFIX`].
const LONGEST: usize = 63;
const LONGEST_PREFIX: usize = 253;

/// The namespaces of such workloads, each with a sentence: a policy for the others there would name them as peers, and be
/// refused.
pub(super) fn namespaces(world: &World, managed: &BTreeSet<usize>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for at in managed.iter().copied() {
        let workload = &world.workloads[at];
        if let Some(what) = fault(workload) {
            let (namespace, who) = (&workload.namespace, End::Workload(at).told(world));
            found.entry(namespace.clone()).or_insert_with(|| {
                format!(
                    "no policies are given for namespace {namespace}: {who} has {what}, which no server takes; if a template \
                     left that, render it first"
                )
            });
        }
    }
    found
}

/// What of a workload is no name.
pub(super) fn fault(workload: &Workload) -> Option<String> {
    if !is_namespace(&workload.namespace) {
        return Some(format!("the namespace {:?}", workload.namespace));
    }
    let fits = |(key, value): &(&String, &String)| is_key(key) && (value.is_empty() || is_name(value));
    let (key, value) = workload.labels.iter().find(|label| !fits(label))?;
    Some(format!("the label {key:?}: {value:?}"))
}

/// A label name of RFC 1123.
fn is_namespace(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.len() <= LONGEST
        && text.bytes().all(fits)
        && !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// A qualified name of Kubernetes.
fn is_key(text: &str) -> bool {
    match text.split_once('/') {
        Some((prefix, name)) => prefix.len() <= LONGEST_PREFIX && prefix.split('.').all(is_namespace) && is_name(name),
        None => is_name(text),
    }
}

/// The part of a qualified name behind its prefix, and the value of a label that is not empty.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= LONGEST && text.bytes().all(fits) && ends(text.bytes().next()) && ends(text.bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_labels_and_namespaces() {
        for key in ["app", "app.kubernetes.io/name", "a_b-c.D", "9"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", "(@= name @)", "a b", "-a", "a-", "A.b/c", "a/b/c", "/a", "a/", "${X}"] {
            assert!(!is_key(key), "{key}");
        }
        assert!(is_key(&"a".repeat(63)) && !is_key(&"a".repeat(64)));
        assert!(is_namespace("kube-system") && !is_namespace("${NAMESPACE:-default}") && !is_namespace("a.b"));
    }
}
