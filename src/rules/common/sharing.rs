//! Containers that share a volume or their processes: the users they become must leave them able to.

use super::choice::Choice;
use crate::rules::Risk;
use crate::workload::{Container, List, Pod};
use std::collections::{BTreeMap, BTreeSet};

/// Make the choices for the containers of a pod agree with the volumes that they share.
///
/// A container that runs as any user takes that of the one it shares a volume with, so that files of narrow modes stay
/// readable. One that ran as root all the time, and shares a volume with one that stays root, may find files there that it
/// cannot change: that is `unproven`.
pub(in crate::rules) fn agree(pod: &Pod<'_>, chosen: &mut [(&Container<'_>, Choice)]) {
    let shared = shared(pod, chosen);
    for users in shared.values() {
        let settled = |at: &usize| match &chosen[*at].1 {
            Choice::Stated(uid) if *uid > 0 => Some((*uid, None)),
            Choice::Run { uid, gid, any: false, assessment, .. } if assessment.risk < Risk::Unproven => {
                Some((*uid, *gid))
            }
            _ => None,
        };
        let (all, writers) = (users.all.iter().find_map(settled), users.writers.iter().find_map(settled));
        for at in &users.all {
            let user = if users.writers.contains(at) { all } else { writers };
            if let (Some(user), Choice::Run { any: any @ true, uid, gid, .. }) = (user, &mut chosen[*at].1) {
                (*uid, *gid) = user;
                // The first volume counts.
                *any = false;
            }
        }
    }
    for users in shared.values() {
        let stays_root = |at: &usize| stays_root(&chosen[*at].1).then(|| chosen[*at].0.name());
        let (all, writers) = (users.all.iter().find_map(stays_root), users.writers.iter().find_map(stays_root));
        for at in &users.all {
            let root = if users.writers.contains(at) { all } else { writers };
            if let (Some(root), Choice::Run { drops: false, assessment, .. }) = (root, &mut chosen[*at].1)
                && assessment.risk < Risk::Unproven
            {
                let evidence = format!("{}; but it shares a volume with {root}, which stays root", assessment.evidence);
                *assessment = Risk::Unproven.because(evidence);
            }
        }
    }
    agree_on_processes(pod, chosen);
}

/// Main containers that see each other's processes and run as different users cannot signal each other.
fn agree_on_processes(pod: &Pod<'_>, chosen: &mut [(&Container<'_>, Choice)]) {
    if pod.field("shareProcessNamespace").as_bool() != Some(true) {
        return;
    }
    let user = |choice: &Choice| match choice {
        Choice::Stated(uid) | Choice::Run { uid, .. } => Some(*uid),
        Choice::Root(_) => None,
    };
    let main: Vec<_> = chosen.iter().filter(|(container, _)| container.list() == List::Main).collect();
    let Some((first, own)) = main.first().map(|(container, choice)| (container.name(), user(choice))) else { return };
    let Some(second) = main.iter().find(|(_, choice)| user(choice) != own).map(|(container, _)| container.name())
    else {
        return;
    };
    for (container, choice) in chosen.iter_mut().filter(|(container, _)| container.list() == List::Main) {
        let other = if user(choice) == own { second } else { first };
        if let Choice::Run { assessment, .. } = choice {
            let evidence = format!(
                "{}; but {} shares its processes with {other}, and as two users they cannot signal each other",
                assessment.evidence,
                container.name()
            );
            *assessment = assessment.risk.max(Risk::Unproven).because(evidence);
        }
    }
}

/// Whether a container goes on as root in a run that makes no unproven change.
fn stays_root(choice: &Choice) -> bool {
    match choice {
        Choice::Stated(uid) => *uid == 0,
        Choice::Run { assessment, .. } => assessment.risk >= Risk::Unproven,
        Choice::Root(_) => true,
    }
}

/// The containers that mount a volume, by index; a reader has to agree with the writers alone.
#[derive(Default)]
struct Users {
    all: BTreeSet<usize>,
    writers: BTreeSet<usize>,
}

/// The volumes that can be written and are mounted in more than one container. There may be a great many containers.
fn shared<'a>(pod: &Pod<'a>, chosen: &[(&Container<'a>, Choice)]) -> BTreeMap<&'a str, Users> {
    let kinds = ["emptyDir", "hostPath", "persistentVolumeClaim", "ephemeral"];
    let volumes = pod.volumes().into_iter().filter(|volume| kinds.iter().any(|kind| volume.is(kind)));
    let mut names: BTreeSet<&str> = volumes.map(|volume| volume.name).collect();
    names.extend(pod.claim_templates().into_iter().map(|(name, _)| name));
    let mut shared: BTreeMap<&str, Users> = BTreeMap::new();
    for (at, (container, _)) in chosen.iter().enumerate() {
        for mount in container.mounts().into_iter().filter(|mount| names.contains(mount.volume)) {
            let users = shared.entry(mount.volume).or_default();
            users.all.insert(at);
            if !mount.is_read_only {
                users.writers.insert(at);
            }
        }
    }
    shared.retain(|_, users| users.all.len() > 1 && !users.writers.is_empty());
    shared
}
