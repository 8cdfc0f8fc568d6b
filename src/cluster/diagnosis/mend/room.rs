//! A writable directory in a container that has none where its program wants to write.

use super::{Mended, Place};
use crate::image::Known;
use crate::image::advice::{Fill, WritablePath};
use crate::image::{Facts, Keep};
use crate::rules::mounting::{Limits, Room, rooms};
use crate::workload::{Container, List, Pod};

/// Directories that programs expect to be there and want nothing in: they, and what lies below them.
const OPEN: [&str; 9] =
    ["/tmp", "/var/tmp", "/run", "/var/run", "/var/cache", "/var/log", "/var/lock", "/var/spool", "/dev/shm"];
/// What directories are called that hold nothing of the image.
const PASSING: [&str; 12] =
    ["tmp", "temp", "cache", ".cache", "log", "logs", "run", "work", "data", ".npm", ".config", ".local"];
/// Directories of the system: they are too much to copy, and too much to cover.
const SYSTEM: [&str; 14] = [
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/sbin", "/srv", "/sys", "/usr",
    "/var",
];
/// What the volume may hold: the same as the rule `read-only-root` takes.
const PASSING_SIZE: &str = "1Gi";
const DATA_SIZE: &str = "10Gi";

/// Mount an emptyDir at a directory, `PATH` or `PATH/..`; at the known place of the image that it lies in, if there is one.
pub(super) fn mount(place: &Place<'_>, path: &str) -> Option<Mended> {
    let directory = directory(path)?;
    let (edits, writable) = place.with_pod(|pod, container| {
        let container = container.filter(|one| one.list() != List::Ephemeral)?;
        if is_mounted(container, &directory) {
            return None;
        }
        let writable = writable(&pod.image_of(container), &directory);
        // Nothing runs before an init container that could fill it.
        if container.list() == List::Init && writable.fill != Fill::Empty || is_mounted(container, &writable.path) {
            return None;
        }
        let edit = |Room { list, item, .. }| (list.pointer, item);
        Some((edits(pod, container, &writable).into_iter().map(edit).collect(), writable))
    })?;
    let filled = if writable.fill == Fill::Empty { "" } else { ", filled with what the image has there" };
    place.with(edits, format!("mount an emptyDir at {}{filled}", writable.path))
}

fn edits<'a>(pod: &Pod<'a>, container: &Container<'a>, writable: &WritablePath) -> Vec<Room<'a>> {
    let limits = Limits { passing: PASSING_SIZE.to_owned(), data: DATA_SIZE.to_owned() };
    rooms(pod, container, std::slice::from_ref(writable), &limits)
}

/// An absolute path, its `..` taken into account; `None` for the root itself, the directories of the system, and what is
/// no path.
fn directory(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    let path = format!("/{}", parts.join("/"));
    (!parts.is_empty() && !SYSTEM.contains(&path.as_str())).then_some(path)
}

/// Whether a mount covers a directory already: then it is that volume that cannot be written.
fn is_mounted(container: &Container<'_>, directory: &str) -> bool {
    container.mounts().iter().any(|mount| is_within(directory, mount.path.trim_end_matches('/')))
}

fn is_within(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The directory with what has to be in it: by the facts of the image, else by its name.
fn writable(known: &Known, directory: &str) -> WritablePath {
    if let Some(facts) = &known.facts
        && let Some(stated) = stated(facts, directory)
    {
        return stated;
    }
    let is_open = OPEN.iter().any(|open| is_within(directory, open));
    let name = directory.rsplit('/').next().unwrap_or_default();
    let fill = if is_open || PASSING.contains(&name) { Fill::Empty } else { Fill::Copy(directory.to_owned()) };
    at(directory, fill, false)
}

fn stated(facts: &Facts, directory: &str) -> Option<WritablePath> {
    let entries = facts.writable.iter().flatten();
    if let Some(entry) = entries.filter(|entry| is_within(directory, entry.path.trim_end_matches('/'))).last() {
        let fill = match (&entry.copy_from, entry.keep) {
            (Some(from), _) => Fill::Copy(from.clone()),
            (None, Keep::Copy) => Fill::Copy(entry.path.clone()),
            (None, _) => Fill::Empty,
        };
        return Some(at(&entry.path, fill, entry.data));
    }
    let volume = facts.volumes.iter().find(|volume| is_within(directory, volume.trim_end_matches('/')))?;
    Some(at(volume, Fill::Empty, true))
}

fn at(path: &str, fill: Fill, data: bool) -> WritablePath {
    let path = path.to_owned();
    WritablePath { path, fill, data, needed: true, owned: false, why: "the program writes there".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Images;

    #[test]
    fn a_path_leads_to_a_directory_and_never_to_the_root() {
        for (path, wanted) in [
            ("/var/cache/nginx/client_temp/..", Some("/var/cache/nginx")),
            ("/opt/x/..", None),
            ("/opt/app/x/..", Some("/opt/app")),
            ("/x/..", None),
            ("/", None),
            ("./ddl.log/..", None),
            ("", None),
            ("/tmp", Some("/tmp")),
            ("/a//b/./c/..", Some("/a/b")),
        ] {
            assert_eq!(directory(path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn what_the_image_has_there_is_brought_along() {
        let known = Images::default();
        let of = |image: &str, directory: &str| writable(&known.of(image), directory);
        assert_eq!(of("nginx:1.27", "/var/cache/nginx/client_temp").path, "/var/cache/nginx");
        assert_eq!(of("acme/api:1", "/srv/app").fill, Fill::Copy("/srv/app".to_owned()));
        for open in ["/srv/app/cache", "/var/log/api", "/tmp/x"] {
            assert_eq!(of("acme/api:1", open).fill, Fill::Empty, "{open}");
        }
    }
}
