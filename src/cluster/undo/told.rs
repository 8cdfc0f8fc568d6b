//! Why something stays, in words.

use crate::cluster::journal::{Changed, Entry, Kept, Step};
use crate::cluster::{Error, Reference};
use crate::report::phrase::{self, pasteable};
use crate::secrets::redact;
use serde_json::Value;

/// A value that others changed.
pub(super) fn changed_since(changed: &Changed, now: &Value, entry: &Entry) -> String {
    let (path, run) = (&changed.path, &entry.run);
    let value = changed.path.find(now).map(|value| shown(changed, value)).unwrap_or_default();
    match &changed.after {
        Some(Kept::Sha256(_)) => format!("{path} stays as it is: it was changed after run {run}"),
        Some(Kept::Value(ours)) => {
            format!("{path} stays {value}: it was changed after run {run} had set it to {}", shown(changed, ours))
        }
        None => format!("{path} stays {value}: it was set again after run {run} had taken it away"),
    }
}

/// A value that others ask for by now.
pub(super) fn claimed(changed: &Changed, now: &Value, by: &[String]) -> String {
    let value = match (&changed.after, changed.path.find(now)) {
        (Some(Kept::Value(_)), Some(value)) => shown(changed, value),
        _ => "as it is".to_owned(),
    };
    let verb = if by.len() == 1 { "asks" } else { "ask" };
    format!("{} stays {value}: {} {verb} for it by now", changed.path, by.join(", "))
}

/// A value that looked like a secret, and is remembered nowhere.
pub(super) fn not_kept(changed: &Changed) -> String {
    format!(
        "{} stays as it is: what it was before looks like a secret, which the journal does not keep, and no earlier revision has it any more",
        changed.path
    )
}

/// A volume that others mount by now.
pub(super) fn still_mounted(changed: &Changed, container: &str) -> String {
    format!("{} stays: container {container} mounts it by now", changed.path)
}

/// A pod that has to go before its StatefulSet goes on.
pub(super) fn sticks(pod: &Reference, error: &Error) -> String {
    let namespace = pod.namespace.iter().map(|name| format!(" -n {}", pasteable(name))).collect::<String>();
    let name = &pod.name;
    format!("pod {name} sticks, delete it: kubectl delete pod {}{namespace} ({error})", pasteable(name))
}

/// The pods of a StatefulSet may stick, and nobody can tell.
pub(super) fn pods_unseen(name: &str, error: &Error) -> String {
    format!(
        "a pod of {name} that is not ready has to be deleted before the others are replaced: they cannot be looked at ({error})"
    )
}

fn shown(changed: &Changed, value: &Value) -> String {
    let mut value = value.clone();
    redact(name(changed.path.steps()), &mut value);
    phrase::value(&value)
}

/// The name that a value stands under; that of the variable where it is the value of one.
fn name(steps: &[Step]) -> &str {
    match steps {
        [.., Step::Item(keys), Step::Key(key)] if key == "value" => {
            keys.get("name").and_then(Value::as_str).unwrap_or(key)
        }
        [.., Step::Key(key)] => key,
        _ => "",
    }
}
