//! The manifests in a folder.
//!
//! Only names that end in `.yaml`, `.yml` or `.json`, as kubectl does, and kustomize's `Kustomization`, sorted. Names that begin with a dot are left
//! out: to be read they have to be named. Links to files are followed, links to folders are not, so a walk ends.
//! `.kubectl-hardenignore` counts always; what git ignores is left out of a walk that goes below its folder.

use super::names::Found;
use super::{Origin, Refused};
use ignore::gitignore::Gitignore;
use ignore::{Match, WalkBuilder};
use std::path::{Path, PathBuf};

/// A file that names, as `.gitignore` does, what no walk should read.
const IGNORE_FILE: &str = ".kubectl-hardenignore";

/// The one name without an ending by which kustomize knows its file.
const KUSTOMIZATION: &str = "Kustomization";

/// What a folder holds, with all folders below it if `recursive`.
pub(super) fn folder(root: &Path, recursive: bool) -> Vec<Found> {
    let walk = WalkBuilder::new(root)
        .standard_filters(false)
        .hidden(true)
        .parents(true)
        .git_ignore(recursive)
        .git_exclude(recursive)
        .git_global(recursive)
        .add_custom_ignore_filename(IGNORE_FILE)
        .max_depth((!recursive).then_some(1))
        .sort_by_file_name(|one, other| one.cmp(other))
        .build();
    walk.filter_map(|entry| match entry {
        Ok(entry) => is_manifest(&entry).then(|| Ok(Origin::File(shown(root, entry.into_path())))),
        Err(error) => {
            let origin = Origin::File(path_of(&error).unwrap_or(root).to_owned());
            Some(Err(Refused::new(&origin, format!("cannot be walked: {}", reason(&error)))))
        }
    })
    .collect()
}

/// Whether a file that was named is one that no walk would read: the nearest `.kubectl-hardenignore` above it that speaks
/// of it decides.
pub(super) fn is_ignored(file: &Path) -> bool {
    let Ok(file) = std::path::absolute(file) else { return false };
    if !file.is_file() {
        return false;
    }
    for list in file.ancestors().skip(1).map(|folder| folder.join(IGNORE_FILE)).filter(|list| list.is_file()) {
        match Gitignore::new(&list).0.matched_path_or_any_parents(&file, false) {
            Match::Ignore(_) => return true,
            Match::Whitelist(_) => return false,
            Match::None => {}
        }
    }
    false
}

fn is_manifest(entry: &ignore::DirEntry) -> bool {
    let ends = entry.path().extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
    let known = ends || entry.file_name() == KUSTOMIZATION;
    let folder = match entry.file_type() {
        Some(kind) if kind.is_symlink() => entry.path().is_dir(),
        kind => kind.is_none_or(|kind| kind.is_dir()),
    };
    known && !folder
}

/// `a/b.yaml` for a walk over `.`, as a person would write it.
fn shown(root: &Path, path: PathBuf) -> PathBuf {
    match path.strip_prefix(".") {
        Ok(inner) if root == Path::new(".") => inner.to_owned(),
        _ => path,
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

/// The error without the path, which stands before it in any report.
fn reason(error: &ignore::Error) -> String {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => reason(err),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_over_the_current_folder_shows_plain_paths() {
        assert_eq!(shown(Path::new("."), "./a/b.yaml".into()), Path::new("a/b.yaml"));
        assert_eq!(shown(Path::new("./a"), "./a/b.yaml".into()), Path::new("./a/b.yaml"));
    }
}
