//! Which level of the Pod Security Standards an object meets: none of that level's rules finds anything, whatever the
//! profile and its exceptions say.

use crate::profile::{RuleSetting, level_rules};
use crate::rules::Level;
use crate::workload::{Object, Pod, Surroundings};
use serde_json::Value;

/// The strictest level that an object meets; `None` where it does not even meet the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// As it is.
    pub before: Option<Level>,
    /// As the plan makes it.
    pub after: Option<Level>,
}

impl Verdict {
    /// Whether the object meets `level`, before and after.
    pub fn meets(self, level: Level) -> (bool, bool) {
        let meets = |reached: Option<Level>| reached.is_some_and(|reached| reached >= level);
        (meets(self.before), meets(self.after))
    }
}

/// The strictest level that the object would meet with this value.
pub(super) fn level(object: &Object, value: &Value, surroundings: &Surroundings<'_>) -> Option<Level> {
    if !object.is_workload() {
        return None;
    }
    let pods: Vec<Pod<'_>> = object.pods(value, surroundings).collect();
    let clean = |level: &Level| {
        level_rules(*level)
            .iter()
            .all(|rule| pods.iter().all(|pod| rule.run(pod, RuleSetting::of(rule).parameters).is_empty()))
    };
    // The restricted level implies the baseline.
    [Level::Restricted, Level::Baseline].into_iter().find(clean)
}
