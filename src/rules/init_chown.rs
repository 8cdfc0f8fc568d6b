//! # What it checks
//!
//! No init container does nothing but change owners and modes (`chown`, `chmod`) of an emptyDir.
//!
//! # Why
//!
//! Changing owners takes root. It is written to make a volume writable for a program that runs as another user, but an
//! emptyDir is open to everybody from the start: the container is not needed, and as long as it is there the pod cannot
//! do without root.
//!
//! # What it changes
//!
//! Takes the init container away where all it changes are emptyDirs. On a claim it stays, for a fresh claim belongs to
//! root; there `capabilities` leaves it CHOWN and FOWNER alone (and DAC_OVERRIDE where it goes into directories,
//! `chown -R`, for it meets those of the program on its second run).
//!
//! # What can break
//!
//! `likely`: every measured program wrote an emptyDir that it did not own. It stays where the facts say that the program
//! insists on owning its directory (postgres).
//!
//! # Example
//!
//! ```yaml
//! initContainers:
//!   - name: fix-permissions      # goes: data is an emptyDir
//!     image: busybox
//!     command: [sh, -c, chown -R 999:999 /data]
//!     volumeMounts: [{ name: data, mountPath: /data }]
//! ```

use super::common::image::start_of;
use super::{Check, Findings, Matter, Risk, Rule, Severity, Stage, Standard};
use crate::image::advice::{Because, CapabilityAdvice, Certainty, owner_changes};
use crate::workload::{Container, List, Pod};

/// The rule.
pub const RULE: Rule = Rule {
    id: "init-chown",
    title: "an init container changes owners that need no change",
    severity: Severity::Low,
    matter: Matter::User,
    mends: "takes the init container out",
    risks: &[Risk::Likely],
    standards: &[Standard::Nsa("Non-root containers and rootless container engines")],
    parameters: &[],
    stage: Stage::Shape,
    check: Check::Pod(check),
};

fn check(pod: &Pod<'_>, found: &mut Findings) {
    // An empty list would stay behind.
    let only = pod.field("initContainers").items().len() == 1;
    for container in pod.containers() {
        let Some(changes) = changes(container) else { continue };
        if changes.volumes.iter().all(|name| pod.volume(name).is_some_and(|volume| volume.is("emptyDir")))
            && !somebody_insists(pod, &changes.volumes)
        {
            let names = changes.volumes.join(", ");
            found
                .at(container)
                .because(format!(
                    "all it does is change owners on {names}, an emptyDir that everybody may write anyway"
                ))
                .remove(
                    &if only { pod.field("initContainers") } else { container.whole() },
                    Risk::Likely.because("an emptyDir is made with mode 0777"),
                );
        }
    }
}

/// What a container does that only changes owners and modes: the volumes it works on, and whether it goes into directories.
struct Changes<'a> {
    volumes: Vec<&'a str>,
    recursive: bool,
}

/// Nothing where it does anything else, or works outside its volumes.
fn changes<'a>(container: &Container<'a>) -> Option<Changes<'a>> {
    let sidecar = container.field("restartPolicy").is_stated();
    if container.list() != List::Init || sidecar {
        return None;
    }
    let work = owner_changes(&start_of(container))?;
    let mounts = container.mounts();
    let volume = |path: &String| {
        let within = |root: &str| path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        let mount = mounts.iter().find(|mount| within(mount.path.trim_end_matches('/')))?;
        Some(mount.volume)
    };
    let mut volumes = work.paths.iter().map(volume).collect::<Option<Vec<_>>>()?;
    volumes.dedup();
    (!volumes.is_empty()).then_some(Changes { volumes, recursive: work.recursive })
}

/// Whether a program that uses one of the volumes insists on owning its directory.
fn somebody_insists(pod: &Pod<'_>, volumes: &[&str]) -> bool {
    pod.containers().iter().filter(|container| container.list() == List::Main).any(|container| {
        let known = pod.image_of(container);
        let insists = known.facts.iter().flat_map(|facts| facts.writable.iter().flatten()).any(|entry| entry.owned);
        insists && container.mounts().iter().any(|mount| volumes.contains(&mount.volume))
    })
}

/// The capabilities that a container needs whose only work is to change owners.
pub(super) fn needs(container: &Container<'_>) -> Option<CapabilityAdvice> {
    let changes = changes(container)?;
    let mut add = vec!["CHOWN".to_owned(), "FOWNER".to_owned()];
    if changes.recursive {
        add.insert(1, "DAC_OVERRIDE".to_owned());
    }
    let evidence = "all it does is change owners and modes, which takes these and nothing else (measured)".to_owned();
    Some(CapabilityAdvice { add, because: Because { certainty: Certainty::Proven, evidence } })
}
