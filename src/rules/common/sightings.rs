//! What was seen in the files of a container's image.

use crate::image::Sight;
use crate::rules::Findings;
use crate::rules::findings::or_except;
use crate::workload::{Container, Pod};

/// Paths that a reason names; the rest are counted.
const NAMED: usize = 3;

/// For each container whose image was read and has one of these sights: a finding with `reason` before the paths and the
/// decision that a person has to take. `spared` says which containers it does not matter for.
pub(in crate::rules) fn tell(
    rule: &str,
    sights: &[Sight],
    reason: &str,
    decision: &str,
    pod: &Pod<'_>,
    found: &mut Findings,
    spared: impl Fn(&Container<'_>) -> bool,
) {
    for container in pod.containers().iter().filter(|container| !spared(container)) {
        let Some(contents) = pod.image_of(container).contents else { continue };
        let seen = contents.files.iter().flat_map(|files| &files.sightings);
        let paths: Vec<&str> =
            seen.filter(|seen| sights.contains(&seen.sight)).map(|seen| seen.path.as_str()).collect();
        if paths.is_empty() {
            continue;
        }
        let more = match paths.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = paths[..paths.len().min(NAMED)].join(", ");
        found
            .at(&container.field("image"))
            .because(format!("{reason} {named}{more}"))
            .decide(or_except(rule, decision));
    }
}
