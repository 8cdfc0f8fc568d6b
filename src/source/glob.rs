//! Paths that match a pattern, for shells and callers that leave `*` to us.
//!
//! `*`, `?`, `[...]` and `{...}` match within one name, `**` any number of folders. As in a shell, a name that begins
//! with a dot is matched only by a pattern that does.

use globset::{Glob, GlobMatcher};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// One part of a pattern between two separators.
enum Part {
    /// As it stands.
    Plain(OsString),
    /// A pattern for a name; whether it may match names that begin with a dot.
    Name(GlobMatcher, bool),
    /// `**`.
    AnyFolders,
}

/// What matches, sorted; nothing when the path is no pattern.
pub(super) fn matches(pattern: &Path) -> Vec<PathBuf> {
    let Some(parts) = parts(pattern) else { return Vec::new() };
    let mut found = Vec::new();
    if parts.iter().any(|part| !matches!(part, Part::Plain(_))) {
        descend(PathBuf::new(), &parts, &mut found);
    }
    found
}

fn parts(pattern: &Path) -> Option<Vec<Part>> {
    pattern.components().map(part).collect()
}

fn part(component: Component<'_>) -> Option<Part> {
    match component {
        Component::Normal(name) => match name.to_str() {
            Some("**") => Some(Part::AnyFolders),
            Some(name) if name.contains(['*', '?', '[', '{']) => {
                Some(Part::Name(Glob::new(name).ok()?.compile_matcher(), name.starts_with('.')))
            }
            _ => Some(Part::Plain(name.to_owned())),
        },
        other => Some(Part::Plain(other.as_os_str().to_owned())),
    }
}

fn descend(base: PathBuf, parts: &[Part], found: &mut Vec<PathBuf>) {
    let Some((part, rest)) = parts.split_first() else {
        // The last part may have been a plain name that nothing has.
        if base.symlink_metadata().is_ok() {
            found.push(base);
        }
        return;
    };
    match part {
        Part::Plain(name) => descend(base.join(name), rest, found),
        Part::Name(matcher, dots) => {
            for name in names(&base).iter().filter(|name| (*dots || !hidden(name)) && matcher.is_match(name)) {
                descend(base.join(name), rest, found);
            }
        }
        Part::AnyFolders => {
            descend(base.clone(), rest, found);
            for name in names(&base).iter().filter(|name| !hidden(name)) {
                let inner = base.join(name);
                // Not through links: they may lead back up.
                if inner.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                    descend(inner, parts, found);
                }
            }
        }
    }
}

/// The sorted names in a folder; none when it cannot be read, as in a shell.
fn names(folder: &Path) -> Vec<OsString> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

fn hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
