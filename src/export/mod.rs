//! What a run came to, in forms that other tools take: neat manifests and patches.
//!
//! Pure: values in, values out. `Stream::of_value` makes texts of them.

mod json;
mod kustomize;
mod neat;
mod strategic;
mod token;

pub use json::json_patch;
pub use kustomize::kustomize_patch;
pub use neat::neat;
pub use strategic::{strategic_patch, takes_strategic};
pub use token::without_token;
