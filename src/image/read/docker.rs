//! What `docker save` and `podman save` write: a tar with `manifest.json`.

use super::archive::{Archive, bounded};
use super::blobs::{Found, Packed, lay};
use super::{Digest, Limits, Trouble, config};
use crate::image::Contents;
use serde::Deserialize;

/// An archive of Docker.
pub(super) struct Saved {
    archive: Archive,
    images: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

impl Saved {
    pub(super) fn open(archive: Archive, limits: &Limits) -> Result<Self, Trouble> {
        let manifest = archive
            .file("manifest.json")?
            .ok_or_else(|| Trouble::Unreadable("it is no archive of Docker: it has no manifest.json".to_owned()))?;
        let images: Vec<Listed> = serde_json::from_slice(&bounded(manifest, limits.json)?)
            .map_err(|error| Trouble::damaged(format!("its manifest.json: {error}")))?;
        Ok(Self { archive, images })
    }

    /// Its images, each with its place in the list.
    pub(super) fn images(&self, limits: &Limits) -> Result<Vec<Found>, Trouble> {
        let found = self.images.iter().map(|image| {
            let names = image.repo_tags.clone().unwrap_or_default();
            Ok(Found { names, digest: Digest::of(&self.config(image, limits)?), hidden: false })
        });
        found.collect()
    }

    /// Read the image at a place in the list.
    pub(super) fn read(&self, index: usize, origin: String, limits: &Limits) -> Result<Contents, Trouble> {
        let image = self.images.get(index).ok_or_else(|| Trouble::damaged("it changed meanwhile"))?;
        let json = self.config(image, limits)?;
        let (config, diff_ids) = config::parse(&json)?;
        let layers = image.layers.as_deref().unwrap_or_default();
        if layers.len() > limits.layers {
            return Err(Trouble::refused(format!("it has more than {} layers", limits.layers)));
        }
        if layers.len() != diff_ids.len() {
            return Err(Trouble::damaged("its config and its manifest.json differ in the number of layers"));
        }
        let layers_read = layers.iter().zip(diff_ids).map(|(name, diff_id)| {
            let stream = self.archive.file(name)?.ok_or_else(|| Trouble::damaged(format!("it lacks {name}")))?;
            Ok(Packed { stream, digest: None, diff_id: Some(diff_id) })
        });
        let files = lay(&config, layers.len(), layers_read, limits)?;
        Ok(Contents { origin, digest: Digest::of(&json).as_str().to_owned(), config, files: Some(files) })
    }

    fn config(&self, image: &Listed, limits: &Limits) -> Result<Vec<u8>, Trouble> {
        let name = &image.config;
        let file = self.archive.file(name)?.ok_or_else(|| Trouble::damaged(format!("it lacks {name}")))?;
        bounded(file, limits.json)
    }
}
