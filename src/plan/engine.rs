//! Run a profile over a world to a fixed point.

use super::Plan;
use crate::manifest::Stream;
use crate::profile::Profile;
use crate::rules::Risk;
use crate::workload::World;

/// How a run is limited beyond its profile.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The riskiest change that is made.
    pub max_risk: Risk,
    /// Today, `YYYY-MM-DD`, for exceptions that expire.
    pub today: String,
}

/// Make the plan. `streams` are the manifests' texts by index, for the source spans.
pub fn make(profile: &Profile, world: &World, streams: &[Stream], limits: &Limits) -> Plan {
    let _ = (profile, world, streams, limits);
    Plan { objects: Vec::new(), stale: Vec::new() }
}
