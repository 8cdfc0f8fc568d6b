//! Questions to the file tree of an image.

use crate::image::{Dir, Files, ImageUser, Program};

/// Links in links in links.
const DEEPEST: usize = 16;

/// A path with the image's links followed, `.` and `..` taken out. Ends where a link leads nowhere.
pub(super) fn resolve(files: &Files, path: &str) -> String {
    let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut at = String::new();
    let mut links = 0;
    while let Some(part) = rest.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            _ => {}
        }
        let next = format!("{at}/{part}");
        let target = files.links.get(&next).or_else(|| files.programs.get(&next)?.link.as_ref());
        match target {
            Some(target) if links < DEEPEST => {
                links += 1;
                if target.starts_with('/') {
                    at.clear();
                }
                rest.extend(target.split('/').rev().map(str::to_owned));
            }
            _ => at = next,
        }
    }
    if at.is_empty() { "/".to_owned() } else { at }
}

/// The user of this name, or of this number.
pub(super) fn find_user<'f>(files: &'f Files, name: &str) -> Option<&'f ImageUser> {
    files.users.iter().find(|user| user.name == name).or_else(|| {
        let uid: u32 = name.parse().ok()?;
        files.users.iter().find(|user| user.uid == uid)
    })
}

/// The number of a group by its name or number.
pub(super) fn find_group(files: &Files, name: &str) -> Option<u32> {
    name.parse().ok().or_else(|| files.groups.iter().find(|group| group.name == name).map(|group| group.gid))
}

/// The file that a program's name or path stands for.
pub(super) fn program<'f>(files: &'f Files, name: &str, path: Option<&str>) -> Option<(String, &'f Program)> {
    let candidates: Vec<String> = if name.contains('/') {
        vec![name.to_owned()]
    } else {
        let path = path.unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        path.split(':').map(|folder| format!("{folder}/{name}")).collect()
    };
    candidates.iter().map(|path| resolve(files, path)).find_map(|path| {
        let program = files.programs.get(&path)?;
        Some((path, program))
    })
}

/// Whether the image has `sh` and these programs.
pub(super) fn has_programs(files: &Files, names: &[&str]) -> bool {
    names.iter().all(|name| program(files, name, None).is_some())
}

/// A user with a group, as the kernel sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// What the permission bits let somebody do, by one of the bits 4 (read), 2 (write) and 1 (execute).
fn may(who: Who, uid: u32, gid: u32, mode: u16, bit: u16) -> bool {
    let shift = if who.uid == uid {
        6
    } else if who.gid == gid {
        3
    } else {
        0
    };
    who.uid == 0 || mode >> shift & bit == bit
}

/// Whether somebody may write into a directory.
pub(super) fn may_write(who: Who, dir: &Dir) -> bool {
    may(who, dir.uid, dir.gid, dir.mode, 3)
}

/// What lies in a directory and below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Below {
    /// Files and links.
    pub(super) files: u32,
    /// Directories.
    pub(super) dirs: u32,
    /// Bytes.
    pub(super) bytes: u64,
    /// Whether somebody may read everything.
    pub(super) readable: bool,
    /// Whether anything is a link to the standard output.
    pub(super) stdio: bool,
}

/// What lies in a directory and below it, as far as `who` may read it.
pub(super) fn below(files: &Files, path: &str, who: Who) -> Below {
    let prefix = format!("{}/", path.trim_end_matches('/'));
    let mut sum = Below { readable: true, ..Below::default() };
    let inside = files.dirs.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
    let own = files.dirs.get_key_value(path);
    for (at, dir) in own.into_iter().chain(inside) {
        sum.dirs += u32::from(at != path);
        sum.files += dir.files;
        sum.bytes += dir.bytes;
        sum.stdio |= dir.stdio;
        sum.readable &= may(who, dir.uid, dir.gid, dir.mode, 5)
            && dir.owned.iter().all(|file| may(who, file.uid, file.gid, file.mode, 4));
    }
    sum
}

/// Whether `path` is `root` or lies below it.
pub(super) fn is_within(path: &str, root: &str) -> bool {
    root == "/" || path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn files() -> Files {
        let dir = |uid, mode| Dir { uid, gid: uid, mode, ..Dir::default() };
        Files {
            dirs: BTreeMap::from([
                ("/run".into(), dir(0, 0o755)),
                ("/run/app".into(), Dir { files: 1, bytes: 5, ..dir(7, 0o750) }),
                ("/run/app/x".into(), Dir { stdio: true, ..dir(7, 0o755) }),
                ("/runner".into(), dir(0, 0o777)),
            ]),
            links: BTreeMap::from([
                ("/var/run".into(), "../run".into()),
                ("/loop".into(), "/loop".into()),
                ("/bin".into(), "usr/bin".into()),
            ]),
            programs: BTreeMap::from([
                ("/usr/bin/sh".into(), Program { link: Some("dash".into()), ..Program::default() }),
                ("/usr/bin/dash".into(), Program::default()),
            ]),
            ..Files::default()
        }
    }

    #[test]
    fn links_are_followed_and_loops_end() {
        let files = files();
        for (path, real) in [
            ("/var/run/app", "/run/app"),
            ("/var/run/../run/./x/", "/run/x"),
            ("/bin/sh", "/usr/bin/dash"),
            ("/none/at/all", "/none/at/all"),
            ("/../..", "/"),
            ("/", "/"),
        ] {
            assert_eq!(resolve(&files, path), real, "{path}");
        }
        assert!(resolve(&files, "/loop/x").ends_with("/x"));
        assert!(has_programs(&files, &["sh"]) && !has_programs(&files, &["sh", "cp"]));
    }

    #[test]
    fn what_lies_below_counts_for_those_who_may_read_it() {
        let files = files();
        let sum = below(&files, "/run", Who { uid: 7, gid: 7 });
        assert_eq!(sum, Below { files: 1, dirs: 2, bytes: 5, readable: true, stdio: true });
        assert!(!below(&files, "/run", Who { uid: 8, gid: 8 }).readable);
        assert!(below(&files, "/run", Who { uid: 0, gid: 0 }).readable);
        assert!(may_write(Who { uid: 8, gid: 8 }, &files.dirs["/runner"]));
        assert!(!may_write(Who { uid: 8, gid: 8 }, &files.dirs["/run"]));
        assert!(is_within("/run/app", "/run") && !is_within("/runner", "/run"));
    }
}
