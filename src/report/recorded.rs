//! The journal in words: what runs did to live objects, and what taking that back comes to.

use super::{aligned, lines_shown, phrase, shown};
use crate::cluster::Live;
use crate::cluster::journal::{Changed, Entry, Fate, Kept};
use crate::cluster::rollout::{Failure, Progress};
use crate::cluster::undo::Plan;
use crate::secrets::MASK;
use serde_json::{Value, json};

/// The entries as a table.
pub fn table(entries: &[&Entry]) -> String {
    let mut rows = vec![["RUN", "NAMESPACE", "OBJECT", "PROFILE", "CHANGES", "STATE"].map(str::to_owned)];
    rows.extend(entries.iter().map(|entry| {
        [
            entry.run.clone(),
            shown(entry.reference.namespace.as_deref().unwrap_or_default()).into_owned(),
            shown(&entry.reference.to_string()).into_owned(),
            shown(&entry.profile).into_owned(),
            entry.values().to_string(),
            state(entry).to_owned(),
        ]
    }));
    aligned(&rows)
}

/// What became of an object, in a few words.
pub fn state(entry: &Entry) -> &'static str {
    match entry.fate {
        Fate::Open | Fate::Written if entry.running => "under way",
        Fate::Open => "interrupted",
        Fate::Written => "applied, not watched to the end",
        Fate::Healthy => "healthy",
        Fate::Unwatched => "applied, no pods to watch",
        Fate::TakenBack => "taken back",
        Fate::Broken => "failed, still there",
        Fate::Refused => "refused",
    }
}

/// What to do about runs that ended in the middle; empty where there are none. `flags` lead to the server.
pub fn open(entries: &[&Entry], command: &str, flags: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<&&Entry> = entries.iter().filter(|entry| entry.is_open()).collect();
    open.dedup_by_key(|entry| &entry.run);
    for entry in open {
        let command = format!("{command} undo {}{flags}", entry.run);
        out.push_str(&format!("run {} ended in the middle; take back what came about:   {command}\n", entry.run));
    }
    out
}

/// The entries for machines. A secret is masked.
pub fn json(entries: &[&Entry]) -> Value {
    let kept = |kept: &Option<Kept>| match kept {
        Some(Kept::Value(value)) => value.clone(),
        Some(Kept::Sha256(_)) => MASK.into(),
        None => Value::Null,
    };
    let changed = |changed: &&Changed| json!({"path": changed.path.to_string(), "before": kept(&changed.before), "after": kept(&changed.after)});
    let of_one = |entry: &&Entry| {
        let identity = entry.reference.identity();
        let changes = entry.changes.iter().filter(|changed| !changed.is_new_place() && !changed.is_old_place());
        json!({
            "run": entry.run,
            "time": entry.time,
            "profile": entry.profile,
            "version": entry.version,
            "object": {
                "apiVersion": identity.api_version,
                "kind": identity.kind,
                "namespace": identity.namespace,
                "name": identity.name,
                "uid": entry.uid,
            },
            "pen": entry.pen,
            "revision": entry.revision,
            "fate": entry.fate,
            "running": entry.running,
            "settled": entry.settled,
            "changes": changes.map(|change| changed(&change)).collect::<Vec<_>>(),
        })
    };
    entries.iter().map(of_one).collect()
}

/// What a run did, before it is asked whether to take it back.
pub fn run(entries: &[&Entry]) -> String {
    let Some(first) = entries.first() else { return String::new() };
    let mut out = format!("run {} by profile {}:\n", first.run, shown(&first.profile));
    for entry in entries {
        let place =
            entry.reference.namespace.as_deref().map(|namespace| format!(" in {namespace}")).unwrap_or_default();
        let count = phrase::count(entry.values(), "value");
        out.push_str(&format!("  {}{place}: {count}, {}\n", entry.reference, state(entry)));
    }
    lines_shown(&out)
}

/// What taking back would change, value by value, and what would stay.
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    match &plan.after {
        None => out.push_str("  it is deleted: the run made it\n"),
        Some(after) if plan.live.value.is_null() && !after.is_null() => {
            out.push_str("  it is made again: the run deleted it\n")
        }
        Some(after) => {
            let value = |value: Option<Value>| match value {
                None => "(absent)".to_owned(),
                Some(value) if value == MASK => MASK.to_owned(),
                Some(value) => phrase::value(&value),
            };
            for (path, before, now) in crate::cluster::journal::differences(&plan.live.value, after) {
                out.push_str(&format!("  {path}: {} -> {}\n", value(before), value(now)));
            }
        }
    }
    plan.left.iter().for_each(|left| out.push_str(&format!("  {left}\n")));
    lines_shown(&out)
}

/// An object of which the journal knows nothing. `mark` is what it says of itself.
pub fn unknown(live: &Live, mark: Option<&str>, command: &str) -> String {
    let name = live.reference.to_string();
    let mark: Option<Value> = mark.and_then(|mark| serde_json::from_str(mark).ok());
    let Some(mark) = mark else { return format!("the journal of this cluster knows nothing of {name}") };
    let text = |field: &str| mark.get(field).and_then(Value::as_str).map(str::to_owned);
    let run = text("run").unwrap_or_default();
    let profile = text("profile").unwrap_or_default();
    let told = format!(
        "the journal on this machine knows nothing of {name}: it says that run {run} hardened it by profile {profile}, from another machine or by another user; there '{command} undo {run}' takes it back"
    );
    let kind = live.reference.resource.kind.to_lowercase();
    let namespace = live.reference.namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    match text("revision").filter(|revision| kind == "deployment" && revision.parse::<u64>().is_ok()) {
        Some(revision) => format!(
            "{told}\n  the whole template as it was before the run:   kubectl rollout undo {kind}/{}{namespace} --to-revision={revision}",
            live.reference.name
        ),
        None if ["statefulset", "daemonset", "deployment"].contains(&kind.as_str()) => {
            format!(
                "{told}\n  its earlier templates:   kubectl rollout history {kind}/{}{namespace}",
                live.reference.name
            )
        }
        None => told,
    }
}

/// How far the pods are.
pub fn progress(name: &str, progress: &Progress) -> String {
    let Progress { ready, wanted, waiting_for } = progress;
    let waiting = if waiting_for.is_empty() { String::new() } else { format!(", {}", shown(waiting_for)) };
    format!("  {name} {ready}/{wanted} ready{waiting}")
}

/// Pods that do not work although the change is taken back.
pub fn broken(name: &str, failure: &Failure) -> String {
    let mut out = format!("{name} is taken back, and its pods do not work: {}", failure.summary);
    if let Some(first) = failure.sightings.first() {
        let last = first.text.lines().last().unwrap_or_default();
        out.push_str(&format!("\n  {} {}", first.reason, crate::secrets::redacted(last)));
    }
    out
}

#[cfg(test)]
mod tests;
