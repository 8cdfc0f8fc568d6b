//! Containers that share a volume or their processes: the users they become must leave them able to.

use super::choice::Choice;
use crate::rules::Risk;
use crate::workload::{Container, List, Pod};

/// Make the choices for the containers of a pod agree with the volumes that they share.
///
/// A container that runs as any user takes that of the one it shares a volume with, so that files of narrow modes stay
/// readable. One that ran as root all the time, and shares a volume with one that stays root, may find files there that it
/// cannot change: that is `unproven`.
pub(in crate::rules) fn agree(pod: &Pod<'_>, chosen: &mut [(&Container<'_>, Choice)]) {
    for at in 0..chosen.len() {
        let Choice::Run { any: true, .. } = &chosen[at].1 else { continue };
        let settled = (0..chosen.len()).filter(|other| *other != at && share(pod, chosen[at].0, chosen[*other].0));
        let user = settled.into_iter().find_map(|other| match &chosen[other].1 {
            Choice::Stated(uid) if *uid > 0 => Some((*uid, None)),
            Choice::Run { uid, gid, any: false, assessment, .. } if assessment.risk < Risk::Unproven => {
                Some((*uid, *gid))
            }
            _ => None,
        });
        if let (Some((shared, group)), Choice::Run { uid, gid, .. }) = (user, &mut chosen[at].1) {
            (*uid, *gid) = (shared, group);
        }
    }
    let stays_root: Vec<bool> = chosen.iter().map(|(_, choice)| stays_root(choice)).collect();
    for at in 0..chosen.len() {
        let root = (0..chosen.len())
            .find(|other| *other != at && stays_root[*other] && share(pod, chosen[at].0, chosen[*other].0))
            .map(|other| chosen[other].0.name().to_owned());
        if let (Some(root), Choice::Run { drops: false, assessment, .. }) = (root, &mut chosen[at].1) {
            let evidence = format!("{}; but it shares a volume with {root}, which stays root", assessment.evidence);
            *assessment = assessment.risk.max(Risk::Unproven).because(evidence);
        }
        if let (Some(other), Choice::Run { assessment, .. }) = (signals(pod, chosen, at), &mut chosen[at].1) {
            let evidence = format!(
                "{}; but it shares its processes with {other}, and as two users they cannot signal each other",
                assessment.evidence
            );
            *assessment = assessment.risk.max(Risk::Unproven).because(evidence);
        }
    }
}

/// Another main container that sees this one's processes and does not run as its user.
fn signals(pod: &Pod<'_>, chosen: &[(&Container<'_>, Choice)], at: usize) -> Option<String> {
    if pod.field("shareProcessNamespace").as_bool() != Some(true) || chosen[at].0.list() != List::Main {
        return None;
    }
    let user = |choice: &Choice| match choice {
        Choice::Stated(uid) | Choice::Run { uid, .. } => Some(*uid),
        Choice::Root(_) => None,
    };
    let own = user(&chosen[at].1);
    let mut others = chosen.iter().filter(|(container, _)| container.list() == List::Main);
    others.find(|(_, choice)| user(choice) != own).map(|(container, _)| container.name().to_owned())
}

/// Whether a container goes on as root in a run that makes no unproven change.
fn stays_root(choice: &Choice) -> bool {
    match choice {
        Choice::Stated(uid) => *uid == 0,
        Choice::Run { assessment, .. } => assessment.risk >= Risk::Unproven,
        Choice::Root(_) => true,
    }
}

/// Whether both mount a volume that one of them can write.
fn share(pod: &Pod<'_>, one: &Container<'_>, other: &Container<'_>) -> bool {
    let others = other.mounts();
    let writable = |name: &str| {
        pod.is_claimed(name) || pod.volume(name).is_some_and(|volume| volume.is("emptyDir") || volume.is("hostPath"))
    };
    one.mounts().iter().any(|mount| {
        let same =
            |it: &&crate::workload::Mount<'_>| it.volume == mount.volume && !(it.is_read_only && mount.is_read_only);
        others.iter().any(|it| same(&it)) && writable(mount.volume)
    })
}
