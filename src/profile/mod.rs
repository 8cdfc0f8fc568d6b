//! The profile: which rules run, how severe, with which parameters, on what, and with which exceptions.
//!
//! [`load`] reads one by name or path, strictly: whatever it does not understand is a [`Problem`] with its place and, where
//! it can, a suggestion. Reading files is left to the caller's [`Loader`].

mod builtin;
mod images;
mod layer;
mod load;
mod lock;
mod model;
mod node;
mod problem;
mod schema;
mod selector;
mod suggest;
mod summary;

pub use builtin::{BUILTIN, Builtin, Cited, DEFAULT, level_rules};
pub use load::{Loader, ProfileText, is_path, load};
pub use lock::ImagesLock;
pub use model::{Exception, Profile, RuleSetting, UnknownRule};
pub use problem::{Problem, ProfileError};
pub use schema::schema;
pub use selector::{Pattern, Selector};
pub use suggest::{closest, containing};
pub use summary::{ExceptionSummary, ImageSummary, ProfileSummary, RuleSummary};
