//! One file on its way: checked, written beside its target, renamed, and put back if others fail.

use super::super::file::{Fingerprint, read};
use super::super::interrupt::{self, Held};
use super::super::{Manifest, Origin};
use super::attributes;
use super::temporary::{Finished, Temporary};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Why a file was not replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is about this file: the others can go on.
    Refused(String),
    /// The system failed: no file should be written.
    Hard(String),
}

/// A new text that stands ready beside its target.
pub(super) struct Staged {
    target: PathBuf,
    /// `None` for a new file.
    fingerprint: Option<Fingerprint>,
    modified: Option<SystemTime>,
    /// `None` once it is renamed.
    ready: Option<Finished>,
}

impl Staged {
    /// Check the file a manifest was read from and write the new text beside it.
    pub(super) fn prepare(manifest: &Manifest, text: &str) -> Result<Self, Failure> {
        if let (Origin::File(path), true) = (&manifest.origin, manifest.is_new) {
            return Self::prepare_new(path, text);
        }
        let (Origin::File(path), Some(fingerprint)) = (&manifest.origin, &manifest.fingerprint) else {
            return refuse("not a file, so it cannot be rewritten; render prints the new text");
        };
        let target = path.canonicalize().map_err(|error| system("cannot be found again", &error))?;
        unchanged(&target, fingerprint, manifest.stream.text())?;
        let original = open_to_write(&target)?;
        let metadata = original.metadata().map_err(|error| system("cannot be read", &error))?;
        single_name(&metadata)?;
        let temporary = Temporary::beside(&target, &mut interrupt::hold()).map_err(no_room)?;
        let ready = Some(fill(temporary, text, &original, None)?);
        Ok(Self { target, fingerprint: Some(fingerprint.clone()), modified: metadata.modified().ok(), ready })
    }

    /// Write the text of a file that is not there yet beside its place.
    fn prepare_new(path: &Path, text: &str) -> Result<Self, Failure> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().map_err(|error| system("its folder cannot be found", &error))?;
        let target = folder.join(path.file_name().unwrap_or_default());
        absent(&target)?;
        let mut temporary = Temporary::for_all(&target, &mut interrupt::hold()).map_err(no_room)?;
        let cannot_write = |error: io::Error| Failure::Hard(format!("the new text cannot be written: {error}"));
        temporary.write(text).map_err(cannot_write)?;
        let ready = Some(temporary.finish().map_err(cannot_write)?);
        Ok(Self { target, fingerprint: None, modified: None, ready })
    }

    /// The file itself, all links followed.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The last look before the rename.
    pub(super) fn check(&self, before: &str) -> Result<(), Failure> {
        match &self.fingerprint {
            Some(fingerprint) => unchanged(&self.target, fingerprint, before),
            None => absent(&self.target),
        }
    }

    /// Put the new text in its place.
    pub(super) fn rename(&mut self, held: &mut Held) -> Result<(), Failure> {
        let Some(ready) = self.ready.take() else { return Ok(()) };
        ready.rename(&self.target, held).map_err(|error| system("cannot be replaced", &error))
    }

    /// Give the file its old text and time again, after it was renamed; a new one goes.
    pub(super) fn put_back(&self, before: &str, held: &mut Held) -> Result<(), Failure> {
        if self.fingerprint.is_none() {
            return std::fs::remove_file(&self.target).map_err(|error| system("cannot be taken away again", &error));
        }
        let original = open_to_write(&self.target)?;
        let temporary = Temporary::beside(&self.target, held).map_err(no_room)?;
        let ready = fill(temporary, before, &original, self.modified)?;
        ready.rename(&self.target, held).map_err(|error| system("cannot be replaced", &error))
    }
}

fn refuse<T>(message: &str) -> Result<T, Failure> {
    Err(Failure::Refused(message.to_owned()))
}

/// An error of the system: about this file when it says who may do what, else about the machine.
fn system(what: &str, error: &io::Error) -> Failure {
    match error.kind() {
        ErrorKind::PermissionDenied => Failure::Refused(format!("{what}: permission denied")),
        ErrorKind::NotFound => Failure::Refused(format!("{what}: it is gone")),
        ErrorKind::ReadOnlyFilesystem => Failure::Refused(format!("{what}: the file system is read-only")),
        _ => Failure::Hard(format!("{what}: {error}")),
    }
}

fn no_room(error: io::Error) -> Failure {
    system("no new file can be made beside it", &error)
}

/// Nobody else has worked on the file: it is the same one, of the same size and time, with the very bytes read.
fn unchanged(target: &Path, fingerprint: &Fingerprint, before: &str) -> Result<(), Failure> {
    const CHANGED: &str = "has changed since it was read; run again";
    let metadata = std::fs::metadata(target).map_err(|error| system("cannot be found again", &error))?;
    if Fingerprint::of(&metadata) != *fingerprint {
        return refuse(CHANGED);
    }
    let (bytes, metadata) = read(target, before.len() as u64).map_err(Failure::Refused)?;
    match bytes == before.as_bytes() && Fingerprint::of(&metadata) == *fingerprint {
        true => Ok(()),
        false => refuse(CHANGED),
    }
}

/// Nobody has made the file meanwhile.
fn absent(target: &Path) -> Result<(), Failure> {
    match target.symlink_metadata() {
        Ok(_) => refuse("is there already; run again"),
        Err(_) => Ok(()),
    }
}

/// A rename needs no leave to write the file itself, so ask for it: read-only means hands off.
fn open_to_write(target: &Path) -> Result<File, Failure> {
    let metadata = std::fs::metadata(target).map_err(|error| system("cannot be found again", &error))?;
    if metadata.permissions().readonly() {
        return refuse("is read-only; make it writable first");
    }
    OpenOptions::new().write(true).open(target).map_err(|error| system("cannot be written", &error))
}

/// A rename would part the names of a file with several, writing through them all could stop half way, and which of
/// the two is meant (a backup made of links, a file shared on purpose) only its owner knows.
fn single_name(metadata: &Metadata) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if metadata.nlink() > 1 {
            let message = format!(
                "has {} hard links, and replacing it would part them; write the new text into it yourself with render",
                metadata.nlink()
            );
            return Err(Failure::Refused(message));
        }
    }
    #[cfg(not(unix))]
    let _ = metadata;
    Ok(())
}

/// Write a text, as much like the original as it can be, and have it on the disk.
fn fill(
    mut temporary: Temporary,
    text: &str,
    original: &File,
    modified: Option<SystemTime>,
) -> Result<Finished, Failure> {
    let cannot_write = |error: io::Error| Failure::Hard(format!("the new text cannot be written: {error}"));
    temporary.write(text).map_err(cannot_write)?;
    attributes::copy(original, temporary.file()).map_err(Failure::Refused)?;
    if let Some(modified) = modified {
        temporary.file().set_modified(modified).map_err(cannot_write)?;
    }
    temporary.finish().map_err(cannot_write)
}
