//! Take a change back: what we changed returns to what it was, what others changed since stays.
//!
//! ```text
//! restore     three-way: before the run, after it, now; by the keys of lists, not by positions
//! mark        the mark of the run before returns
//! history     what the cluster itself remembers of earlier pod templates
//! created     what the run made goes, if it is as it was made
//! deleted     what the run deleted is made again, if it is as the journal has it
//! stateful    pods of a StatefulSet that stick
//! release     fields that we need not own any more
//! ```

mod created;
mod deleted;
mod history;
mod mark;
mod release;
mod restore;
mod stateful;
mod told;

pub use history::rollout_undo;

use super::journal::{self, Entry, Fate, Pen, mark_of};
use super::{DryRun, Error, Live, Patch, Reference, Server, Write};
use json_patch::diff;
use mark::is_of;
use restore::Trust;
use serde_json::Value;

/// How often a change is tried anew when the object changes meanwhile.
const TRIES: usize = 5;

/// What taking back came to.
#[derive(Debug, Clone)]
pub enum TakenBack {
    /// The object is as it was, but for what others changed since.
    Done {
        /// What was planned, and done.
        plan: Box<Plan>,
        /// The object now; as it was last, where it was made by the run and is gone with this.
        live: Box<Live>,
        /// Pods that keep their controller from going on, and that could not be deleted: a sentence each.
        stuck: Vec<String>,
    },
    /// Nothing of the change is there any more.
    Nothing,
    /// The object is gone, or another one of that name.
    Gone,
}

/// What taking back would do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The object now; its value is null where the run deleted it.
    pub live: Live,
    /// What it becomes; `None` where it is deleted.
    pub after: Option<Value>,
    /// What cannot be taken back, and why: a sentence each.
    pub left: Vec<String>,
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_nothing(&self) -> bool {
        self.after.as_ref() == Some(&self.live.value)
    }
}

/// What taking back would do; `None` where the object is gone, or another one of that name.
pub async fn plan(server: &Server, entry: &Entry) -> Result<Option<Plan>, Error> {
    let mut entry = entry.clone();
    if entry.mark.is_some() {
        // Without the journal it is the mark that was there.
        let all = journal::entries(server).await.unwrap_or_default();
        entry.mark = mark::before(&entry, &all);
    }
    let entry = &entry;
    let live = match server.get(&entry.reference).await {
        Err(error) if error.is_not_found() && entry.pen == Pen::Delete => return Ok(Some(deleted::plan(entry))),
        Err(error) if error.is_not_found() => return Ok(None),
        other => other?,
    };
    // What an undo has made again is the object of the run as well.
    let is_made_again = || is_of(mark_of(&live.value), entry) && created::is_ours_alone(&live.value);
    if !entry.uid.is_empty() && live.uid() != entry.uid && !is_made_again() {
        return Ok(None);
    }
    if entry.pen == Pen::Delete {
        // The run ended before it was gone.
        return Ok(Some(Plan { after: Some(live.value.clone()), live, left: Vec::new() }));
    }
    if entry.pen == Pen::Create {
        return created::plan(server, entry, live).await.map(Some);
    }
    let hidden = entry.changes.iter().any(restore::is_hidden);
    let templates = if hidden { history::templates(server, &live).await? } else { Vec::new() };
    let restored = restore::restored(&live.value, entry, trust(entry, &live), &templates);
    Ok(Some(Plan { live, after: Some(restored.value), left: restored.left }))
}

/// Take back what an entry says was done, as far as it is still there. Pods of a StatefulSet that stick are deleted.
/// A second time there is nothing to do. The journal is the caller's to settle.
pub async fn take_back(server: &Server, entry: &Entry, dry_run: bool) -> Result<TakenBack, Error> {
    let mut tries = 0;
    let (plan, live) = loop {
        let Some(plan) = plan(server, entry).await? else { return Ok(TakenBack::Gone) };
        tries += 1;
        match write(server, &plan, dry_run).await {
            Err(error) if error.is_stale() && tries < TRIES => {}
            other => break (plan, other?),
        }
    };
    let mut stuck = Vec::new();
    if !dry_run && plan.after.is_some() && entry.pen != Pen::Delete {
        release::fields(server, &live, entry).await;
        stuck = stateful::free(server, &live, entry).await;
    }
    if plan.is_nothing() && plan.left.is_empty() && stuck.is_empty() {
        return Ok(TakenBack::Nothing);
    }
    Ok(TakenBack::Done { plan: Box::new(plan), live: Box::new(live), stuck })
}

/// Do what the plan says to the very object that it was made for: what that is then.
async fn write(server: &Server, plan: &Plan, dry_run: bool) -> Result<Live, Error> {
    let Plan { live, after, .. } = plan;
    let Some(after) = after else {
        if !dry_run {
            server.delete(&live.reference, live.uid()).await?;
        }
        return Ok(live.clone());
    };
    if plan.is_nothing() {
        return Ok(live.clone());
    }
    let dry_run = if dry_run { DryRun::Server } else { DryRun::No };
    if live.value.is_null() {
        let Reference { resource, namespace, .. } = &live.reference;
        return server.create(resource, namespace.as_deref(), after, Write { dry_run, ..Write::default() }).await;
    }
    let patch = Patch::locked(live, diff(&live.value, after).0);
    server.patch(&live.reference, &patch, Write { dry_run, ..Write::default() }).await
}

/// Whether what stands there can only be what the run wrote: it left its mark, and nothing was written since. Matters where
/// the run ended before it could note what the server made of its values.
fn trust(entry: &Entry, live: &Live) -> Trust {
    let next = live.generation() > 0 && live.generation() == entry.generation + 1;
    let unknown = entry.fate == Fate::Open && entry.written.is_none();
    if unknown && next && is_of(mark_of(&live.value), entry) { Trust::AllIsOurs } else { Trust::OnlyWhatWeKnow }
}
