//! What the users of a pod's containers are to each other: who prepares files for whom, who signals whom.

use super::choice::Choice;
use super::image::start_of;
use crate::image::AnyUid;
use crate::rules::Risk;
use crate::workload::{Container, List, Pod};

/// Make choices agree that are right one by one.
pub(super) fn agree(pod: &Pod<'_>, chosen: &mut [(&Container<'_>, Choice)]) {
    for at in 0..chosen.len() {
        if let Some((uid, gid, why)) = host(pod, chosen, at)
            && let Choice::Run { uid: own, gid: group, assessment, .. } = &mut chosen[at].1
        {
            (*own, *group) = (uid, gid);
            *assessment = assessment.risk.because(format!("{}; {why}", assessment.evidence));
        }
    }
    for at in 0..chosen.len() {
        if let Some(doubt) = preparer(pod, chosen, at).or_else(|| signals(pod, chosen, at))
            && let Choice::Run { assessment, .. } = &mut chosen[at].1
        {
            *assessment = assessment.risk.max(Risk::Unproven).because(format!("{}; but {doubt}", assessment.evidence));
        }
    }
}

/// The user of the program that a container of a bare system works for: files that it makes for its owner alone, such as
/// keys, are that program's then.
fn host(pod: &Pod<'_>, chosen: &[(&Container<'_>, Choice)], at: usize) -> Option<(i64, Option<i64>, String)> {
    let (container, Choice::Run { uid: own, .. }) = &chosen[at] else { return None };
    if !is_servant(pod, container) {
        return None;
    }
    let mut hosts = chosen.iter().filter(|(other, _)| {
        other.list() == List::Main && !is_servant(pod, other) && shared(pod, container, other).is_some()
    });
    let (host, choice) = hosts.next()?;
    let (uid, gid) = user_of(pod, host, choice)?;
    let alone = hosts.all(|(other, choice)| user_of(pod, other, choice).is_some_and(|(other, _)| other == uid));
    let volume = shared(pod, container, host)?;
    (alone && uid != *own).then(|| (uid, gid, format!("as {uid} like {}, with which it shares {volume}", host.name())))
}

/// Whether a container is of a system without a program of its own that runs as any user.
fn is_servant(pod: &Pod<'_>, container: &Container<'_>) -> bool {
    pod.image_of(container).facts.is_some_and(|facts| facts.runs_anything && facts.any_uid == AnyUid::Yes)
}

fn user_of(pod: &Pod<'_>, container: &Container<'_>, choice: &Choice) -> Option<(i64, Option<i64>)> {
    match choice {
        Choice::Stated(uid) if *uid > 0 => {
            let group = container.field("securityContext/runAsGroup").as_i64();
            Some((*uid, group.or_else(|| pod.field("securityContext/runAsGroup").as_i64())))
        }
        Choice::Run { uid, gid, .. } => Some((*uid, *gid)),
        _ => None,
    }
}

/// The volume that two containers share and both may write.
fn shared<'a>(pod: &Pod<'_>, one: &Container<'a>, other: &Container<'_>) -> Option<&'a str> {
    let theirs = other.mounts();
    let both = one.mounts().into_iter().filter(|mount| !mount.is_read_only).find(|mount| {
        let writable = pod.volume(mount.volume).is_some_and(|it| it.is("emptyDir")) || pod.is_claimed(mount.volume);
        writable && theirs.iter().any(|other| other.volume == mount.volume && !other.is_read_only)
    });
    both.map(|mount| mount.volume)
}

/// An init container that stays root and leaves files which the program could not change as another user.
fn preparer(pod: &Pod<'_>, chosen: &[(&Container<'_>, Choice)], at: usize) -> Option<String> {
    let (container, Choice::Run { uid, .. }) = &chosen[at] else { return None };
    let started_as_root = pod.image_of(container).own_user().is_none_or(|user| user == 0);
    if container.list() != List::Main || !started_as_root {
        return None;
    }
    chosen.iter().filter(|(other, _)| other.list() == List::Init).find_map(|(init, choice)| {
        let stays_root = match choice {
            Choice::Root(_) | Choice::Stated(0) => true,
            Choice::Run { assessment, .. } => {
                assessment.risk > Risk::Likely && pod.image_of(init).own_user().is_none_or(|user| user == 0)
            }
            Choice::Stated(_) => false,
        };
        // One that gives its files away has thought of it.
        let start = start_of(init);
        let gives =
            start.command.iter().chain(&start.args).any(|word| word.contains("chown") || word.contains("chmod"));
        let volume = shared(pod, init, container).filter(|_| stays_root && !gives)?;
        Some(format!("{} prepares {volume} as root, whose files user {uid} cannot change", init.name()))
    })
}

/// Containers that see each other's processes: only as one user may they signal each other.
fn signals(pod: &Pod<'_>, chosen: &[(&Container<'_>, Choice)], at: usize) -> Option<String> {
    let (container, Choice::Run { uid, .. }) = &chosen[at] else { return None };
    if pod.field("shareProcessNamespace").as_bool() != Some(true) || container.list() != List::Main {
        return None;
    }
    let others =
        chosen.iter().filter(|(other, _)| other.list() == List::Main && other.pointer() != container.pointer());
    let other = others.into_iter().find(|(other, choice)| user_of(pod, other, choice).map(|it| it.0) != Some(*uid))?;
    Some(format!("it shares its processes with {}, and as two users they cannot signal each other", other.0.name()))
}
