//! Which user a container that names none should run as, and what stands against it.

use super::image::{MORE, assessed, start_of};
use crate::image::Known;
use crate::image::advice::{self, STARTERS, UserAdvice};
use crate::rules::{Assessment, Risk};
use crate::workload::{Container, Pod};
use std::collections::BTreeMap;

/// What becomes of a container's user.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Choice {
    /// The manifest states one.
    Stated(i64),
    /// It can be told to run as this one.
    Run {
        /// Above 0.
        uid: i64,
        /// Its group, where it is worth stating.
        gid: Option<i64>,
        /// Variables that go with it.
        env: BTreeMap<String, String>,
        /// Whether any other user would do as well.
        any: bool,
        /// Whether the program becomes this user by itself when it starts as root, so that it wrote as this user before.
        drops: bool,
        /// How sure that is.
        assessment: Assessment,
    },
    /// It has to stay root, and why.
    Root(String),
}

/// The choice for one container. `fallback` is the user taken where nothing names one.
pub(in crate::rules) fn choose(pod: &Pod<'_>, container: &Container<'_>, fallback: i64) -> Choice {
    if let Some(user) = pod.user_of(container) {
        return Choice::Stated(user);
    }
    let known = pod.image_of(container);
    let start = start_of(container);
    let run =
        |uid, assessment| Choice::Run { uid, gid: None, env: BTreeMap::new(), any: true, drops: false, assessment };
    match advice::user(&known, &start, pod.touches_node()) {
        UserAdvice::Root { why, .. } => Choice::Root(why),
        UserAdvice::Unknown { why } => {
            let evidence = format!("{why}, and half of all programs fail as a user that they do not expect; {MORE}");
            run(fallback, Risk::Unproven.because(evidence))
        }
        UserAdvice::As(user) => {
            let mut assessment = assessed(&user.because);
            if let Some(doubt) = doubt(pod, container, &known, i64::from(user.uid), user.drops) {
                assessment =
                    assessment.risk.max(Risk::Unproven).because(format!("{}; but {doubt}", assessment.evidence));
            }
            Choice::Run {
                uid: user.uid.into(),
                gid: user.gid.map(i64::from),
                env: user.env,
                any: user.any,
                drops: user.drops,
                assessment,
            }
        }
    }
}

/// What in the manifest makes it doubtful that a container, fine as this user by its image, still runs.
fn doubt(pod: &Pod<'_>, container: &Container<'_>, known: &Known, uid: i64, drops: bool) -> Option<String> {
    if container.is_privileged() {
        return Some("it is privileged, which speaks of root".to_owned());
    }
    for field in container.field("securityContext/capabilities/add").items() {
        let added = field.as_str().map(super::capability::standard_spelling).unwrap_or_default();
        let in_file =
            known.facts.as_ref().is_some_and(|facts| facts.file_caps.iter().any(|file| file.caps.contains(&added)));
        if !STARTERS.contains(&added.as_str()) && !in_file {
            return Some(format!("the manifest adds {added}, which only root would hold"));
        }
    }
    for namespace in ["hostPID", "hostIPC"] {
        if pod.field(namespace).as_bool() == Some(true) {
            return Some(format!("the pod asks for {namespace}, which speaks of root"));
        }
    }
    for mount in container.mounts().iter().filter(|mount| !mount.is_read_only) {
        // A program that becomes this user by itself has written as this user before.
        match pod.ungrouped(mount.volume) {
            Some(ungrouped) if !(drops && ungrouped.in_use) => return Some(ungrouped.why),
            _ => {}
        }
    }
    for mount in container.mounts() {
        let Some(volume) = pod.volume(mount.volume).filter(|volume| volume.is("hostPath")) else { continue };
        let path = volume.field.field("hostPath/path").as_str().unwrap_or_default();
        if !READABLE.iter().any(|fine| path.starts_with(fine)) {
            return Some(format!("it mounts {path} of the node, whose files may be root's"));
        }
    }
    particular_claim(pod, container, known, uid)
}

/// Files of a node that everybody may read.
const READABLE: [&str; 6] = [
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/etc/ssl/certs",
    "/usr/share/ca-certificates",
    "/etc/machine-id",
];

/// A program that is particular about its data, on a claim: one that insists on owning it, given the root directory of a
/// claim, for a fresh one belongs to root; one that refuses files which a group for volumes opens.
fn particular_claim(pod: &Pod<'_>, container: &Container<'_>, known: &Known, uid: i64) -> Option<String> {
    let facts = known.facts.as_ref()?;
    let start = start_of(container);
    let particular = facts.writable.iter().flatten().filter(|entry| entry.owned || entry.private);
    for entry in particular {
        for mount in container.mounts() {
            let within = |path: &str, root: &str| {
                path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
            };
            let path = mount.path.trim_end_matches('/');
            if !within(path, &entry.path) && !within(&entry.path, path) || !pod.is_claimed(mount.volume) {
                continue;
            }
            if entry.private {
                return Some(format!(
                    "{} refuses files that their group may read, as a group for volumes makes those that are on the claim \
                     at {path} already",
                    facts.id
                ));
            }
            // A directory below the mount is made by the program itself.
            let below = start.env.values().any(|value| within(value, path) && value.trim_end_matches('/') != path);
            if !below {
                return Some(format!(
                    "{} insists on owning its data, and a fresh claim mounted at {path} belongs to root: name a directory \
                     below it (for postgres PGDATA), or make sure that its files belong to {uid}",
                    facts.id
                ));
            }
        }
    }
    None
}
