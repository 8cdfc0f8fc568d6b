//! From the parts of an image to its contents.

use super::archive::bounded;
use super::digest::Verified;
use super::layer::Laying;
use super::manifest::Image;
use super::note::Notes;
use super::tar::Streamed;
use super::unpack::Unpacked;
use super::{Digest, Limits, Trouble, config, files};
use crate::image::{Config, Contents, Files};
use std::io::Read;

/// An image that a source has.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// What the source calls it: whole references, or a tag alone.
    pub(super) names: Vec<String>,
    /// Of its manifest or index; of its config in an archive of Docker.
    pub(super) digest: Digest,
    /// Whether the user selected another one.
    pub(super) hidden: bool,
}

/// Whatever gives parts by their digest.
pub(super) trait Blobs {
    /// The part, not verified yet.
    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + '_>, Trouble>;

    /// A small part, verified.
    fn small(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>, Trouble> {
        digest.verify(bounded(self.open(digest)?, limit)?)
    }
}

/// A layer that can be read.
pub(super) struct Packed<R> {
    pub(super) stream: R,
    /// The digest of the stream as it is.
    pub(super) digest: Option<Digest>,
    /// The digest of what it unpacks to.
    pub(super) diff_id: Option<Digest>,
}

/// Read an image by its manifest.
pub(super) fn read(
    blobs: &dyn Blobs,
    origin: String,
    digest: Digest,
    image: &Image,
    limits: &Limits,
) -> Result<Contents, Trouble> {
    image.must_run()?;
    let (config, _) = config::parse(&blobs.small(&image.config.digest()?, limits.json)?)?;
    let layers = image.layers.iter().map(|layer| {
        let digest = layer.digest()?;
        Ok(Packed { stream: blobs.open(&digest)?, digest: Some(digest), diff_id: None })
    });
    let files = lay(&config, image.layers.len(), layers, limits)?;
    Ok(Contents { origin, digest: digest.as_str().to_owned(), config, files: Some(files) })
}

/// Lay layers on one another, the lowest first, and sum up what comes of it.
pub(super) fn lay<R: Read>(
    config: &Config,
    count: usize,
    layers: impl Iterator<Item = Result<Packed<R>, Trouble>>,
    limits: &Limits,
) -> Result<Files, Trouble> {
    let mut laying = Laying::new(Notes::new(config, count, limits), limits);
    let mut unpacked = 0;
    for (index, layer) in layers.enumerate() {
        let layer = layer?;
        let number = u16::try_from(index).map_err(|_| Trouble::refused("it has too many layers"))?;
        let packed = Verified::new(layer.stream, layer.digest);
        let stream = Verified::new(Unpacked::new(packed, unpacked, limits)?, layer.diff_id);
        let stream = laying.lay(number, Streamed(stream))?.0;
        // What comes behind the tar's end counts for the digests alone.
        let stream = stream.finish()?;
        unpacked = stream.total();
        stream.into_packed().finish()?;
    }
    Ok(files::of(&laying.tree, laying.notes, config, limits))
}
