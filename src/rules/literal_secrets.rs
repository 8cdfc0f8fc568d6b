//! # What it checks
//!
//! No secret stands in plain text in a workload (variables, words of a command, annotations) or in a ConfigMap. A secret is
//! told by the name it stands under (`DB_PASSWORD`, `apiKey`, `--token=`), by the shape of a known token or a private key,
//! by an address with user and password, and by a long random value under the name of a key. Placeholders, references
//! (`$(VAR)`, `vault:`), paths, names of objects, public keys and certificates do not count. The value itself is never
//! told, in no output of any rule: `***` stands in its place.
//!
//! Measured: on 667 real manifests 35 places are found, 33 of them a secret by hand (the two others are samples of one); of 73
//! more variables taken from public repositories 36 are secrets, of which 31 were found, with 3 false alarms, before their
//! kinds were mended.
//!
//! # Why
//!
//! Whoever may read the manifest, the object, or the history of the repository has the secret, and more people may read
//! those than Secrets.
//!
//! # What it changes
//!
//! Nothing, unless it is asked to: with `--extract-secrets FILE` the value of a variable goes into a Secret in FILE, named
//! after the workload, and the variable gets it from there. A word `--flag=value` of a command gets it through a variable.
//! Entries of a ConfigMap, scripts and annotations stay: what reads them would have to change, too. So does a variable that
//! the command of a probe names: the kubelet knows only values in the manifest there.
//!
//! FILE must be one that git does not keep. The secret is in the history all the same: replace it.
//!
//! # What can break
//!
//! A container waits until its Secret is there: apply FILE first.
//!
//! # Example
//!
//! ```yaml
//! env:
//!   - name: DB_PASSWORD
//!     valueFrom:
//!       secretKeyRef: { name: web-secrets, key: DB_PASSWORD }
//! ```

use super::common::extraction::Extraction;
use super::findings::or_except;
use super::{Check, Findings, Form, Matter, Parameter, Risk, Rule, Severity, Stage, Standard, Subject};
use crate::secrets::{Sight, Why, look};
use crate::workload::{KindTable, Whole, lookup};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The rule.
pub const RULE: Rule = Rule {
    id: "literal-secrets",
    title: "a secret stands in plain text",
    severity: Severity::High,
    matter: Matter::Secrets,
    mends: "moves them into a Secret, on request",
    risks: &[Risk::Likely],
    standards: &[Standard::Nsa("Secrets"), Standard::Checkov("CKV_SECRET_6"), Standard::Kubescape("C-0012")],
    parameters: &[Parameter {
        name: "extract",
        help: "Move what can move into a Secret. The flag `--extract-secrets FILE` sets it: without a file for the values it is an error.",
        default: "false",
        form: Form::AsDefault,
    }],
    stage: Stage::Pod,
    check: Check::Object { wants, check },
};

/// ConfigMaps, and what the tool knows to hold a pod template.
fn wants(api_version: &str, kind: &str) -> bool {
    static KINDS: LazyLock<KindTable> = LazyLock::new(KindTable::builtin);
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    (group, kind) == ("", "ConfigMap") || KINDS.knows(group, kind)
}

fn check(object: &Whole<'_>, found: &mut Findings) {
    let root = object.root();
    let Some(value) = root.value else { return };
    let extract = found.parameter("extract").as_bool() == Some(true);
    let mut extraction = extract.then(|| Extraction::of(object)).flatten();

    let mut places: BTreeMap<usize, (String, Vec<Sight>)> = BTreeMap::new();
    let mut last = 0;
    for sight in look(value) {
        match places.get_mut(&last) {
            Some((pointer, sights)) if *pointer == sight.pointer => sights.push(sight),
            _ => {
                last += 1;
                places.insert(last, (sight.pointer.clone(), vec![sight]));
            }
        }
    }
    for (pointer, sights) in places.into_values() {
        let subject =
            Subject { container: container(value, &pointer).map(Into::into), pointer: pointer.as_str().into() };
        let moved = extraction.as_mut().and_then(|extraction| extraction.moves(&pointer, &sights));
        let draft = found.at(subject).because(reason(value, &pointer, &sights));
        match moved {
            Some(moved) => {
                let evidence = format!("the container waits for the Secret {}: apply it first", moved.secret);
                moved.propose(draft, &Risk::Likely.because(evidence));
            }
            None => drop(draft.decide(or_except(RULE.id, way_out(&pointer)))),
        }
    }
}

/// What to do about it.
fn way_out(pointer: &str) -> &'static str {
    if pointer.starts_with("/data/") {
        "replace the secret, for the history keeps it, and move the entry into a Secret that is mounted in its place"
    } else if pointer.contains("/annotations/") {
        "replace the secret, for the history keeps it, and take the annotation away"
    } else {
        "replace the secret, for the history keeps it, and get it from a Secret: --extract-secrets FILE moves what can be moved"
    }
}

fn reason(value: &serde_json::Value, pointer: &str, sights: &[Sight]) -> String {
    let place = place(value, pointer);
    let mut parts: Vec<String> = Vec::new();
    for sight in sights {
        let name = sight.name.as_deref().filter(|name| !place.ends_with(&format!(" {name}")));
        let under = name.map(|name| format!(" under {name}")).unwrap_or_default();
        let part = match sight.why {
            Why::Known => format!("a password that is tried first{under}"),
            Why::Name | Why::Secret => format!("a secret{under}, told by its name"),
            why => format!("a secret{under}, told by {why}"),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    let more = parts.len().saturating_sub(3);
    parts.truncate(3);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{place} holds {}{rest}", parts.join("; "))
}

/// A place in words: `the variable DB_PASSWORD`.
fn place(value: &serde_json::Value, pointer: &str) -> String {
    let tokens: Vec<&str> = pointer.split('/').collect();
    let last = tokens.last().copied().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    let is = |back: usize, key: &str| tokens.len() > back && tokens[tokens.len() - 1 - back] == key;
    if is(0, "value") && is(2, "env") {
        let name = lookup(value, &format!("{}/name", &pointer[..pointer.len() - "/value".len()]));
        return format!("the variable {}", name.and_then(serde_json::Value::as_str).unwrap_or_default());
    }
    if is(1, "args") || is(1, "command") {
        return "a word of the command".to_owned();
    }
    if is(1, "annotations") {
        return format!("the annotation {last}");
    }
    if pointer.starts_with("/data/") {
        return format!("the entry {last}");
    }
    format!("the field {last}")
}

/// The name of the container that a place is in.
fn container(value: &serde_json::Value, pointer: &str) -> Option<String> {
    let item = super::common::extraction::container_of(pointer)?;
    Some(lookup(value, item)?.get("name")?.as_str()?.to_owned())
}
