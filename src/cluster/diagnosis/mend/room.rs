//! A writable directory in a container that has none where its program wants to write.

use super::{Mended, Place};
use crate::image::Known;
use crate::image::advice::{Fill, WritablePath};
use crate::image::{Facts, Keep, Need, Writable};
use crate::rules::mounting::{Limits, Room, rooms};
use crate::workload::{Container, List};

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

/// Mount an emptyDir at a directory, `PATH` or `PATH/..`; at the known place of the image that it lies in, if there is one,
/// and then at the others that the image is known to need as well: it would ask for them next.
pub(super) fn mount(place: &Place<'_>, path: &str) -> Option<Mended> {
    let directory = directory(path)?;
    let (edits, paths) = place.with_pod(|pod, container| {
        let container = container.filter(|one| one.list() != List::Ephemeral)?;
        let known = pod.image_of(container);
        let mut paths = vec![writable(&known, &directory)];
        // Nothing runs before an init container that could fill it.
        let is_init = container.list() == List::Init;
        let can = |path: &WritablePath| !(is_mounted(container, &path.path) || is_init && path.fill != Fill::Empty);
        if is_mounted(container, &directory) || !can(&paths[0]) {
            return None;
        }
        let first = paths[0].path.clone();
        paths.extend(needed(&known, &first).into_iter().filter(can));
        let limits = Limits { passing: PASSING_SIZE.to_owned(), data: DATA_SIZE.to_owned() };
        let edit = |Room { list, item, .. }| (list.pointer, item);
        Some((rooms(pod, container, &paths, &limits).into_iter().map(edit).collect(), paths))
    })?;
    let is_filled = paths.iter().any(|path| path.fill != Fill::Empty);
    let filled = if is_filled { ", filled with what the image has there" } else { "" };
    let names: Vec<&str> = paths.iter().map(|path| path.path.as_str()).collect();
    place.with(edits, format!("mount an emptyDir at {}{filled}", names.join(", ")))
}

/// What else an image is known to need, if it is known to need the first: neither within the other.
fn needed(known: &Known, first: &str) -> Vec<WritablePath> {
    let entries = || known.facts.iter().flat_map(|facts| facts.writable.iter().flatten());
    if !entries().any(|entry| entry.path == first) {
        return Vec::new();
    }
    let apart = |path: &str| !is_within(path, first) && !is_within(first, path);
    let others = entries().filter(|entry| entry.need != Need::Feature && apart(&entry.path));
    others.map(|entry| at(&entry.path, fill(entry), entry.data)).collect()
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
    // The links that every distribution has.
    match parts[..] {
        ["var", "run", ..] => {
            parts.remove(0);
        }
        ["var", "lock", ..] => parts[0] = "run",
        _ => {}
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
    let mut entries = facts.writable.iter().flatten();
    if let Some(entry) = entries.rfind(|entry| is_within(directory, entry.path.trim_end_matches('/'))) {
        return Some(at(&entry.path, fill(entry), entry.data));
    }
    let volume = facts.volumes.iter().find(|volume| is_within(directory, volume.trim_end_matches('/')))?;
    Some(at(volume, Fill::Empty, true))
}

fn fill(entry: &Writable) -> Fill {
    match (&entry.copy_from, entry.keep) {
        (Some(from), _) => Fill::Copy(from.clone()),
        (None, Keep::Copy) => Fill::Copy(entry.path.clone()),
        (None, _) => Fill::Empty,
    }
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
            ("/var/run/app/app.pid/..", Some("/run/app")),
            ("/var/lock/x/..", Some("/run/lock")),
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
