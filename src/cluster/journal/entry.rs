//! What the journal knows of an object that a run changed.

use super::line::{Head, Intent, Line};
use super::{Changed, Fate, Pen};
use crate::cluster::Reference;
use std::path::{Path, PathBuf};

/// What a run did to one object.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The run's name, such as `2026-11-30T01-20-00Z-4f1c`.
    pub run: String,
    /// When the run began.
    pub time: jiff::Timestamp,
    /// The profile it went by.
    pub profile: String,
    /// The tool's version.
    pub version: String,
    /// The object.
    pub reference: Reference,
    /// Its uid: another object of that name is another object. Empty for one that was about to be made.
    pub uid: String,
    /// Its generation before.
    pub generation: u64,
    /// Its generation after; `None` where it is not known to be written.
    pub written: Option<u64>,
    /// The rollout's revision before, if it has any: the number for a Deployment, the revision's name for a StatefulSet.
    pub revision: Option<String>,
    /// How it was changed.
    pub pen: Pen,
    /// The annotation [`LAST_APPLIED`](super::LAST_APPLIED) before.
    pub mark: Option<String>,
    /// Each value that changed.
    pub changes: Vec<Changed>,
    /// What became of it.
    pub fate: Fate,
    /// When that became known; `None` where it is not.
    pub settled: Option<jiff::Timestamp>,
    /// Whether the run goes on still.
    pub running: bool,
    /// Where the run is written down.
    pub(super) file: PathBuf,
    /// Which of the run's objects this is.
    pub(super) number: usize,
}

impl Entry {
    fn new(head: &Head, intent: Intent, file: &Path) -> Self {
        Self {
            run: head.run.clone(),
            time: head.time,
            profile: head.profile.clone(),
            version: head.version.clone(),
            reference: intent.object.into(),
            uid: intent.uid,
            generation: intent.generation,
            written: None,
            revision: intent.revision,
            pen: intent.pen,
            mark: intent.mark,
            changes: intent.changes,
            fate: Fate::Open,
            settled: None,
            running: false,
            file: file.to_owned(),
            number: intent.number,
        }
    }

    /// How many values changed.
    pub fn values(&self) -> usize {
        self.changes.iter().filter(|changed| !changed.is_new_place() && !changed.is_old_place()).count()
    }

    /// Whether there may be something to take back.
    pub fn is_in_effect(&self) -> bool {
        !matches!(self.fate, Fate::TakenBack | Fate::Refused)
    }

    /// Whether the run ended in the middle of this object, as far as the journal tells.
    pub fn is_open(&self) -> bool {
        matches!(self.fate, Fate::Open | Fate::Written) && !self.running
    }
}

/// The entries of a file, in the order of the run.
pub(super) fn of_lines(lines: Vec<Line>, file: &Path) -> Vec<Entry> {
    let (mut head, mut entries): (Option<Head>, Vec<Entry>) = (None, Vec::new());
    for line in lines {
        match line {
            Line::Run(run) => head = Some(run),
            Line::Intend(intent) => entries.extend(head.as_ref().map(|head| Entry::new(head, *intent, file))),
            Line::Wrote(wrote) => {
                let Some(entry) = of_number(&mut entries, wrote.number) else { continue };
                (entry.fate, entry.uid, entry.written) = (Fate::Written, wrote.uid, Some(wrote.generation));
                for (index, stored) in wrote.stored {
                    if let Some(changed) = entry.changes.get_mut(index) {
                        changed.stored = Some(stored);
                    }
                }
                for index in wrote.shared {
                    if let Some(changed) = entry.changes.get_mut(index) {
                        changed.shared = true;
                    }
                }
            }
            Line::Settle(settle) => {
                let Some(entry) = of_number(&mut entries, settle.number) else { continue };
                (entry.fate, entry.settled) = (settle.fate, Some(settle.time));
            }
        }
    }
    entries
}

fn of_number(entries: &mut [Entry], number: usize) -> Option<&mut Entry> {
    entries.iter_mut().find(|entry| entry.number == number)
}

#[cfg(test)]
pub(crate) struct Fixture {
    pub(crate) before: serde_json::Value,
    pub(crate) after: serde_json::Value,
}

#[cfg(test)]
impl Fixture {
    /// The entry of a run that made the one of the other.
    pub(crate) fn entry(&self) -> Entry {
        let run = "2026-11-30T01-20-00Z-4f1c".to_owned();
        let resource = crate::cluster::Resource::builtin("apps", "v1", "Deployment", "deployments", true);
        let name = "web".to_owned();
        let reference = Reference { resource: std::sync::Arc::new(resource), namespace: Some("shop".to_owned()), name };
        Entry {
            changes: super::change::between(
                Some(&self.before),
                Some(&self.after).filter(|after| !after.is_null()),
                &run,
            ),
            run,
            time: jiff::Timestamp::UNIX_EPOCH,
            profile: "restricted".to_owned(),
            version: "0.1.0".to_owned(),
            reference,
            uid: "uid".to_owned(),
            generation: 1,
            written: Some(2),
            revision: None,
            pen: Pen::JsonPatch,
            mark: None,
            fate: Fate::Healthy,
            settled: None,
            running: false,
            file: PathBuf::new(),
            number: 0,
        }
    }
}
