//! Read everything a request names, several at a time, in stable order.

use super::file::{Fingerprint, bounded, read, too_large};
use super::names::{Found, expand};
use super::request::{Limits, NameError, Request};
use super::text::text;
use super::{Gathered, Manifest, Origin, Refused, Skipped, kustomize, url};
use crate::manifest::Stream;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What became of one thing that was named.
enum Loaded {
    Manifest(Box<Manifest>),
    /// Not needed, and the number of its documents.
    Other(Origin, usize),
    Skipped(Skipped),
}

/// Read and parse everything the request names.
///
/// `Err` when the request names nothing that could be read. Whatever goes wrong with one thing is in the answer.
pub fn gather(request: &Request<'_>) -> Result<Gathered, NameError> {
    let found = expand(request)?;
    request.progress.expect(found.len());
    let each = |entry: Found| {
        let loaded = entry.and_then(|origin| load(origin, request));
        request.progress.tick();
        loaded
    };
    // One thing alone is not worth starting threads for.
    let loaded: Vec<Result<Loaded, Refused>> = match found.len() {
        1 => found.into_iter().map(each).collect(),
        _ => found.into_par_iter().map(each).collect(),
    };
    request.progress.finish();

    let mut gathered = Gathered::default();
    for loaded in loaded {
        match loaded {
            Ok(Loaded::Manifest(manifest)) => gathered.manifests.push(*manifest),
            Ok(Loaded::Skipped(skipped)) => gathered.skipped.push(skipped),
            Ok(Loaded::Other(origin, documents)) => {
                gathered.other_manifests.push(origin);
                gathered.other_documents += documents;
            }
            Err(refused) => gathered.refused.push(refused),
        }
    }
    Ok(gathered)
}

fn load(origin: Origin, request: &Request<'_>) -> Result<Loaded, Refused> {
    let (bytes, fingerprint) = bytes(&origin, &request.limits).map_err(|message| Refused::new(&origin, message))?;
    let text = text(bytes).map_err(|error| Refused {
        origin: origin.clone(),
        position: error.position,
        message: error.message,
    })?;
    match Stream::read(text) {
        Ok(stream) if (request.keep)(&stream) => {
            Ok(Loaded::Manifest(Box::new(Manifest { origin, stream, fingerprint, is_new: false })))
        }
        Ok(stream) => Ok(Loaded::Other(origin, stream.len())),
        Err(error) if error.template => Ok(Loaded::Skipped(Skipped { origin, why: error.message })),
        Err(error) => Err(Refused { origin, position: Some(error.position), message: error.message }),
    }
}

/// The bytes, and what is needed to write them back. `Err` is a message for the user.
fn bytes(origin: &Origin, limits: &Limits) -> Result<(Vec<u8>, Option<Fingerprint>), String> {
    let bytes = match origin {
        Origin::File(path) => {
            let (bytes, metadata) = read(path, limits.file)?;
            return Ok((bytes, Some(Fingerprint::of(&metadata))));
        }
        Origin::Stdin => bounded(std::io::stdin().lock(), 0, limits.file)
            .map_err(|error| format!("cannot be read: {error}"))?
            .ok_or_else(|| too_large(None, limits.file))?,
        Origin::Url(url) => url::fetch(url, limits)?,
        Origin::Kustomize(folder) => kustomize::build(folder, limits.file)?,
        Origin::Live(_) => return Err("it is an object of a cluster, no text".to_owned()),
    };
    Ok((bytes, None))
}
