//! Reads images: layouts and archives on disk, registries.
//!
//! [`inspect`] takes the references that manifests write and gives the [`Contents`] of those it can read. Layers are
//! streamed once, in bounded time and memory, and nothing is unpacked to disk. What cannot be read costs precision and
//! nothing else: it comes back as a warning. All input is taken for hostile.

#![allow(clippy::disallowed_methods)] // An edge: it opens files and talks to registries.

mod accounts;
mod archive;
mod blobs;
mod capability;
mod config;
mod digest;
mod docker;
mod files;
mod layer;
mod layout;
mod limits;
mod manifest;
mod name;
mod named_users;
mod note;
mod platform;
mod scripts;
mod secrets;
mod source;
mod store;
mod tar;
mod tree;
mod trouble;
mod unpack;

pub use limits::Limits;
pub use platform::Platform;
pub use source::Source;
pub use trouble::Trouble;

use super::Contents;
use digest::Digest;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use store::Store;

/// From where images are read, and for which platform.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Layouts and archives; the first that has an image counts.
    pub sources: Vec<Source>,
    /// Which of the images under one name.
    pub platform: Platform,
    /// How much may be read.
    pub limits: Limits,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Inspected {
    /// By the reference as the manifest writes it.
    pub contents: HashMap<String, Arc<Contents>>,
    /// What could not be read, a sentence each, without a full stop.
    pub warnings: Vec<String>,
}

/// A source that is no source: a mistake on the command line.
#[derive(Debug, thiserror::Error)]
#[error("the image source {source_name} {trouble}")]
pub struct SourceError {
    source_name: String,
    trouble: Trouble,
}

/// Read the images that these references mean.
pub fn inspect(wanted: &BTreeSet<&str>, options: &Options) -> Result<Inspected, SourceError> {
    let open = |source: &Source| {
        let opened = Store::open(source, &options.limits);
        opened.map_err(|trouble| SourceError { source_name: source.to_string(), trouble })
    };
    let stores: Vec<Store> = options.sources.iter().map(open).collect::<Result<_, _>>()?;
    // An image that several references mean is read once.
    let mut places: Vec<((usize, usize), Vec<&str>)> = Vec::new();
    for reference in wanted {
        let place = stores.iter().enumerate().find_map(|(at, store)| Some((at, store.find(reference)?)));
        let Some(place) = place else { continue };
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, references)) => references.push(reference),
            None => places.push((place, vec![reference])),
        }
    }
    let read: Vec<_> = places
        .par_iter()
        .map(|((store, image), _)| stores[*store].read(*image, &options.platform, &options.limits).map(Arc::new))
        .collect();
    let mut inspected = Inspected::default();
    for ((_, references), read) in places.iter().zip(read) {
        match read {
            Ok(contents) => {
                inspected.contents.extend(references.iter().map(|name| ((*name).to_owned(), contents.clone())));
            }
            Err(trouble) => inspected.warnings.push(format!("the image {} {trouble}", references[0])),
        }
    }
    for (at, store) in stores.iter().enumerate() {
        if !places.iter().any(|((store, _), _)| *store == at) {
            inspected.warnings.push(store.unused());
        }
    }
    Ok(inspected)
}
