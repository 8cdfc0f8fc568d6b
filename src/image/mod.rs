//! What is known of container images: their references, the facts that come with the program, and what an image itself
//! says of its user, its files and its program.
//!
//! Everything here is pure but for [`read`], which opens archives and talks to registries.

pub mod advice;
pub mod builtin;
mod contents;
mod facts;
mod known;
mod kubelet;
mod mirrors;
mod pin;
pub mod read;
mod reference;
mod stated;

pub use contents::{
    Config, Contents, Dir, Files, Group, NamedUser, Owned, Program, Sight, Sighting, User as ImageUser,
};
pub use facts::{
    AnyUid, ApiUse, Basis, Facts, FileCapabilities, FileVariables, Keep, Need, NodeRole, Port, RootStart, User,
    UserBasis, Variant, When, WithoutFileVariables, Writable,
};
pub use known::{Images, Known, Origin};
pub use kubelet::NonRoot;
pub use mirrors::{Mirrors, is_below};
pub use pin::{Pin, PinSource, Pins};
pub use reference::{Reference, ReferenceError};
pub use stated::{StatedFacts, repository_glob};
