//! What the verbs of `network` look at: manifests where any are named, else the objects of a cluster.

use super::{Connection, Input, Selection};
use clap::Args;

/// Manifests, or a cluster.
#[derive(Debug, Args)]
pub struct NetworkInput {
    /// The manifests; without any it is the cluster's objects.
    #[command(flatten)]
    pub input: Input,
    /// Look at all namespaces of the cluster
    #[arg(short = 'A', long, help_heading = "Objects")]
    pub all_namespaces: bool,
    /// Return large lists in chunks rather than all at once. Pass 0 to disable
    #[arg(long, value_name = "NUMBER", default_value_t = Selection::CHUNK, hide_default_value = true, help_heading = "Objects")]
    pub chunk_size: u32,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

impl NetworkInput {
    /// Whether manifests are named.
    pub fn has_files(&self) -> bool {
        !self.input.filenames.is_empty() || self.input.kustomize.is_some()
    }
}
