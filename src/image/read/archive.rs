//! The tar around an image: found once, read anywhere.

use super::tar::{Kind, Reader};
use super::{Limits, Trouble};
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Take};
use std::path::{Path, PathBuf};

/// A file within the archive, and where a link leads.
enum Inner {
    File { at: u64, size: u64 },
    Link(String),
}

/// An archive by its files.
pub(super) struct Archive {
    path: PathBuf,
    files: HashMap<String, Inner>,
}

impl Archive {
    /// Find what is where. Nothing but headers is read.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, Trouble> {
        let mut file = plain_file(path)?;
        let length = file.metadata()?.len();
        let mut start = [0; 4];
        let read = file.read(&mut start)?;
        if matches!(&start[..read], [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd] | b"BZh9" | [0xfd, b'7', b'z', b'X']) {
            return Err(Trouble::refused(
                "it is compressed: unpack it first, its layers must be found without reading all",
            ));
        }
        file.seek(SeekFrom::Start(0))?;
        let mut tar = Reader::new(file);
        let mut files = HashMap::new();
        while let Some(entry) = tar.next()? {
            let name = tidy(&entry.path);
            match entry.kind {
                Kind::File if tar.position() + entry.size > length => return Err(Trouble::damaged("it is cut off")),
                Kind::File => drop(files.insert(name, Inner::File { at: tar.position(), size: entry.size })),
                Kind::HardLink => drop(files.insert(name, Inner::Link(tidy(&entry.link)))),
                Kind::Symlink => {
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    let target = tidy(&format!("{folder}/{}", entry.link));
                    files.insert(name, Inner::Link(target));
                }
                _ => {}
            }
            if files.len() as u64 > limits.entries / 10 {
                return Err(Trouble::refused("it has far too many files"));
            }
        }
        Ok(Self { path: path.to_owned(), files })
    }

    /// A file by its name. `None` where there is none.
    pub(super) fn file(&self, name: &str) -> Result<Option<Take<File>>, Trouble> {
        let mut name = name.to_owned();
        // Old versions of Docker link layers that are the same.
        for _ in 0..8 {
            match self.files.get(&name) {
                Some(Inner::Link(target)) => name.clone_from(target),
                Some(Inner::File { at, size }) => {
                    let mut file = plain_file(&self.path)?;
                    file.seek(SeekFrom::Start(*at))?;
                    return Ok(Some(file.take(*size)));
                }
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}

/// Open a file; whatever else could block.
pub(super) fn plain_file(path: &Path) -> Result<File, Trouble> {
    if std::fs::metadata(path)?.is_file() {
        Ok(File::open(path)?)
    } else {
        Err(Trouble::Unreadable("it is no file".to_owned()))
    }
}

/// All of a stream, up to a limit.
pub(super) fn bounded(reader: impl Read, limit: u64) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(Trouble::refused(format!("its index, manifest or config has more than {} MiB", limit >> 20)));
    }
    Ok(bytes)
}

/// `./a/../b` is `b`; nothing leads out.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
