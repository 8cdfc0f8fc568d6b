//! Requests and limits: quantities, what sources know of what containers need, and what stands around a workload that has a
//! say in it (LimitRanges, ResourceQuotas, autoscalers, the runtime of the program).
//!
//! A pure room: the texts of sources are handed in.

mod amounts;
mod quantity;
pub mod quota;
pub mod range;
mod read;
pub mod runtime;
pub mod scaler;
mod table;

pub mod file;
pub mod krr;
pub mod vpa;

pub use amounts::{Amount, Amounts, Requirements, Resource};
pub use quantity::Quantity;
pub use read::SourceError;
pub use table::{Entry, Key, Recommendations, Recommended, Source};
