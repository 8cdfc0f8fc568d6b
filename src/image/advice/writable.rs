//! The paths that a container must be able to write when its root file system is read-only.

use super::tree::Who;
use super::{Because, Certainty, Start, candidates, tree};
use crate::image::builtin::matches;
use crate::image::{Facts, Files, Keep, Known, Need, When};

/// A path that has to be writable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritablePath {
    /// Absolute, links followed where the image was read.
    pub path: String,
    /// What has to be there before the program starts.
    pub fill: Fill,
    /// Whether it holds the application's data.
    pub data: bool,
    /// Whether the program does not start without it.
    pub needed: bool,
    /// Whether the program insists on owning it.
    pub owned: bool,
    /// What is written there, or what speaks for it: a clause.
    pub why: String,
}

/// What has to be in a directory before the program starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fill {
    /// Nothing.
    Empty,
    /// Nothing, but the directory has to belong to the user.
    Own,
    /// The content of this directory of the image.
    Copy(String),
}

/// The paths that have to be writable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritableAdvice {
    /// Sorted by path.
    pub paths: Vec<WritablePath>,
    /// Paths that ought to be writable and cannot be made so by a mount, with the reason.
    pub blocked: Vec<(String, String)>,
    /// What it all rests on.
    pub because: Because,
}

/// What may be copied at the start of a container, in bytes.
const MOST_TO_COPY: u64 = 200 << 20;

/// The paths that a container of this image writes, started as this user and group (0 for root); those that `mounted`
/// already covers are left out. `None` when nothing is known.
pub fn writable(
    known: &Known,
    start: &Start<'_>,
    user: (u32, Option<u32>),
    mounted: &[&str],
) -> Option<WritableAdvice> {
    let mut advice = match (&known.facts, &known.contents) {
        (Some(facts), _) if facts.writable.is_some() => by_facts(known, facts, start, user, mounted),
        (_, Some(contents)) => {
            let files = contents.files.as_ref()?;
            let mounted: Vec<String> = mounted.iter().map(|path| tree::resolve(files, path)).collect();
            by_contents(known, files, start, user, &mounted)
        }
        _ => return None,
    };
    spare_mounts(&mut advice, mounted, known.contents.as_ref().and_then(|contents| contents.files.as_ref()));
    advice.paths.sort_by(|one, other| one.path.cmp(&other.path));
    Some(advice)
}

fn by_facts(
    known: &Known,
    facts: &Facts,
    start: &Start<'_>,
    (uid, _): (u32, Option<u32>),
    mounted: &[&str],
) -> WritableAdvice {
    let origin = known.facts_origin();
    let mut paths: Vec<WritablePath> = Vec::new();
    for entry in facts.writable.iter().flatten() {
        let used = entry.when.as_ref().is_some_and(|when| is_used(when, start, mounted));
        // A copy for the sake of a feature that is not used costs more than it gives.
        if entry.need == Need::Feature && entry.keep == Keep::Copy && !used {
            continue;
        }
        let fill = match (entry.keep, &entry.copy_from) {
            (_, Some(from)) => Fill::Copy(from.clone()),
            (Keep::Copy, None) => Fill::Copy(entry.path.clone()),
            (Keep::Entrypoint, None) if entry.data => Fill::Own,
            (Keep::None, None) if entry.owned && uid > 0 => Fill::Own,
            _ => Fill::Empty,
        };
        paths.push(WritablePath {
            path: entry.path.clone(),
            fill,
            data: entry.data,
            needed: entry.need != Need::Feature || used,
            owned: entry.owned,
            why: entry.note.clone().unwrap_or_else(|| format!("{} writes there", facts.id)),
        });
    }
    for volume in &facts.volumes {
        if !paths.iter().any(|known| tree::is_within(volume, &known.path)) {
            let why = "a VOLUME of the image".to_owned();
            paths.push(WritablePath {
                path: volume.clone(),
                fill: Fill::Empty,
                data: true,
                needed: false,
                owned: false,
                why,
            });
        }
    }
    // As another user it could not have made one as its image starts it, either.
    let root = facts.user.config.as_deref().is_none_or(str::is_empty);
    let known_path = |path: &str| !root || paths.iter().any(|known| tree::is_within(path, &known.path));
    let (certainty, note) = match start.script(None) {
        _ if start.strange_directory(known_path).is_some() => {
            (Certainty::Guess, ", but it is to write where nothing is known")
        }
        _ if start.root_work(None).is_some() => (Certainty::Guess, ", but its command does work for root"),
        _ if start.is_unclear(None, &super::open_paths(facts)) => {
            (Certainty::Guess, ", but the manifest runs a script, itself, in a hook or in a probe")
        }
        Some(_) => (Certainty::Inferred, ", and the manifest's script writes nowhere else"),
        None if start.is_stated() => (Certainty::Inferred, ", though the manifest states the program"),
        None if facts.runs_anything => (Certainty::Inferred, ""),
        None => (Certainty::Proven, ""),
    };
    let evidence = format!("what {} writes is known{note} [{origin}]", facts.id);
    WritableAdvice { paths, blocked: Vec::new(), because: certainty.because(evidence) }
}

/// Whether a manifest uses a feature.
fn is_used(when: &When, start: &Start<'_>, mounted: &[&str]) -> bool {
    let is_mounted = |glob: &String| mounted.iter().any(|path| matches(glob, path.trim_end_matches('/')));
    when.mounted.iter().any(is_mounted) || when.env.iter().any(|name| start.env.contains_key(name.as_str()))
}

fn by_contents(
    known: &Known,
    files: &Files,
    start: &Start<'_>,
    (uid, gid): (u32, Option<u32>),
    mounted: &[String],
) -> WritableAdvice {
    let config = known.contents.as_ref().map(|contents| &contents.config);
    let found = candidates::find(files, config, start, uid, mounted);
    let own_group = files.users.iter().find(|user| user.uid == uid).map(|user| user.gid);
    let who = Who { uid, gid: gid.or(own_group).unwrap_or_default() };
    let can_copy = tree::has_programs(files, &["sh", "cp", "mkdir", "mv"]);
    let mut blocked = Vec::new();
    let mut paths: Vec<WritablePath> = Vec::new();
    let mut certainty = if found.doubt.is_some() { Certainty::Guess } else { Certainty::Inferred };
    let mut sorted = found.paths;
    sorted.sort_by(|one, other| one.path.cmp(&other.path));
    sorted.dedup_by(|one, other| {
        one.path == other.path && {
            other.volume |= one.volume;
            true
        }
    });
    for candidate in sorted {
        let path = &candidate.path;
        let copied = |known: &&WritablePath| matches!(known.fill, Fill::Copy(_)) && tree::is_within(path, &known.path);
        if paths.iter().any(|known| copied(&known)) {
            continue;
        }
        let there = files.dirs.get(path);
        let inside = tree::below(files, path, who);
        let passing = matches!(path.as_str(), "/tmp" | "/var/tmp");
        let empty = inside.files == 0 && inside.dirs == 0;
        let fill = match there {
            _ if inside.stdio => continue,
            None => Fill::Empty,
            Some(_) if passing => Fill::Empty,
            // Root gives its own directories away: owner and mode have to stay.
            Some(_) if uid == 0 && can_copy && inside.bytes <= MOST_TO_COPY => Fill::Copy(path.clone()),
            Some(dir) if empty => {
                if dir.uid == uid && uid > 0 && can_copy {
                    Fill::Own
                } else {
                    Fill::Empty
                }
            }
            Some(_) if !inside.readable => {
                if candidate.volume {
                    blocked.push((path.clone(), format!("user {uid} cannot read all that the image has there")));
                }
                continue;
            }
            Some(_) if inside.bytes > MOST_TO_COPY => {
                blocked.push((path.clone(), format!("the image has {} MB there", inside.bytes >> 20)));
                continue;
            }
            Some(_) if can_copy => Fill::Copy(path.clone()),
            // What lies in it gets mounts of its own, as far as the user may write there.
            Some(_) if inside.files == 0 => Fill::Empty,
            Some(_) if candidate.volume => {
                blocked.push((path.clone(), "the image has files there and no `cp` to bring them along".to_owned()));
                continue;
            }
            Some(_) => continue,
        };
        paths.push(WritablePath {
            path: path.clone(),
            fill,
            data: candidate.volume,
            needed: candidate.volume,
            owned: false,
            why: candidate.why,
        });
    }
    if !blocked.is_empty() {
        certainty = Certainty::Guess;
    }
    let doubt = found.doubt.map(|doubt| format!(", but {doubt}")).unwrap_or_default();
    let evidence = format!("what it writes was inferred from the image's layers{doubt} [image]");
    WritableAdvice { paths, blocked, because: certainty.because(evidence) }
}

/// What programs commonly write, for an image of which nothing is known; without what `mounted` covers.
pub fn usual_paths(mounted: &[&str]) -> Vec<WritablePath> {
    let path = |path: &str| WritablePath {
        path: path.to_owned(),
        fill: Fill::Empty,
        data: false,
        needed: false,
        owned: false,
        why: "programs expect it to be writable".to_owned(),
    };
    let paths = ["/run", "/tmp", "/var/tmp"].map(path).to_vec();
    let because = Certainty::Guess.because("nothing is known");
    let mut advice = WritableAdvice { paths, blocked: Vec::new(), because };
    spare_mounts(&mut advice, mounted, None);
    advice.paths
}

/// Leave out what existing mounts cover, and what would cover one of them.
fn spare_mounts(advice: &mut WritableAdvice, mounted: &[&str], files: Option<&Files>) {
    let real = |path: &str| match files {
        Some(files) => tree::resolve(files, path),
        None => customary(path),
    };
    let mounted: Vec<String> = mounted.iter().map(|path| real(path)).collect();
    let mut blocked = Vec::new();
    advice.paths.retain(|entry| {
        let path = real(&entry.path);
        if mounted.iter().any(|mount| tree::is_within(&path, mount)) {
            return false;
        }
        let Some(mount) = mounted.iter().find(|mount| tree::is_within(mount, &path)) else { return true };
        // Whoever mounts something into the folder of the data has put the data where they want it.
        if entry.needed && !entry.data {
            blocked.push((entry.path.clone(), format!("{mount} is mounted in it already")));
        }
        false
    });
    if !blocked.is_empty() {
        advice.because.certainty = Certainty::Guess;
        advice.blocked.extend(blocked);
    }
}

/// The links that every distribution has.
fn customary(path: &str) -> String {
    let path = path.trim_end_matches('/');
    for (link, real) in [("/var/run", "/run"), ("/var/lock", "/run/lock")] {
        if tree::is_within(path, link) {
            return format!("{real}{}", &path[link.len()..]);
        }
    }
    path.to_owned()
}
