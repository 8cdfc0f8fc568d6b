//! What a run came to, in forms that other tools take: neat manifests and patches.
//!
//! Pure: values in, values and texts out.

mod neat;

pub use neat::neat;
