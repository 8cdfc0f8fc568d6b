//! A temporary file beside its target, known to the handler of Ctrl-C.

use super::super::interrupt::Held;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use tempfile::{Builder, NamedTempFile, TempPath};

/// Hidden, and without an ending that any tool takes for a manifest.
const PREFIX: &str = ".kubectl-harden-";

/// Removed on drop unless it was renamed.
pub(super) struct Temporary(NamedTempFile);

impl Temporary {
    /// Make one in the target's folder, since only within a file system is a rename atomic.
    pub(super) fn beside(target: &Path, held: &mut Held) -> io::Result<Self> {
        let folder = target.parent().unwrap_or(Path::new("."));
        let file = Builder::new().prefix(PREFIX).suffix(".tmp").tempfile_in(folder)?;
        held.push(file.path().to_owned());
        Ok(Self(file))
    }

    /// The same for a file that everybody may read whom the user's mask lets.
    pub(super) fn for_all(target: &Path, held: &mut Held) -> io::Result<Self> {
        let folder = target.parent().unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        held.push(file.path().to_owned());
        Ok(Self(file))
    }

    pub(super) fn file(&self) -> &File {
        self.0.as_file()
    }

    /// Fill it. It is on the disk only once it is [`Finished`].
    pub(super) fn write(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    /// Sync and close it: a set of thousands must not need as many open files.
    pub(super) fn finish(self) -> io::Result<Finished> {
        self.0.as_file().sync_all()?;
        Ok(Finished(self.0.into_temp_path()))
    }
}

/// Complete, and ready to be renamed. Removed on drop.
pub(super) struct Finished(TempPath);

impl Finished {
    /// Put it in the target's place. The guard keeps Ctrl-C from taking it away meanwhile.
    pub(super) fn rename(self, target: &Path, _held: &mut Held) -> io::Result<()> {
        self.0.persist(target).map_err(|error| error.error)
    }
}
