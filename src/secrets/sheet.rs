//! A file of Secrets: the values that stood in plain text, added to what the file holds.

use super::Concealed;
use crate::manifest::{Document, Refusal, Stream, splice};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The annotation of a Secret that names the workload whose values it holds.
pub const ORIGIN: &str = "kubectl-harden.dev/extracted-from";

/// A value that goes into a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretValue {
    /// The namespace of the Secret, where the workload states one.
    pub namespace: Option<String>,
    /// Its name.
    pub secret: String,
    /// The workload that the value comes from, `Kind/name`.
    pub origin: String,
    /// The key of the value.
    pub key: String,
    /// The value.
    pub value: Concealed,
}

/// Which Secret: its namespace and name.
type Id = (Option<String>, String);

/// The text of the file with these values in it; `text` is what it holds, nothing of which is lost. `Err` says why that
/// cannot be: in words without any value.
pub fn with_values(text: &str, values: &[SecretValue]) -> Result<String, String> {
    let mut wanted: BTreeMap<Id, (&str, BTreeMap<&str, &Concealed>)> = BTreeMap::new();
    for one in values {
        let id = (one.namespace.clone(), one.secret.clone());
        let (origin, keys) = wanted.entry(id).or_insert_with(|| (&one.origin, BTreeMap::new()));
        if keys.insert(&one.key, &one.value).is_some_and(|known| *known != one.value) || *origin != one.origin {
            return Err(format!(
                "{origin} and {} need different values under {} of the Secret {}; write them one by one, each with a file of its own",
                one.origin, one.key, one.secret
            ));
        }
    }
    let stream = Stream::read(text.to_owned()).map_err(|error| error.to_string())?;
    let mut changes = Vec::new();
    for document in stream.documents() {
        let Some(mut value) = secret(document)? else { continue };
        let stated = |pointer: &str| document.scalar(pointer).filter(|text| !text.is_empty()).map(Cow::into_owned);
        let (namespace, name) = (stated("/metadata/namespace"), stated("/metadata/name").unwrap_or_default());
        let Some((_, keys)) = wanted.remove(&(namespace, name.clone())) else { continue };
        if add(&mut value, &name, keys)? {
            changes.push((document.index(), value));
        }
    }
    let changes: Vec<(usize, &Value)> = changes.iter().map(|(index, value)| (*index, value)).collect();
    let told = |refusal: Refusal| refusal.to_string();
    let mut out = if changes.is_empty() { text.to_owned() } else { splice(&stream, &changes).map_err(told)? };
    for ((namespace, name), (origin, keys)) in wanted {
        if !out.is_empty() {
            out.push_str(if out.ends_with('\n') { "---\n" } else { "\n---\n" });
        }
        out.push_str(&document_of(namespace.as_deref(), &name, origin, &keys));
    }
    Ok(out)
}

/// The Secret that a document is; `None` for an empty document.
fn secret(document: Document<'_>) -> Result<Option<Value>, String> {
    let value = document.value().map_err(|refusal| refusal.to_string())?;
    if value.is_null() {
        return Ok(None);
    }
    let is = |key: &str, wanted: &str| value.get(key).is_some_and(|value| value == wanted);
    if is("apiVersion", "v1") && is("kind", "Secret") {
        return Ok(Some(value));
    }
    let position = document.stream().position(document.nearest("").start);
    Err(format!("{position}: not a Secret, and nothing else may stand in this file; name another one"))
}

/// Add keys to a Secret; whether any was missing.
fn add(secret: &mut Value, name: &str, keys: BTreeMap<&str, &Concealed>) -> Result<bool, String> {
    let mut added = false;
    for (key, value) in keys {
        match held(secret, key) {
            Some(held) if held == value.reveal().as_bytes() => {}
            Some(_) => {
                return Err(format!(
                    "the Secret {name} holds another value under {key}; which of them holds is for you to say: take the key away, or name another file"
                ));
            }
            None => {
                if !secret["stringData"].is_object() {
                    secret["stringData"] = json!({});
                }
                secret["stringData"][key] = value.reveal().into();
                added = true;
            }
        }
    }
    Ok(added)
}

fn held(secret: &Value, key: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    if let Some(text) = secret.get("stringData").and_then(|data| data.get(key)) {
        return Some(text.as_str().unwrap_or_default().as_bytes().to_vec());
    }
    let text = secret.get("data")?.get(key)?.as_str().unwrap_or_default();
    Some(base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default())
}

/// A new Secret. Every text is quoted as in JSON, which is YAML.
fn document_of(namespace: Option<&str>, name: &str, origin: &str, keys: &BTreeMap<&str, &Concealed>) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let mut out = String::from("apiVersion: v1\nkind: Secret\nmetadata:\n");
    // Writing to a String cannot fail.
    let _ = writeln!(out, "  name: {}", quoted(name));
    if let Some(namespace) = namespace {
        let _ = writeln!(out, "  namespace: {}", quoted(namespace));
    }
    let _ = writeln!(out, "  annotations:\n    {ORIGIN}: {}\ntype: Opaque\nstringData:", quoted(origin));
    for (key, value) in keys {
        let _ = writeln!(out, "  {}: {}", quoted(key), quoted(value.reveal()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(secret: &str, key: &str, value: &str) -> SecretValue {
        let (secret, key) = (secret.to_owned(), key.to_owned());
        SecretValue {
            namespace: Some("shop".into()),
            secret,
            origin: "Pod/web".into(),
            key,
            value: Concealed::new(value),
        }
    }

    const FIRST: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"web-secrets\"\n  namespace: \"shop\"\n  annotations:\n    kubectl-harden.dev/extracted-from: \"Pod/web\"\ntype: Opaque\nstringData:\n  \"A\": \"x\\n\\\"y\\\": ü\"\n";

    #[test]
    fn a_new_file_an_added_key_and_nothing_to_do() {
        let first = with_values("", &[value("web-secrets", "A", "x\n\"y\": ü")]).unwrap();
        assert_eq!(first, FIRST);
        let stream = Stream::read(first.clone()).unwrap();
        assert_eq!(stream.document(0).unwrap().scalar("/stringData/A").unwrap(), "x\n\"y\": ü");
        assert_eq!(with_values(&first, &[value("web-secrets", "A", "x\n\"y\": ü")]).unwrap(), first);

        let mine = format!("# mine\n{first}");
        let more = with_values(&mine, &[value("web-secrets", "B", "z"), value("api-secrets", "A", "z")]).unwrap();
        assert!(more.starts_with(&mine), "{more}");
        let stream = Stream::read(more).unwrap();
        assert_eq!(stream.len(), 2);
        assert_eq!(stream.document(0).unwrap().scalar("/stringData/B").unwrap(), "z");
        assert_eq!(stream.document(1).unwrap().scalar("/metadata/name").unwrap(), "api-secrets");
    }

    #[test]
    fn what_cannot_be_is_told_without_values() {
        let known = with_values("", &[value("web-secrets", "A", "canary-1")]).unwrap();
        let other = SecretValue { origin: "Job/web".into(), ..value("s", "A", "canary-2") };
        for (text, values) in [
            (known.as_str(), vec![value("web-secrets", "A", "canary-2")]),
            ("", vec![value("s", "A", "canary-1"), value("s", "A", "canary-2")]),
            ("", vec![value("s", "B", "canary-1"), other]),
            ("kind: ConfigMap\ndata: {a: canary-1}\n", vec![]),
            ("canary-1: [", vec![]),
        ] {
            let error = with_values(text, &values).unwrap_err();
            assert!(!error.contains("canary"), "{error}");
        }
        let data = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: shop}\ndata: {A: eA==}\n";
        assert_eq!(with_values(data, &[value("s", "A", "x")]).unwrap(), data);
    }
}
