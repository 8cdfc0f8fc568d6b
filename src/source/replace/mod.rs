//! The safe way back into files.
//!
//! 1. Every file is checked, and its new text written and synced beside it, before any file changes.
//! 2. Then each is looked at once more and replaced by a rename, so that nobody ever sees half a file.
//!
//! A file that cannot be replaced without a loss is refused and stays as it is: it has changed since it was read, is
//! read-only, has several hard links (a rename would part them), or its owner or attributes could not be kept. Symbolic
//! links are followed and stay. An error of the system (a full disk) leaves or puts back every file as it was. Kept are
//! owner, group, mode and, on Linux, extended attributes with the access control list; not kept on other systems are
//! extended attributes and access control lists. Ctrl-C: see [`interrupt`](super::interrupt).

mod alone;
mod attributes;
mod stage;
mod temporary;

pub use alone::{Put, put};

use super::{Manifest, Origin, Refused, interrupt};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use stage::{Failure, Staged};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A manifest and the text its file should have.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'m> {
    /// As it was read.
    pub manifest: &'m Manifest,
    /// The new text. When it is the old one nothing is written.
    pub text: &'m str,
}

/// What became of the files.
#[derive(Debug, Default)]
pub struct Replaced {
    /// The places, in the list given, of those that were written.
    pub written: Vec<usize>,
    /// Those that were left as they are, and why.
    pub refused: Vec<Refused>,
}

/// An error of the system. Every file is as it was, but for those in `changed`.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {message}; {}", state(changed))]
pub struct HardError {
    /// The file it happened at.
    pub origin: Origin,
    /// What happened.
    pub message: String,
    /// Files that have their new text and could not be put back. Nearly always empty.
    pub changed: Vec<PathBuf>,
}

fn state(changed: &[PathBuf]) -> String {
    match changed {
        [] => "every file is as it was".to_owned(),
        _ => {
            let names: Vec<String> = changed.iter().map(|path| path.display().to_string()).collect();
            format!("these files are already changed and could not be put back: {}", names.join(", "))
        }
    }
}

/// Write new texts into the files they were read from. With `all_or_nothing` none is written if any is refused.
pub fn replace(list: &[Replacement<'_>], all_or_nothing: bool) -> Result<Replaced, HardError> {
    replace_with(list, all_or_nothing, Staged::rename)
}

/// Renames a staged file into its place.
type Rename = fn(&mut Staged, &mut interrupt::Held) -> Result<(), Failure>;

fn replace_with(list: &[Replacement<'_>], all_or_nothing: bool, rename: Rename) -> Result<Replaced, HardError> {
    let staged: Vec<(usize, Result<Staged, Failure>)> = list
        .par_iter()
        .enumerate()
        .filter(|(_, item)| item.text != item.manifest.stream.text())
        .map(|(index, item)| (index, Staged::prepare(item.manifest, item.text)))
        .collect();

    let mut outcome = Replaced::default();
    let mut ready = Vec::new();
    for (index, staged) in staged {
        let origin = &list[index].manifest.origin;
        match staged {
            Ok(staged) => ready.push((index, staged)),
            Err(Failure::Refused(message)) => outcome.refused.push(Refused::new(origin, message)),
            Err(Failure::Hard(message)) => {
                return Err(hard(list[index].manifest, &message, Vec::new()));
            }
        }
    }
    if all_or_nothing && !outcome.refused.is_empty() {
        return Ok(outcome);
    }

    let mut done: Vec<(usize, Staged)> = Vec::new();
    let mut held = interrupt::hold();
    for (index, mut staged) in ready {
        if !all_or_nothing {
            // Let a waiting Ctrl-C in; a set that belongs together is not parted.
            drop(held);
            held = interrupt::hold();
        }
        let manifest = list[index].manifest;
        match staged.check(manifest.stream.text()).and_then(|()| rename(&mut staged, &mut held)) {
            Ok(()) => done.push((index, staged)),
            Err(Failure::Refused(message)) => {
                outcome.refused.push(Refused::new(&manifest.origin, message));
                if all_or_nothing {
                    let changed = put_back(list, done, &mut held);
                    return match changed.is_empty() {
                        true => Ok(outcome),
                        false => Err(hard(manifest, "is refused, and all or nothing was asked for", changed)),
                    };
                }
            }
            Err(Failure::Hard(message)) => {
                let changed = put_back(list, done, &mut held);
                return Err(hard(manifest, &message, changed));
            }
        }
    }
    drop(held);
    sync_folders(done.iter().map(|(_, staged)| staged.target()));
    outcome.written = done.iter().map(|(index, _)| *index).collect();
    Ok(outcome)
}

fn hard(manifest: &Manifest, message: &str, changed: Vec<PathBuf>) -> HardError {
    HardError { origin: manifest.origin.clone(), message: message.to_owned(), changed }
}

/// Give the files that are done their old text again. Returns those that could not be given it.
fn put_back(list: &[Replacement<'_>], done: Vec<(usize, Staged)>, held: &mut interrupt::Held) -> Vec<PathBuf> {
    let mut changed = Vec::new();
    for (index, staged) in done.into_iter().rev() {
        let manifest = list[index].manifest;
        if staged.put_back(manifest.stream.text(), held).is_err() {
            changed.push(staged.target().to_owned());
        }
    }
    changed
}

/// Make the renames last through a power failure.
fn sync_folders<'p>(files: impl Iterator<Item = &'p Path>) {
    let folders: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
    #[cfg(unix)]
    for folder in folders {
        // The files are complete whatever happens here, and some file systems cannot do it.
        let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    #[cfg(not(unix))]
    let _ = folders;
}

#[cfg(test)]
mod tests;
