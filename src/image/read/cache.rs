//! What was read of an image before, by the digest of its manifest: content that has a digest never changes.
//!
//! Files hold JSON in gzip, whose checksum tells a damaged one; such a file counts for nothing and is written anew. A
//! cache that cannot be used costs time and nothing else.

use super::Digest;
use crate::image::Contents;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The form of the files; another one is not read. Raise it with every change of [`Contents`] or of what is read.
const FORMAT: u32 = 1;

/// Bytes that the whole cache may have; beyond, the oldest files go.
const SIZE: u64 = 256 << 20;

/// Bytes that one file may unpack to.
const UNPACKED: u64 = 256 << 20;

/// A folder of what was read.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

#[derive(Serialize)]
struct Written<'c> {
    format: u32,
    contents: &'c Contents,
}

#[derive(Deserialize)]
struct Kept {
    format: u32,
    contents: Contents,
}

impl Cache {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// What is known of the image with this manifest.
    pub(super) fn get(&self, digest: &Digest) -> Option<Contents> {
        let file = fs::File::open(self.path(digest)).ok()?;
        let mut json = Vec::new();
        flate2::read::GzDecoder::new(file).take(UNPACKED).read_to_end(&mut json).ok()?;
        let kept: Kept = serde_json::from_slice(&json).ok()?;
        (kept.format == FORMAT && kept.contents.digest == digest.as_str()).then_some(kept.contents)
    }

    /// Keep what was read.
    pub(super) fn put(&self, digest: &Digest, contents: &Contents) -> std::io::Result<()> {
        make_private(&self.folder)?;
        let json = serde_json::to_vec(&Written { format: FORMAT, contents })?;
        // Made for the user alone, and complete before it has its name.
        let file = tempfile::NamedTempFile::new_in(&self.folder)?;
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(&json)?;
        gzip.finish()?.persist(self.path(digest))?;
        self.evict(SIZE)
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}.json.gz", digest.hex()))
    }

    /// Delete the oldest files beyond a size.
    fn evict(&self, size: u64) -> std::io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let meta = entry.metadata()?;
            files.push((meta.modified()?, meta.len(), entry.path()));
        }
        files.sort_by_key(|(age, ..)| std::cmp::Reverse(*age));
        let mut kept = 0;
        for (_, length, path) in files {
            kept += length;
            if kept > size {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// Make a folder that is the user's alone.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Where the user's programs keep what they can make anew: `images` below the program's own folder there.
pub(crate) fn usual_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let base = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Caches"))
    } else {
        // The specification of base directories: a path that is not absolute does not count.
        set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| Some(home()?.join(".cache")))
    };
    base.map(|base| base.join("kubectl-harden/images"))
}

#[cfg(test)]
mod tests {
    use super::{Cache, Digest};
    use crate::image::Contents;

    #[test]
    fn what_is_kept_is_there_until_it_is_damaged() {
        let place = tempfile::TempDir::new().unwrap();
        let cache = Cache::new(&place.path().join("a/b"));
        let digest = Digest::of(b"x");
        assert_eq!(cache.get(&digest), None);
        let contents = Contents { digest: digest.as_str().to_owned(), ..Contents::default() };
        cache.put(&digest, &contents).unwrap();
        assert_eq!(cache.get(&digest), Some(contents.clone()));
        assert_eq!(cache.get(&Digest::of(b"y")), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&cache.folder), mode(&cache.path(&digest))), (0o700, 0o600));
        }

        let path = cache.path(&digest);
        let whole = std::fs::read(&path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(cache.get(&digest), None, "byte {at}");
        }
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert_eq!(cache.get(&digest), None);
        cache.put(&digest, &contents).unwrap();
        assert_eq!(cache.get(&digest), Some(contents));
    }

    #[test]
    fn the_oldest_go_first() {
        let place = tempfile::TempDir::new().unwrap();
        let cache = Cache::new(place.path());
        for (name, age) in [("old", 9), ("new", 1), ("middle", 5)] {
            let file = std::fs::File::create(place.path().join(name)).unwrap();
            file.set_len(10).unwrap();
            file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
        }
        cache.evict(20).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["middle", "new"]);
    }
}
