//! Reading images: layers, archives, registries, and what nobody should send.

// Tests stop at the first surprise, and say on standard output what they skip.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod build;
#[path = "../common/mod.rs"]
mod common;
mod fake;
mod hostile;
mod kustomized;
mod layers;
mod log_ins;
mod pins;
mod registry;
mod server;
mod sources;
mod tar;
