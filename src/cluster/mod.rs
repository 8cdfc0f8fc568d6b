//! Everything that talks to an API server.
//!
//! ```text
//! Connection -> Server          kubectl's connection flags become a client; every request goes through `Server`
//! select     -> Live objects    the words of the command line, as kubectl's resource builder reads them
//! surround   -> neighbours      what stands around them, as far as the user may read it
//! traffic    -> Live objects    whatever says something about the traffic of all workloads
//! owner, preflight, write       who manages an object, what the server would say, one careful patch
//! rollout, diagnosis            what becomes of the new pods, and why they do not start
//! journal, undo                 what was done, and how it is taken back
//! ```
//!
//! Objects are JSON values from end to end: typed structs drop the fields that they do not know. Every function of this room
//! that talks to the server is async; [`Runtime`] is the one place where the program waits.
#![allow(clippy::disallowed_methods)] // This room is the edge: sockets, clocks, the user's state folder.

pub mod apply;
mod call;
mod connection;
pub mod diagnosis;
mod discovery;
mod error;
mod failure;
pub mod journal;
mod live;
mod metadata;
pub mod owner;
pub mod pod_addresses;
pub mod preflight;
mod request;
mod resource;
pub mod rollout;
mod runtime;
pub mod select;
mod server;
pub mod surround;
mod target;
pub mod traffic;
pub mod undo;
pub mod write;

pub use connection::known;
pub use discovery::Discovery;
pub use error::{Cause, Error, Status};
pub use live::{Live, Reference};
pub use request::{DryRun, ListOptions, LogOptions, Patch, Write};
pub use resource::Resource;
pub use runtime::Runtime;
pub use server::Server;
pub use target::{Reason, Target};

/// The field manager of every write. Never one that begins with `kubectl`: Flux takes over all of those and drops their
/// fields at its next reconciliation.
pub const FIELD_MANAGER: &str = "pod-hardener";
