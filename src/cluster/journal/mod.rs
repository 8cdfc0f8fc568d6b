//! What was done to the cluster: one file per run, so that it can be taken back days later, and after a crash.

use super::{Error, Live, Reference, Server, Target};
use serde_json::Value;

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
    /// Taken back, by the run itself or later.
    TakenBack,
    /// Made, failed, and still there.
    Broken,
    /// The server refused it.
    Refused,
}

/// What a run did to one object.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The run's name, such as `2026-11-30T01-20-00Z-4f1c`.
    pub run: String,
    /// The object.
    pub reference: Reference,
    /// Its uid: another object of that name is another object.
    pub uid: String,
    /// How it was changed.
    pub pen: Pen,
    /// Each value that changed: JSON pointer, before, after; `None` for absent.
    pub changes: Vec<(String, Option<Value>, Option<Value>)>,
    /// What became of it.
    pub fate: Fate,
}

/// A run being written down. Every step is on the disk before the next one begins.
#[derive(Debug)]
pub struct Journal {}

impl Journal {
    /// Begin a run on this cluster. The file is made with the first change.
    pub async fn begin(server: &Server, profile: &str) -> Result<Self, Error> {
        let _ = (server, profile);
        Ok(Self {})
    }

    /// The run's name.
    pub fn run(&self) -> &str {
        ""
    }

    /// Note that an object is about to be changed.
    pub fn intend(&mut self, target: &Target, pen: Pen) -> Result<(), Error> {
        let _ = (target, pen);
        Ok(())
    }

    /// Note what the server made of it.
    pub fn wrote(&mut self, changed: &Live) -> Result<(), Error> {
        let _ = changed;
        Ok(())
    }

    /// Note what became of it.
    pub fn settle(&mut self, reference: &Reference, fate: Fate) -> Result<(), Error> {
        let _ = (reference, fate);
        Ok(())
    }
}

/// What the journal of this cluster knows, the newest first.
pub async fn entries(server: &Server) -> Result<Vec<Entry>, Error> {
    let _ = server;
    Ok(Vec::new())
}
