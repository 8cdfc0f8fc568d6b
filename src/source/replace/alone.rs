//! A file that only its owner may read, written as a whole.

use super::super::interrupt;
use super::temporary::Temporary;
use std::path::{Path, PathBuf};

/// What was written, until it is sure that it stays.
#[derive(Debug)]
#[must_use]
pub struct Put {
    target: PathBuf,
    before: Option<String>,
}

/// Write a file that only its owner may read: all of it, or nothing. `before` is what it held; `None` for a new one.
pub fn put(path: &Path, before: Option<&str>, text: &str) -> Result<Put, String> {
    let target = if path.is_symlink() { path.canonicalize() } else { Ok(path.to_owned()) };
    let target = target.map_err(|error| format!("cannot be written: {error}"))?;
    write(&target, text)?;
    Ok(Put { target, before: before.map(str::to_owned) })
}

impl Put {
    /// Make the file what it was before.
    pub fn undo(self) -> Result<(), String> {
        match &self.before {
            Some(before) => write(&self.target, before),
            None => std::fs::remove_file(&self.target).map_err(|error| format!("cannot be removed: {error}")),
        }
    }
}

fn write(target: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot be written: {error}");
    let mut held = interrupt::hold();
    let target = match target.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new(".").join(target),
        _ => target.to_owned(),
    };
    // A temporary file is its owner's alone from the beginning.
    let mut temporary = Temporary::beside(&target, &mut held).map_err(failed)?;
    temporary.write(text).map_err(failed)?;
    temporary.finish().and_then(|ready| ready.rename(&target, &mut held)).map_err(failed)?;
    drop(held);
    super::sync_folders(std::iter::once(target.as_path()));
    Ok(())
}
