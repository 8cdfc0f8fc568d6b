//! A run's file: lines of JSON, each on the disk before the next step is taken.

use super::line::{FORMAT, Line};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Make a file that only the user can read. One that is there is an error.
pub(super) fn make(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).read(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // Says that the run goes on, until the process ends in whatever way. Where a file system knows no locks nothing says so.
    #[cfg(unix)]
    let _ = file.try_lock();
    // So that the file's name is on the disk, too.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Open a file that is there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).read(true).open(path)
}

/// Add a line, and have it on the disk. A line that was cut off before stays by itself.
pub(super) fn add(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    if !ends_a_line(file)? {
        text.insert(0, '\n');
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}

fn ends_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Whether the run that writes a file goes on.
pub(super) fn is_held(path: &Path) -> bool {
    let locked = || Some(matches!(File::open(path).ok()?.try_lock_shared(), Err(TryLockError::WouldBlock)));
    cfg!(unix) && locked().unwrap_or_default()
}

/// The lines of a file. What a kill or a full disk cut off is left out; so is a file that a newer version wrote.
pub(super) fn read(path: &Path) -> io::Result<Vec<Line>> {
    let text = std::fs::read(path)?;
    let lines: Vec<Line> =
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    match lines.first() {
        Some(Line::Run(head)) if head.format <= FORMAT => Ok(lines),
        _ => Ok(Vec::new()),
    }
}
