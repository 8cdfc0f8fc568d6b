//! Whether what is named is a whole: policies and the like are only known of all that belongs together.

use super::names::split;
use super::{Origin, walk};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders that are named, with all manifests below them; `None` where a single file, a pattern or a URL is among what is
/// named, or a folder whose own manifests are not all below it. Standard input is a whole, and no folder.
pub fn whole_folders(names: &[OsString], commas: bool, recursive: bool) -> Option<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for name in names.iter().flat_map(|name| split(name, commas)).filter(|name| name.as_os_str() != "-") {
        let path = Path::new(&name);
        let all_here = || {
            walk::folder(path, true).into_iter().flatten().all(|origin| match origin {
                Origin::File(file) => file.parent().is_none_or(|folder| is_same(folder, path)),
                _ => true,
            })
        };
        if !path.is_dir() || !(recursive || all_here()) {
            return None;
        }
        folders.push(path.to_owned());
    }
    Some(folders)
}

/// `.` and nothing are one folder.
fn is_same(one: &Path, other: &Path) -> bool {
    let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_owned();
    plain(one) == plain(other)
}
