//! Harden Kubernetes workloads without breaking them, and without leaving a trace in the files that hold them.
//!
//! The way of the data, each station a room of its own:
//!
//! ```text
//! source::gather     -> manifests        text and spans of every YAML or JSON document
//! workload::World    -> objects          found by identity, with the pod templates inside them
//! plan::make         -> Plan             per object: findings, changes, the value it should have
//! manifest::splice   -> text             the same file with only those values changed, verified
//! report             -> what people and machines read
//! export             -> patches, and neat manifests of live objects
//! cluster            -> live objects: read, planned, changed, watched, taken back
//! ```
//!
//! `manifest`, `workload`, `resources`, `profile`, `rules`, `plan`, `network` and `export` are pure: values in, values out. `clippy.toml` holds that wall.

pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod command;
pub mod export;
pub mod image;
pub mod manifest;
pub mod network;
pub mod plan;
pub mod profile;
pub mod report;
pub mod resources;
pub mod rules;
pub mod secrets;
pub mod source;
pub mod workload;
