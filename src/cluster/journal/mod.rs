//! What was done to the cluster: one file per run, so that it can be taken back days later, and after a crash.
//!
//! The files lie in `$XDG_STATE_HOME/kubectl-harden/CLUSTER/RUN.jsonl`, readable by the user alone. Each line is a step, on
//! the disk before the next step is taken: the run, what is about to be done to an object, that it was done, what became of
//! it. No secret is in them: a value that looks like one is kept as a hash.

mod change;
mod claimed;
mod entry;
mod hidden;
mod line;
mod lists;
mod log;
mod path;
mod place;
#[cfg(test)]
mod tests;

pub use change::{Changed, Kept};
pub use entry::Entry;
#[cfg(test)]
pub(crate) use entry::Fixture;
pub use path::{Path, Step};

use super::{Error, Live, Reference, Server, Target};
use line::{FORMAT, Head, Intent, Line, Settle, Wrote};
use place::{Place, unreadable, unwritable};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use std::fs::File;

/// The annotation by which an object tells who hardened it last: see [`Journal::mark`].
pub const LAST_APPLIED: &str = "kubectl-harden.dev/last-applied";
/// A Deployment's annotation with the number of its rollout.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// How an object was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pen {
    /// By a JSON patch, locked to the `resourceVersion`.
    JsonPatch,
    /// By server-side apply.
    Apply,
    /// It was made.
    Create,
    /// It was deleted.
    Delete,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Asked for; nobody knows whether it came about: the run ended in the middle.
    Open,
    /// Made, and the pods are not seen healthy yet.
    Written,
    /// Made and healthy.
    Healthy,
    /// Made, and nothing of it runs that could be watched.
    Unwatched,
    /// Taken back, by the run itself or later.
    TakenBack,
    /// Made, failed, and still there.
    Broken,
    /// The server refused it.
    Refused,
}

/// A run being written down. Every step is on the disk before the next one begins.
#[derive(Debug)]
pub struct Journal {
    place: Place,
    head: Head,
    /// Made with the first change.
    file: Option<File>,
    /// The objects of the run, and what is known of each.
    intents: Vec<(Reference, Vec<Changed>, Fate)>,
    /// Why a step that was taken could not be written down.
    failure: Option<Error>,
}

impl Journal {
    /// Begin a run on this cluster. The file is made with the first change.
    ///
    /// # Errors
    /// When the journal could not be written: then nothing may be changed.
    pub async fn begin(server: &Server, profile: &str) -> Result<Self, Error> {
        let place = Place::of(server).await?;
        place.prepare()?;
        let head = Head {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            run: String::new(),
            time: jiff::Timestamp::now(),
            profile: profile.to_owned(),
            server: without_login(&server.address),
        };
        Self { place, head, file: None, intents: Vec::new(), failure: None }.named()
    }

    fn named(mut self) -> Result<Self, Error> {
        let mut random = [0; 2];
        let filled = SystemRandom::new().fill(&mut random);
        filled.map_err(|_| Error::Other("there are no random numbers for the run's name".to_owned()))?;
        let time = self.head.time.strftime("%Y-%m-%dT%H-%M-%SZ");
        self.head.run = format!("{time}-{:02x}{:02x}", random[0], random[1]);
        Ok(self)
    }

    /// The run's name.
    pub fn run(&self) -> &str {
        &self.head.run
    }

    /// The value of the annotation [`LAST_APPLIED`] that this run puts on an object: for people on other machines, whose
    /// journal knows nothing of it.
    pub fn mark(&self, live: &Live) -> String {
        let mut mark = json!({"profile": self.head.profile, "run": self.head.run});
        if let Some(revision) = revision(live) {
            mark["revision"] = revision.into();
        }
        mark.to_string()
    }

    /// Note that an object is about to be changed. When the run intended to change it before, and no word came of it, then
    /// that was refused.
    ///
    /// # Errors
    /// It cannot be written down, or something before it could not: then nothing may be changed.
    pub fn intend(&mut self, target: &Target, pen: Pen) -> Result<(), Error> {
        let reference = &target.live.reference;
        if self.known(reference).is_some_and(|number| self.intents[number].2 == Fate::Open) {
            self.settle(reference, Fate::Refused);
        }
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let before = (pen != Pen::Create).then_some(&target.live.value);
        let after = (pen != Pen::Delete).then_some(&target.after);
        let changes = change::between(before, after, self.run());
        let mark = before.and_then(mark_of).map(str::to_owned);
        let intent = Intent {
            number: self.intents.len(),
            object: reference.into(),
            uid: target.live.uid().to_owned(),
            resource_version: target.live.resource_version().to_owned(),
            generation: target.live.generation(),
            revision: revision(&target.live),
            pen,
            mark,
            changes: changes.clone(),
        };
        if self.file.is_none() {
            self.make_file()?;
        }
        self.add(&Line::Intend(Box::new(intent)))?;
        self.intents.push((reference.clone(), changes, Fate::Open));
        Ok(())
    }

    /// Why a step that was taken could not be written down: nothing more may be changed, and what was changed goes on.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// Note what the server made of it. What cannot be written down is a [`failure`](Self::failure): the change is made.
    pub fn wrote(&mut self, changed: &Live) {
        let Some(number) = self.known(&changed.reference) else { return };
        let stored = stored(&self.intents[number].1, changed, self.run());
        let (uid, resource_version) = (changed.uid().to_owned(), changed.resource_version().to_owned());
        let generation = changed.generation();
        let shared = shared(&self.intents[number].1, changed, self.run());
        self.follow(&Line::Wrote(Wrote { number, uid, resource_version, generation, stored, shared }));
        self.intents[number].2 = Fate::Written;
    }

    /// Note what became of it. What cannot be written down is a [`failure`](Self::failure).
    pub fn settle(&mut self, reference: &Reference, fate: Fate) {
        let Some(number) = self.known(reference) else { return };
        self.follow(&Line::Settle(Settle { number, time: jiff::Timestamp::now(), fate }));
        self.intents[number].2 = fate;
    }

    /// Add what came of a step: that has happened, whether it can be written down or not.
    fn follow(&mut self, line: &Line) {
        if let Err(error) = self.add(line) {
            self.failure.get_or_insert(error);
        }
    }

    /// What is written down of an object so far, as [`entries`] will give it.
    pub fn entry(&self, reference: &Reference) -> Result<Option<Entry>, Error> {
        let Some(number) = self.known(reference) else { return Ok(None) };
        let file = self.path();
        let lines = log::read(&file).map_err(|error| unreadable(&file, &error))?;
        Ok(entry::of_lines(lines, &file).into_iter().find(|entry| entry.number == number))
    }

    fn known(&self, reference: &Reference) -> Option<usize> {
        self.intents.iter().rposition(|(own, ..)| own == reference)
    }

    fn path(&self) -> std::path::PathBuf {
        self.place.folder.join(format!("{}.jsonl", self.head.run))
    }

    fn make_file(&mut self) -> Result<(), Error> {
        let path = self.path();
        self.file = Some(log::make(&path).map_err(|error| unwritable(&path, &error))?);
        self.add(&Line::Run(self.head.clone()))
    }

    fn add(&mut self, line: &Line) -> Result<(), Error> {
        let path = self.path();
        let Some(file) = &mut self.file else { return Ok(()) };
        log::add(file, line).map_err(|error| unwritable(&path, &error))
    }
}

/// What the journal of this cluster knows, the newest first; within a run in the order of the run.
pub async fn entries(server: &Server) -> Result<Vec<Entry>, Error> {
    let mut runs = Vec::new();
    for file in Place::of(server).await?.files()? {
        let lines = log::read(&file).map_err(|error| unreadable(&file, &error))?;
        let (mut run, running) = (entry::of_lines(lines, &file), log::is_held(&file));
        run.iter_mut().for_each(|entry| entry.running = running);
        runs.push(run);
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.first().map(|entry| (entry.time, entry.run.clone()))));
    Ok(runs.into_iter().flatten().collect())
}

/// What changes from one object to another: path, before, after. A secret is masked.
pub fn differences(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    let changes = change::between(Some(before), Some(after), "").into_iter();
    let changes = changes.filter(|changed| !changed.is_new_place() && !changed.is_old_place());
    let shown = |kept: Kept| match kept {
        Kept::Value(value) => value,
        Kept::Sha256(_) => crate::secrets::MASK.into(),
    };
    changes.map(|changed| (changed.path.to_string(), changed.before.map(shown), changed.after.map(shown))).collect()
}

/// Note what became of an entry after its run.
pub fn settle(entry: &Entry, fate: Fate) -> Result<(), Error> {
    let line = Line::Settle(Settle { number: entry.number, time: jiff::Timestamp::now(), fate });
    let added = log::open(&entry.file).and_then(|mut file| log::add(&mut file, &line));
    added.map_err(|error| unwritable(&entry.file, &error))
}

/// The annotation [`LAST_APPLIED`] of an object.
pub fn mark_of(object: &Value) -> Option<&str> {
    object.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str()
}

/// An address without a name and a password in it.
fn without_login(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// The revision of its rollout that an object is at, if it has any: the number of a Deployment's, the name of a
/// StatefulSet's.
pub fn revision(live: &Live) -> Option<String> {
    let annotation = |annotations: &Value| annotations.get(REVISION)?.as_str().map(str::to_owned);
    let status = || live.value.get("status")?.get("updateRevision")?.as_str().map(str::to_owned);
    live.value.pointer("/metadata/annotations").and_then(annotation).or_else(status)
}

/// The changes, by their index, that others ask for as well right after the write.
fn shared(changes: &[Changed], changed: &Live, run: &str) -> Vec<usize> {
    let is_shared = |change: &Changed| !claimed::claimants(change, &changed.value, run).is_empty();
    changes.iter().enumerate().filter_map(|(index, change)| is_shared(change).then_some(index)).collect()
}

/// What the server made of the changes, by their index, where that is something else: defaults added, quantities written
/// in another way.
fn stored(changes: &[Changed], changed: &Live, run: &str) -> Vec<(usize, Kept)> {
    let of_one = |(index, change): (usize, &Changed)| {
        let (after, now) = (change.after.as_ref()?, change.path.find(&changed.value)?);
        let stored = match after {
            _ if after.is(now, run) || after.is_place() => return None,
            Kept::Value(_) if crate::secrets::look(now).is_empty() => Kept::Value(now.clone()),
            _ => Kept::Sha256(hidden::hash(now, run)),
        };
        Some((index, stored))
    };
    changes.iter().enumerate().filter_map(of_one).collect()
}
