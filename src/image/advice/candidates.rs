//! Where the program of an image may write, as its layers tell.

use super::named::{programs, supervisor};
use super::places::{HOUSEKEEPING, SYSTEM, WRITTEN};
use super::start::base;
use super::tree::{Who, find_user, is_within, may_write, program, resolve};
use super::{Start, script};
use crate::image::{Config, Dir, Files};
use std::collections::BTreeMap;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// In no order; one path may stand there twice.
    pub(super) paths: Vec<Candidate>,
    /// Why there may be more, a clause.
    pub(super) doubt: Option<String>,
}

/// A directory that may be written.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Absolute, links followed.
    pub(super) path: String,
    /// What speaks for it.
    pub(super) why: String,
    /// Whether it is a `VOLUME`.
    pub(super) volume: bool,
}

/// Find them for a program that runs as `uid` (0 for root).
/// `mounted` are the mounts there are: nothing above one of them is found, but what lies beside it.
pub(super) fn find(
    files: &Files,
    config: Option<&Config>,
    start: &Start<'_>,
    uid: u32,
    mounted: &[String],
) -> Candidates {
    let mut search = Search { files, found: Candidates::default(), origin: origin(files, config), uid, mounted };
    for path in ["/tmp", "/run", "/var/tmp"] {
        search.add(path, "programs expect it to be writable", false);
    }
    for volume in config.map(|config| config.volumes.as_slice()).unwrap_or_default() {
        search.add(volume, "a VOLUME of the image", true);
    }
    search.owned();
    search.below_var();
    search.own_tree(config, start);
    search.scripts(config, start);
    search.variables(config);
    let started = programs(files, &start.line(config));
    if let Some(supervisor) = supervisor(&started) {
        search.found.doubt = Some(format!("{supervisor} starts programs that were not looked at"));
    }
    search.found
}

/// The user that the image is made to start as.
fn origin(files: &Files, config: Option<&Config>) -> Who {
    let user = config.map_or("", |config| config.user.split(':').next().unwrap_or(""));
    match find_user(files, user) {
        Some(entry) => Who { uid: entry.uid, gid: entry.gid },
        None => Who { uid: user.parse().unwrap_or_default(), gid: 0 },
    }
}

struct Search<'f> {
    files: &'f Files,
    found: Candidates,
    origin: Who,
    uid: u32,
    mounted: &'f [String],
}

impl Search<'_> {
    fn add(&mut self, path: &str, why: &str, volume: bool) {
        let path = resolve(self.files, path);
        let unreal = ["/dev", "/proc", "/sys"].iter().any(|root| is_within(&path, root));
        if self.is_above_mount(&path) {
            if volume {
                self.found.doubt = Some(format!("something is mounted in the VOLUME {path}"));
            }
            return;
        }
        if !unreal && !SYSTEM.contains(&path.as_str()) {
            self.found.paths.push(Candidate { path, why: why.to_owned(), volume });
        }
    }

    /// Whether a path lies in a directory that was found.
    fn is_found(&self, path: &str) -> bool {
        let path = resolve(self.files, path);
        self.found.paths.iter().any(|found| is_within(&path, &found.path))
    }

    /// Whether something is mounted in a directory.
    fn is_above_mount(&self, path: &str) -> bool {
        self.mounted.iter().any(|mount| mount != path && is_within(mount, path))
    }

    /// Whether the program could write there as its image starts it.
    fn could(&self, dir: &Dir) -> bool {
        may_write(self.origin, dir)
    }

    /// Whether a layer above the first has to do with a directory; of an image with one layer all have.
    fn is_upper(&self, dir: &Dir) -> bool {
        dir.layer > 0 || dir.upper || self.files.dirs.values().all(|dir| dir.layer == 0)
    }

    /// Whether a directory was opened to root's group because the image's own user, no user of /etc/passwd, is in it: the way
    /// of images that any user shall be able to run.
    fn is_for_root_group(&self, dir: &Dir) -> bool {
        self.uid > 0 && self.origin == Who { uid: self.uid, gid: 0 } && dir.gid == 0 && dir.mode & 0o020 != 0
    }

    /// Whether the image has programs in a directory: what is written lies beside them, not over them.
    fn has_programs(&self, path: &str) -> bool {
        self.files.programs.keys().any(|program| is_within(program, path))
    }

    /// Directories of the user's own, those that the group of the image's user may write, and those that anyone may.
    fn owned(&mut self) {
        let files = self.files;
        let several = files.dirs.values().any(|dir| dir.layer > 0);
        let mut last: Option<&str> = None;
        for (path, dir) in &files.dirs {
            // The uppermost of nested ones.
            if last.is_some_and(|last| is_within(path, last)) {
                continue;
            }
            let upper = !several || dir.layer > 0 || dir.upper;
            if self.uid > 0 && dir.uid == self.uid {
                self.add(path, &format!("it belongs to user {}", self.uid), false);
                if self.is_above_mount(path) {
                    // Its own directories stand for it; its own files cannot be changed any more.
                    if self.origin.uid == self.uid && dir.files > 0 {
                        self.found.doubt = Some(format!("{path} is the program's own, and something is mounted in it"));
                    }
                } else {
                    last = Some(path);
                }
            } else if upper && dir.mode & 0o002 != 0 {
                self.add(path, "anyone may write there", false);
                last = Some(path);
            } else if upper && self.is_for_root_group(dir) && !self.has_programs(path) {
                self.add(path, "it was made writable for the group of the image's user", false);
                last = Some(path);
            }
        }
        let home = files.users.iter().find(|user| user.uid == self.uid).map(|user| user.home.as_str());
        if let Some(home) = home.filter(|home| files.dirs.get(*home).is_some_and(|dir| dir.uid == self.uid)) {
            self.add(home, "its home directory", false);
        }
    }

    /// Caches, logs and spools that the program's own layers made.
    fn below_var(&mut self) {
        let folders: &[&str] = if self.uid == 0 {
            &["/var/cache/", "/var/log/", "/var/spool/", "/var/lib/"]
        } else {
            &["/var/cache/", "/var/log/", "/var/spool/"]
        };
        let files = self.files;
        for (path, dir) in files.dirs.range("/var/".to_owned()..) {
            let Some(folder) = folders.iter().find(|folder| path.starts_with(**folder)) else { continue };
            let name = &path[folder.len()..];
            if !name.contains('/') && !HOUSEKEEPING.contains(&name) && self.is_upper(dir) && self.could(dir) {
                self.add(path, "the program's own layers made it", false);
            }
        }
    }

    /// Directories with telling names in the program's own tree, and the working directory.
    fn own_tree(&mut self, config: Option<&Config>, start: &Start<'_>) {
        let files = self.files;
        let path = config.and_then(|config| config.env.get("PATH")).map(String::as_str);
        let mut roots: Vec<String> = start
            .line(config)
            .iter()
            .take_while(|word| !word.starts_with('-'))
            .filter_map(|word| program(files, word, path))
            .filter_map(|(path, _)| tree_of(&path))
            .collect();
        let workdir = config.map_or("", |config| config.working_dir.as_str());
        if !workdir.is_empty() {
            let workdir = resolve(files, workdir);
            if let Some(dir) = files.dirs.get(&workdir) {
                let secret_and_empty = dir.mode & 0o077 == 0 && dir.files == 0;
                if (self.uid > 0 && dir.uid == self.uid) || secret_and_empty {
                    self.add(&workdir, "the working directory", false);
                }
            }
            if !SYSTEM.contains(&workdir.as_str()) {
                roots.push(workdir);
            }
        }
        for root in roots {
            for (path, dir) in files.dirs.range(root.clone()..).take_while(|(path, _)| path.starts_with(&root)) {
                let inside = path.strip_prefix(&root).unwrap_or_default();
                let deep = inside.matches('/').count();
                let vendored =
                    ["/node_modules/", "/site-packages/", "/vendor/", "/lib/"].iter().any(|part| path.contains(part));
                if (1..=3).contains(&deep) && !vendored && WRITTEN.contains(&base(path)) && self.could(dir) {
                    self.add(path, "it has a telling name in the program's own tree", false);
                }
            }
        }
    }

    /// What the start scripts and the manifest's own script write.
    fn scripts(&mut self, config: Option<&Config>, start: &Start<'_>) {
        let files = self.files;
        let mut env: BTreeMap<String, String> = config.map(|config| config.env.clone()).unwrap_or_default();
        env.extend(start.env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut texts: Vec<(&str, &str)> = Vec::new();
        if !start.is_stated() {
            texts.extend(files.scripts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        }
        let line = start.line(config);
        texts.extend(
            files
                .scripts
                .iter()
                .filter(|(path, _)| line.contains(&path.as_str()))
                .map(|(path, text)| (path.as_str(), text.as_str())),
        );
        texts.extend(start.script(config).map(|text| ("its command", text)));
        for (name, text) in texts {
            for path in script::writes(text, &env) {
                let real = resolve(files, &path);
                if SYSTEM.contains(&real.as_str()) {
                    if real != "/" && self.uid > 0 {
                        self.found.doubt = Some(format!("{name} may write into {real}"));
                    }
                    continue;
                }
                // A word with a dot that is no directory is a file that changes hands.
                if files.dirs.contains_key(&real) || !base(&real).contains('.') {
                    self.add(&real, &format!("{name} writes there"), false);
                }
            }
        }
        if let Some(work) = start.root_work(config) {
            self.found.doubt = Some(format!("its command runs {work}"));
        }
        if let Some(path) = start.strange_directory(|path| self.is_found(path)) {
            self.found.doubt = Some(format!("nothing is known of {path}, where it is to write"));
        }
        if start.has_wild_hook(&[]) {
            self.found.doubt = Some("a hook or probe of it may write elsewhere".to_owned());
        }
    }

    /// Variables that name a directory for data.
    fn variables(&mut self, config: Option<&Config>) {
        let files = self.files;
        for (name, value) in config.into_iter().flat_map(|config| &config.env) {
            let telling = ["DATA", "CACHE", "TMP", "TEMP", "LOG", "RUN"].iter().any(|part| name.contains(part));
            if telling
                && value.starts_with('/')
                && files.dirs.get(&resolve(files, value)).is_some_and(|dir| self.could(dir))
            {
                self.add(value, &format!("the image's variable {name} names it"), false);
            }
        }
    }
}

/// The tree of its own that a program lies in: `/opt/x`, `/usr/local/x`, `/srv/x`.
fn tree_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let depth = match parts.as_slice() {
        ["opt" | "srv", _, _, ..] => 2,
        ["usr", "local", "bin" | "sbin" | "lib" | "share" | "etc", ..] => return None,
        ["usr", "local", _, _, ..] | ["usr", "share" | "lib", _, _, ..] => 3,
        ["bin" | "sbin" | "lib" | "usr" | "etc" | "var", ..] => return None,
        [_, _, ..] => 1,
        _ => return None,
    };
    Some(format!("/{}", parts[..depth].join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_has_a_tree_of_its_own() {
        for (path, tree) in [
            ("/usr/local/tomcat/bin/catalina.sh", Some("/usr/local/tomcat")),
            ("/opt/app/bin/server", Some("/opt/app")),
            ("/app/server", Some("/app")),
            ("/usr/bin/python3", None),
            ("/usr/local/bin/node", None),
            ("/server", None),
        ] {
            assert_eq!(tree_of(path).as_deref(), tree, "{path}");
        }
    }
}
