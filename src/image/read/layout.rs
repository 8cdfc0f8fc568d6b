//! OCI image layouts, in a folder or in a tar: OCI image specification, `image-layout.md`.

use super::archive::{Archive, bounded, plain_file};
use super::blobs::{Blobs, Found};
use super::manifest::{Descriptor, Manifest, choose};
use super::{Digest, Limits, Platform, Trouble};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of a layout.
pub(super) enum Layout {
    Folder(PathBuf),
    Archive(Archive),
}

impl Layout {
    pub(super) fn folder(path: &Path) -> Result<Self, Trouble> {
        if std::fs::metadata(path)?.is_dir() {
            Ok(Self::Folder(path.to_owned()))
        } else {
            Err(Trouble::Unreadable("it is no directory".to_owned()))
        }
    }

    /// The images that `index.json` names.
    pub(super) fn images(&self, limits: &Limits) -> Result<Vec<Found>, Trouble> {
        let index = self
            .file("index.json")?
            .ok_or_else(|| Trouble::Unreadable("it is no OCI image layout: it has no index.json".to_owned()))?;
        let Manifest::Index(images) = Manifest::parse(&bounded(index, limits.json)?, limits)? else {
            return Err(Trouble::damaged("its index.json is no index"));
        };
        let names = |image: &Descriptor| {
            let keys = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
            keys.into_iter().filter_map(|key| image.annotation(key)).map(str::to_owned).collect()
        };
        images.iter().map(|image| Ok(Found { names: names(image), digest: image.digest()?, hidden: false })).collect()
    }

    /// The manifest for a platform below a digest, and its own digest.
    pub(super) fn manifest(
        &self,
        digest: &Digest,
        platform: &Platform,
        limits: &Limits,
    ) -> Result<(Digest, super::manifest::Image), Trouble> {
        let mut digest = digest.clone();
        // An index may name an index; nobody goes deeper.
        for _ in 0..4 {
            match Manifest::parse(&self.small(&digest, limits.json)?, limits)? {
                Manifest::Image(image) => return Ok((digest, image)),
                Manifest::Index(images) => digest = choose(&images, platform)?.digest()?,
            }
        }
        Err(Trouble::refused("its indexes name one another"))
    }

    /// The platforms of the index with this digest; none where it is the manifest of one image.
    pub(super) fn platforms(&self, digest: &Digest, limits: &Limits) -> Result<Vec<String>, Trouble> {
        Ok(Manifest::parse(&self.small(digest, limits.json)?, limits)?.platforms())
    }

    fn file(&self, name: &str) -> Result<Option<Box<dyn Read>>, Trouble> {
        match self {
            Self::Archive(archive) => Ok(archive.file(name)?.map(|file| Box::new(file) as Box<dyn Read>)),
            Self::Folder(folder) => {
                let path = folder.join(name);
                if path.exists() { Ok(Some(Box::new(plain_file(&path)?))) } else { Ok(None) }
            }
        }
    }
}

impl Blobs for Layout {
    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + '_>, Trouble> {
        let file = self.file(&format!("blobs/sha256/{}", digest.hex()))?;
        file.ok_or_else(|| Trouble::damaged(format!("it lacks its part {digest}")))
    }
}
