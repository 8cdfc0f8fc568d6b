//! What the finished tree of an image says.

use super::note::Notes;
use super::scripts;
use super::tree::{At, Folder, Node, Tree};
use super::{Limits, accounts};
use crate::image::{Config, Dir, Files, NamedUser, Owned, Program, Sight, Sighting};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Where programs lie, whatever `PATH` says.
const BIN: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How many distinct owners of a directory's files are told.
const OWNED: usize = 16;

/// Sum up a tree.
pub(super) fn of(tree: &Tree, notes: Notes, config: &Config, limits: &Limits) -> Files {
    let mut files = Files::default();
    let mut sights: BTreeMap<Sight, BTreeSet<String>> = BTreeMap::new();
    for secret in notes.secrets {
        sights.entry(secret.sight).or_default().insert(secret.path);
    }
    let mut see = |sight: Sight, path: &str| {
        let paths = sights.entry(sight).or_default();
        if paths.len() < limits.sightings {
            paths.insert(path.to_owned());
        }
    };
    let mut texts = BTreeMap::new();
    // Breadth first: when there are too many, the deepest are left out.
    let mut queue = VecDeque::from([("/".to_owned(), &tree.root)]);
    while let Some((path, folder)) = queue.pop_front() {
        for (name, node) in &folder.children {
            let path = format!("{}/{name}", path.trim_end_matches('/'));
            match node {
                Node::Folder(folder) => queue.push_back((path, folder)),
                Node::File(meta, noted) => {
                    if meta.mode & 0o4000 != 0 {
                        see(Sight::Setuid, &path);
                    }
                    // Without the group's right to execute it means something else: mandatory locks.
                    if meta.mode & 0o2010 == 0o2010 {
                        see(Sight::Setgid, &path);
                    }
                    if meta.mode & 0o002 != 0 {
                        see(Sight::WorldWritable, &path);
                    }
                    let Some(noted) = noted else { continue };
                    if noted.caps.is_some() {
                        files.programs.insert(path.clone(), program(node));
                    }
                    let names = noted.users.iter().take(limits.told.saturating_sub(files.named_users.len()));
                    files.named_users.extend(names.map(|name| NamedUser { path: path.clone(), name: name.clone() }));
                    if let Some(text) = &noted.text {
                        texts.insert(path, text.as_str());
                    }
                }
                Node::Link(link) => {
                    let leads_to_file = || tree.get(&path, true).is_some_and(|(_, at)| at.folder().is_none());
                    if files.links.len() < limits.told && !leads_to_file() {
                        files.links.insert(path, link.1.clone());
                    }
                }
                Node::Other(_) => {}
            }
        }
        if files.dirs.len() < limits.told {
            files.dirs.insert(path, dir(folder));
        }
    }
    files.named_users.sort_by(|one, other| one.path.cmp(&other.path));
    let text = |path: &str| match tree.get(path, true)? {
        (_, At::Node(Node::File(_, Some(noted)))) => noted.text.as_deref(),
        _ => None,
    };
    files.users = accounts::users(text("/etc/passwd").unwrap_or_default());
    files.groups = accounts::groups(text("/etc/group").unwrap_or_default());
    programs(tree, config, limits, &mut files.programs);
    files.scripts = scripts::of(tree, config, &texts);
    files.sightings = sights
        .into_iter()
        .flat_map(|(sight, paths)| paths.into_iter().map(move |path| Sighting { sight, path }))
        .collect();
    files
}

fn dir(folder: &Folder) -> Dir {
    let meta = folder.meta;
    let mut dir = Dir {
        uid: meta.uid,
        gid: meta.gid,
        mode: meta.mode,
        layer: if folder.stated { meta.layer } else { 0 },
        ..Dir::default()
    };
    let mut owned = BTreeSet::new();
    for node in folder.children.values() {
        let meta = node.meta();
        match node {
            Node::Folder(_) => continue,
            Node::Link(link) => {
                let target = link.1.as_str();
                dir.stdio |= matches!(target, "/dev/stdout" | "/dev/stderr") || target.starts_with("/proc/self/fd/");
            }
            // The mode of a link says nothing.
            Node::File(..) | Node::Other(_) if owned.len() < OWNED => {
                owned.insert(Owned { uid: meta.uid, gid: meta.gid, mode: meta.mode });
            }
            _ => {}
        }
        dir.files += 1;
        dir.bytes = dir.bytes.saturating_add(meta.size);
        dir.upper |= meta.layer > 0;
    }
    dir.owned = owned.into_iter().collect();
    dir
}

/// The programs of the usual directories, and those that the config starts.
fn programs(tree: &Tree, config: &Config, limits: &Limits, found: &mut BTreeMap<String, Program>) {
    let path = config.env.get("PATH").map(String::as_str).unwrap_or_default();
    let folders: BTreeSet<String> = path
        .split(':')
        .filter(|folder| folder.starts_with('/'))
        .take(32)
        .chain(BIN)
        .filter_map(|folder| tree.get(folder, true))
        .map(|(path, _)| path)
        .collect();
    for path in folders {
        let Some(folder) = tree.get(&path, true).and_then(|(_, at)| at.folder()) else { continue };
        for (name, node) in &folder.children {
            let path = format!("{}/{name}", path.trim_end_matches('/'));
            if found.len() < limits.told && runs(tree, &path, node) {
                found.insert(path, program(node));
            }
        }
    }
    for path in scripts::started(tree, config) {
        // The link, and what it leads to.
        for follow in [false, true] {
            if let Some((path, At::Node(node))) = tree.get(&path, follow)
                && !matches!(node, Node::Folder(_))
            {
                found.insert(path, program(node));
            }
        }
    }
}

fn runs(tree: &Tree, path: &str, node: &Node) -> bool {
    match node {
        Node::File(meta, _) => meta.mode & 0o111 != 0,
        Node::Link(_) => {
            matches!(tree.get(path, true), Some((_, At::Node(Node::File(meta, _)))) if meta.mode & 0o111 != 0)
        }
        Node::Folder(_) | Node::Other(_) => false,
    }
}

fn program(node: &Node) -> Program {
    let meta = node.meta();
    let (link, caps) = match node {
        Node::Link(link) => (Some(link.1.clone()), None),
        Node::File(_, Some(noted)) => (None, noted.caps.clone()),
        _ => (None, None),
    };
    let (caps, effective) = caps.map(|caps| (caps.names, caps.effective)).unwrap_or_default();
    Program { uid: meta.uid, gid: meta.gid, mode: meta.mode, link, caps, effective }
}
