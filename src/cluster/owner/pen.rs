//! How a change is best written.

use super::claims::{Claims, Operation};
use super::signs::is_writer;
use super::{Effect, Fate};
use crate::cluster::Live;
use crate::cluster::journal::Pen;

/// The API groups whose types tell a server by which key the items of each list merge.
const BUILT_IN: [&str; 3] = ["", "apps", "batch"];

/// Server-side apply where it does nothing but good, a JSON patch otherwise.
///
/// An applied intent names containers, and thereby keeps another applier from renaming or dropping them; it would take over
/// the whole of a custom resource's lists; it cannot take a value away, and needs force for one that another manager sets;
/// and a second intent drops what the first one asked for.
pub fn pen(live: &Live, effects: &[Effect]) -> Pen {
    let applied = |claim: &super::claims::Claim<'_>| {
        claim.manager.operation == Operation::Apply && (is_writer(claim) || claim.manager.is_ours())
    };
    let adds = |effect: &Effect| effect.overrides.is_none() && effect.fate == Fate::Stays && !effect.removes;
    let safe = BUILT_IN.contains(&live.reference.resource.group.as_str())
        && effects.iter().all(adds)
        && !Claims::of(&live.value).iter().any(applied);
    if safe { Pen::Apply } else { Pen::JsonPatch }
}
