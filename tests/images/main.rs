//! Reading images: layers, archives, registries, and what nobody should send.

// Tests stop at the first surprise, and say on standard output what they skip.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout)]

mod build;
mod layers;
mod sources;
mod tar;
