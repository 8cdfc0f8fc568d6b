//! The three-way merge: what was, what the run made of it, and what is there now.

use super::mark::is_of;
use super::told;
use crate::cluster::journal::{Changed, Entry, Kept, LAST_APPLIED, Path, Step, mark_of};
use serde_json::{Value, json};

/// Whom to believe when a value is not the one the journal knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Somebody else changed it since.
    OnlyWhatWeKnow,
    /// The server wrote it in another way, and nobody has touched it since.
    AllIsOurs,
}

/// What an object becomes.
pub(super) struct Restored {
    pub(super) value: Value,
    /// What stays, and why.
    pub(super) left: Vec<String>,
}

/// What became of a value since.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// It is what the run wrote.
    Ours,
    /// It is what the run wrote, and by now others ask for it as well.
    Claimed(Vec<String>),
    /// It is what it was before, or gone together with what it stood in.
    Nothing,
    /// Somebody changed it.
    Foreign,
}

/// Whether what a change replaced is not in the journal.
pub(super) fn is_hidden(changed: &Changed) -> bool {
    matches!(changed.before, Some(Kept::Sha256(_)))
}

/// What the object becomes. `templates` are earlier pod templates of it, for what the journal must not hold.
pub(super) fn restored(now: &Value, entry: &Entry, trust: Trust, templates: &[Value]) -> Restored {
    let mut back = Restored { value: now.clone(), left: Vec::new() };
    // What holds others comes first when it returns, and last when it goes.
    for changed in entry.changes.iter().filter(|changed| changed.before.is_some()) {
        match state(changed, now, entry, trust) {
            State::Ours => back.put(changed, entry, templates),
            State::Claimed(by) => back.left.push(told::claimed(changed, now, &by)),
            State::Foreign => back.left.push(told::changed_since(changed, now, entry)),
            State::Nothing => {}
        }
    }
    let mut gone: Vec<&Changed> = entry.changes.iter().filter(|changed| changed.before.is_none()).collect();
    gone.reverse();
    gone.sort_by_key(|changed| is_volume(&changed.path));
    for changed in gone {
        match state(changed, now, entry, trust) {
            State::Ours => back.remove(changed),
            State::Claimed(by) => back.left.push(told::claimed(changed, now, &by)),
            State::Foreign => back.left.push(told::changed_since(changed, now, entry)),
            State::Nothing => {}
        }
    }
    back.mark(entry);
    back
}

fn state(changed: &Changed, now: &Value, entry: &Entry, trust: Trust) -> State {
    match changed.path.find(now) {
        None if changed.after.is_none() => State::Ours,
        None => State::Nothing,
        // Whether others use it is seen when ours has left it.
        Some(_) if changed.is_new_place() => State::Ours,
        Some(_) if changed.is_old_place() => State::Nothing,
        Some(value) if changed.wrote(value, &entry.run) => match changed.claimants(now, &entry.run) {
            by if by.is_empty() => State::Ours,
            by => State::Claimed(by),
        },
        Some(value) if changed.before.as_ref().is_some_and(|before| before.is(value, &entry.run)) => State::Nothing,
        Some(_) if changed.after.is_some() && trust == Trust::AllIsOurs => State::Ours,
        Some(_) => State::Foreign,
    }
}

impl Restored {
    fn put(&mut self, changed: &Changed, entry: &Entry, templates: &[Value]) {
        if !changed.path.has_place(&self.value) {
            return;
        }
        let before = match &changed.before {
            Some(Kept::Value(value)) => Some(value.clone()),
            Some(hidden) => recalled(changed, hidden, entry, templates),
            None => return,
        };
        match before {
            Some(before) => changed.path.put(&mut self.value, before, changed.index),
            None => self.left.push(told::not_kept(changed)),
        }
    }

    fn remove(&mut self, changed: &Changed) {
        if changed.is_new_place()
            && !changed.path.find(&self.value).is_some_and(|value| Kept::Value(value.clone()).is_place())
        {
            return;
        }
        match user_of(&changed.path, &self.value) {
            Some(container) => self.left.push(told::still_mounted(changed, &container)),
            None => changed.path.remove(&mut self.value),
        }
    }

    /// The mark of the run goes, and the one before returns.
    fn mark(&mut self, entry: &Entry) {
        if !is_of(mark_of(&self.value), entry) {
            return;
        }
        let keys = ["metadata", "annotations", LAST_APPLIED];
        let path: Path = serde_json::from_value(json!(keys)).unwrap_or_default();
        match &entry.mark {
            Some(mark) => path.put(&mut self.value, mark.as_str().into(), None),
            None => path.remove(&mut self.value),
        }
    }
}

/// A value that the journal does not hold, from the cluster's own history.
fn recalled(changed: &Changed, hidden: &Kept, entry: &Entry, templates: &[Value]) -> Option<Value> {
    let path = changed.path.below(&["spec", "template"])?;
    templates.iter().filter_map(|template| path.find(template)).find(|value| hidden.is(value, &entry.run)).cloned()
}

fn is_volume(path: &Path) -> bool {
    path.steps().iter().any(|step| step.key() == Some("volumes"))
}

/// The container that mounts the volume at this path.
fn user_of(path: &Path, object: &Value) -> Option<String> {
    let [above @ .., Step::Key(list), Step::Item(key)] = path.steps() else { return None };
    let volume = key.get("name").filter(|_| list == "volumes")?;
    let pod = Path::from(above.to_vec());
    let pod = pod.find(object)?;
    let containers = ["initContainers", "containers", "ephemeralContainers"].into_iter();
    let mut containers = containers.filter_map(|list| pod.get(list)?.as_array()).flatten();
    let mounts = |container: &&Value| {
        let mut mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
        mounts.any(|mount| mount.get("name") == Some(volume))
    };
    containers.find(mounts)?.get("name")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests;
