//! Reads images: layouts and archives on disk, registries.
//!
//! [`inspect`] takes the references that manifests write and gives the [`Contents`] of those it can read. Layers are
//! streamed once, in bounded time and memory, and nothing is unpacked to disk. What cannot be read costs precision and
//! nothing else: it comes back as a warning. All input is taken for hostile.

#![allow(clippy::disallowed_methods)] // An edge: it opens files and talks to registries.

mod accounts;
mod archive;
mod blobs;
mod cache;
mod capability;
mod config;
mod digest;
mod docker;
mod files;
mod layer;
mod layout;
mod limits;
mod manifest;
mod named_users;
mod note;
mod platform;
mod registry;
mod scripts;
mod secrets;
mod source;
mod store;
mod tar;
mod tree;
mod trouble;
mod unpack;

pub(crate) use cache::usual_folder;
pub use limits::Limits;
pub use platform::Platform;
pub use registry::Settings;
pub use source::Source;
pub use trouble::Trouble;

use super::{Contents, Pin, PinSource, Reference};
use cache::Cache;
use digest::Digest;
use rayon::prelude::*;
use registry::Registries;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;

/// From where images are read, and for which platform.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Layouts and archives; the first that has an image counts.
    pub sources: Vec<Source>,
    /// The registries, for what no source has; `None` asks none.
    pub registries: Option<Settings>,
    /// Where to keep what registries gave; `None` keeps nothing.
    pub cache: Option<PathBuf>,
    /// Whether to find out the digests behind tags.
    pub pins: bool,
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
    /// The digests behind tags, by the reference as the manifest writes it.
    pub pins: HashMap<String, Pin>,
    /// What could not be read, a sentence each, without a full stop.
    pub warnings: Vec<String>,
}

/// A mistake on the command line: a source that is none, a file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OptionError(String);

/// Images that are read at the same time: what they need is mostly patience.
const AT_ONCE: usize = 4;

/// Read the images that these references mean.
pub fn inspect(wanted: &BTreeSet<&str>, options: &Options) -> Result<Inspected, OptionError> {
    let open = |source: &Source| {
        let opened = Store::open(source, &options.limits);
        opened.map_err(|trouble| OptionError(format!("the image source {source} {trouble}")))
    };
    let stores: Vec<Store> = options.sources.iter().map(open).collect::<Result<_, _>>()?;
    let registries = options.registries.as_ref().map(Registries::new).transpose().map_err(OptionError)?;
    let cache = options.cache.as_deref().map(Cache::new);
    // An image that several references mean is read once.
    let mut places: Vec<(Place, Vec<&str>)> = Vec::new();
    for wanted in wanted {
        let Ok(reference) = Reference::parse(wanted) else { continue };
        let stored = stores.iter().enumerate().find_map(|(at, store)| Some(Place::Store(at, store.find(&reference)?)));
        let place = match stored {
            Some(place) => place,
            None if registries.is_some() => Place::Registry(reference),
            None => continue,
        };
        match places.iter_mut().find(|(other, _)| *other == place) {
            Some((_, references)) => references.push(wanted),
            None => places.push((place, vec![wanted])),
        }
    }
    let read = |place: &Place| match (place, &registries) {
        (Place::Store(store, image), _) => {
            let contents = stores[*store].read(*image, &options.platform, &options.limits);
            (contents, options.pins.then(|| stores[*store].pin(*image, &options.limits)).flatten())
        }
        (Place::Registry(reference), Some(registries)) => pull(registries, cache.as_ref(), reference, options),
        (Place::Registry(_), None) => (Err(Trouble::NotFound("any source".to_owned())), None),
    };
    let read = || -> Vec<_> { places.par_iter().map(|(place, _)| read(place)).collect() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
    let all = pool.map_or_else(|_| read(), |pool| pool.install(read));

    let mut inspected = Inspected::default();
    for ((_, references), (contents, pin)) in places.iter().zip(all) {
        match pin {
            Some(Ok(pin)) => inspected.pins.extend(references.iter().map(|name| ((*name).to_owned(), pin.clone()))),
            Some(Err(trouble)) => {
                inspected.warnings.push(format!("the tag of {} is not pinned: it {trouble}", references[0]));
            }
            None => {}
        }
        match contents {
            Ok(contents) => {
                let contents = Arc::new(contents);
                inspected.contents.extend(references.iter().map(|name| ((*name).to_owned(), contents.clone())));
            }
            Err(trouble) => inspected.warnings.push(format!("the image {} {trouble}", references[0])),
        }
    }
    for (at, store) in stores.iter().enumerate() {
        if !places.iter().any(|(place, _)| matches!(place, Place::Store(store, _) if *store == at)) {
            inspected.warnings.push(store.unused());
        }
    }
    Ok(inspected)
}

/// Where an image is.
#[derive(PartialEq, Eq)]
enum Place {
    /// A source, and the place in its list.
    Store(usize, usize),
    Registry(Reference),
}

/// What was read of an image, and the digest behind its tag where that was asked for.
type Pulled = (Result<Contents, Trouble>, Option<Result<Pin, Trouble>>);

/// Read an image of a registry, unless that was done before.
fn pull(registries: &Registries, cache: Option<&Cache>, reference: &Reference, options: &Options) -> Pulled {
    let origin = reference.registry().to_owned();
    let stated = reference.digest().and_then(Digest::parse);
    let cached = |digest: &Digest| Some(Contents { origin: origin.clone(), ..cache?.get(digest)? });
    if let Some(contents) = stated.as_ref().and_then(cached) {
        return (Ok(contents), None);
    }
    let repository = registries.repository(reference);
    let name = reference.digest().or(reference.tag()).unwrap_or("latest");
    let named = match repository.named(name, &options.limits) {
        Ok(named) => named,
        Err(trouble) => return (Err(trouble), None),
    };
    let pin = (options.pins && reference.digest().is_none()).then(|| {
        repository.confirm(name, &named.0, &options.limits)?;
        Ok(Pin {
            digest: named.0.as_str().to_owned(),
            platforms: named.1.platforms(),
            source: PinSource::Registry,
            origin: origin.clone(),
            resolved_at: String::new(),
        })
    });
    let read = || {
        let (digest, image) = repository.image(named, &options.platform, &options.limits)?;
        if let Some(contents) = cached(&digest) {
            return Ok(contents);
        }
        let contents = blobs::read(&repository, origin.clone(), digest.clone(), &image, &options.limits)?;
        if let Some(cache) = cache {
            // It is only slower without.
            let _ = cache.put(&digest, &contents);
        }
        Ok(contents)
    };
    (read(), pin)
}
