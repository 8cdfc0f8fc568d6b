//! The parameters of the rule, read once.

use crate::resources::Quantity;
use crate::rules::Findings;

/// What the profile says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) cpu_request: Quantity,
    pub(super) memory_request: Quantity,
    pub(super) memory_limit: Quantity,
    pub(super) storage_request: Quantity,
    pub(super) storage_limit: Quantity,
    pub(super) cpu_limit: CpuLimit,
    pub(super) least_cpu_limit: Quantity,
    /// What measured memory limits are multiplied with, in percent.
    pub(super) headroom: u64,
}

/// Whether CPU limits are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CpuLimit {
    Never,
    /// Where pods without one are refused.
    Auto,
    Always,
}

impl Settings {
    /// Those of a run; the profile has proved that they read.
    pub(super) fn of(found: &Findings) -> Self {
        let quantity = |name: &str| Quantity::of(found.parameter(name)).unwrap_or(Quantity::ZERO);
        Self {
            cpu_request: quantity("cpuRequest"),
            memory_request: quantity("memoryRequest"),
            memory_limit: quantity("memoryLimit"),
            storage_request: quantity("ephemeralStorageRequest"),
            storage_limit: quantity("ephemeralStorageLimit"),
            cpu_limit: match found.parameter("cpuLimit").as_str() {
                Some("always") => CpuLimit::Always,
                Some("auto") => CpuLimit::Auto,
                _ => CpuLimit::Never,
            },
            least_cpu_limit: quantity("leastCpuLimit"),
            headroom: 100 + found.parameter("memoryHeadroom").as_u64().unwrap_or_default(),
        }
    }
}
