//! From what the user named to the list of things to read, before anything is read.

use super::request::{NameError, Request};
use super::{Origin, Refused, glob, walk};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Something to read, or why it cannot be.
pub(super) type Found = Result<Origin, Refused>;

/// Everything the request names, in its order, each file once.
pub(super) fn expand(request: &Request<'_>) -> Result<Vec<Found>, NameError> {
    if let Some(folder) = &request.kustomize {
        return match request.names.is_empty() {
            true => Ok(vec![Ok(Origin::Kustomize(folder.clone()))]),
            false => Err(NameError::KustomizeBesideFiles),
        };
    }
    if request.names.is_empty() {
        return Err(NameError::Nothing);
    }
    let mut found = Vec::new();
    for name in request.names.iter().flat_map(|name| split(name, request.commas)) {
        if !(request.ignore_named && walk::is_ignored(Path::new(&name))) {
            add(&name, request.recursive, &mut found)?;
        }
    }
    Ok(once_each(found))
}

/// The parts of a list with commas. A file may have a comma in its name: then it is no list.
pub(super) fn split(name: &OsStr, commas: bool) -> Vec<OsString> {
    match name.to_str() {
        Some(text) if commas && text.contains(',') && !Path::new(name).exists() => {
            text.split(',').map(OsString::from).collect()
        }
        _ => vec![name.to_owned()],
    }
}

fn add(name: &OsStr, recursive: bool, found: &mut Vec<Found>) -> Result<(), NameError> {
    if name == "-" {
        if found.contains(&Ok(Origin::Stdin)) {
            return Err(NameError::StdinTwice);
        }
        found.push(Ok(Origin::Stdin));
        return Ok(());
    }
    if let Some(url) = name.to_str().filter(|name| name.starts_with("http://") || name.starts_with("https://")) {
        found.push(Ok(Origin::Url(url.to_owned())));
        return Ok(());
    }
    let path = Path::new(name);
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let inside = walk::folder(path, recursive);
            if inside.is_empty() {
                let hint = match recursive {
                    true => " (what .gitignore or .kubectl-hardenignore names is left out)",
                    false => " (-R looks into the folders below it)",
                };
                return Err(NameError::EmptyFolder { folder: path.to_owned(), hint });
            }
            found.extend(inside);
        }
        // A link that leads nowhere is there all the same; reading it will say what it is.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) && !path.is_symlink() => {
            let before = found.len();
            for path in glob::matches(path) {
                match path.is_dir() {
                    true => found.extend(walk::folder(&path, recursive)),
                    false => found.push(Ok(Origin::File(path))),
                }
            }
            if found.len() == before {
                return Err(NameError::Missing(path.display().to_string()));
            }
        }
        _ => found.push(Ok(Origin::File(path.to_owned()))),
    }
    Ok(())
}

/// Each file only once, whatever names it goes by: two plans for one file could not both be written. The name that is
/// no symbolic link is the better one, since `patch` and `git apply` follow none; else the first.
fn once_each(mut found: Vec<Found>) -> Vec<Found> {
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let file = |entry: &Found| match entry {
        Ok(Origin::File(path)) => Some((path.is_symlink(), canonical(path))),
        _ => None,
    };
    let plain: HashSet<PathBuf> =
        found.iter().filter_map(file).filter(|(link, _)| !link).map(|(_, canonical)| canonical).collect();
    let mut seen = HashSet::new();
    found.retain(|entry| match file(entry) {
        Some((link, canonical)) => !(link && plain.contains(&canonical)) && seen.insert(canonical),
        None => true,
    });
    found
}
