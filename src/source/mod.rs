//! Where manifests come from, and the safe way back into a file.
//!
//! [`gather`] turns what the user named (files, folders, globs, standard input, URLs, a kustomization) into parsed
//! [`Manifest`]s, in the order named; [`replace`] writes new texts back so that every file is either as it was or
//! complete. A thing that cannot be used never stops the others: it is [`Refused`] or [`Skipped`] with a reason.
//! Everything here is bounded in size and time, and nothing is opened that could block.

#![allow(clippy::disallowed_methods)] // This room is the edge: it reads and writes files and runs kubectl.

mod file;
mod gather;
mod gathered;
mod git;
mod glob;
pub mod interrupt;
mod kustomize;
mod names;
mod origin;
mod progress;
mod replace;
mod request;
mod text;
mod url;
mod walk;
mod whole;

pub use file::text as read_text;
pub use gather::gather;
pub use gathered::{Gathered, Manifest, Refused, Skipped};
pub use git::keeps as git_keeps;
pub use origin::{LiveOrigin, Origin};
pub use progress::Progress;
pub use replace::{HardError, Put, Replaced, Replacement, put, replace};
pub use request::{Limits, NameError, Request};
pub use whole::whole_folders;
