//! Read one file without being blocked or flooded by it.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

/// What a file was like when it was read: any difference is a sign of someone else working on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprint {
    length: u64,
    modified: Option<SystemTime>,
    /// Device and inode, where there are such.
    identity: Option<(u64, u64)>,
}

impl Fingerprint {
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let identity = None;
        Self { length: metadata.len(), modified: metadata.modified().ok(), identity }
    }
}

/// The bytes of a regular file of at most `limit` bytes, and what it was like. `Err` is a message for the user.
pub(super) fn read(path: &Path, limit: u64) -> Result<(Vec<u8>, Metadata), String> {
    // Ask before opening: to open a device may already do something.
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    regular(metadata.file_type())?;
    let mut file = open(path).map_err(|error| cannot_read(path, &error))?;
    // And ask what was opened: it may have been exchanged in between.
    let metadata = file.metadata().map_err(|error| cannot_read(path, &error))?;
    regular(metadata.file_type())?;
    if metadata.len() > limit {
        return Err(too_large(Some(metadata.len()), limit));
    }
    let size = usize::try_from(metadata.len()).unwrap_or_default();
    match bounded(&mut file, size, limit) {
        Ok(Some(bytes)) => Ok((bytes, metadata)),
        Ok(None) => Err(too_large(None, limit)),
        Err(error) => Err(cannot_read(path, &error)),
    }
}

/// The text of a regular file of at most `limit` bytes.
pub fn text(path: &Path, limit: u64) -> io::Result<String> {
    // Whether it is there is told apart: everything else is an error.
    std::fs::metadata(path)?;
    let (bytes, _) = read(path, limit).map_err(io::Error::other)?;
    String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8"))
}

/// All bytes of a reader, or `None` when there are more than `limit`. `expected` is a hint of how many there are.
pub(super) fn bounded(reader: impl Read, expected: usize, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(expected.saturating_add(1));
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// The message about something larger than `limit`.
pub(super) fn too_large(length: Option<u64>, limit: u64) -> String {
    let limit = size(limit);
    match length {
        Some(length) => format!("{} is more than the {limit} that are read at once; split it", size(length)),
        None => format!("more than the {limit} that are read at once; split it"),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => "a symbolic link that leads nowhere".to_owned(),
        io::ErrorKind::NotFound => "does not exist (any more)".to_owned(),
        io::ErrorKind::PermissionDenied => "cannot be read: permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

fn regular(kind: FileType) -> Result<(), String> {
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err("a folder, not a file".to_owned());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Err("a named pipe, not a file; to read from a pipe, use - and give it as standard input".to_owned());
        }
        if kind.is_socket() {
            return Err("a socket, not a file".to_owned());
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Err("a device, not a file; to read from one, use - and give it as standard input".to_owned());
        }
    }
    Err("not a regular file".to_owned())
}

/// Open for reading. Should the file have become a pipe since it was looked at, this must not wait for a writer.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // The bits of an open flag fit: the kernel takes an int.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    options.open(path)
}
