//! Flags about images: what is known of them, and where they may be read.

use crate::image::read::{Platform, Source};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What the plan may know of images.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Images")]
pub struct Images {
    /// Read images from oci:DIR, oci-archive:FILE or docker-archive:FILE; IMAGE=oci:DIR for one without its name
    #[arg(long, value_name = "SOURCE")]
    pub image_source: Vec<Source>,
    /// Read images from their registries, with the log-ins of docker and podman; what was read is kept
    #[arg(long)]
    pub inspect_images: bool,
    /// A lock file with the digests behind the tags of images; it counts before all other sources of them
    #[arg(long, value_name = "FILE")]
    pub image_lock: Option<PathBuf>,
    /// Write the digests found for this run's images into a lock file
    #[arg(long, value_name = "FILE")]
    pub image_lock_output: Option<PathBuf>,
    /// A file of log-ins that counts before those of docker and podman
    #[arg(long, value_name = "FILE")]
    pub registry_config: Option<PathBuf>,
    /// Ask this registry without TLS, which only loopback addresses are by themselves
    #[arg(long, value_name = "HOST[:PORT]")]
    pub insecure_registry: Vec<String>,
    /// Whether the facts that come with the program count: builtin or none
    #[arg(
        long,
        value_name = "WHICH",
        default_value = "builtin",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub image_facts: ImageFacts,
    /// The platform whose image is read where there are several
    #[arg(long, value_name = "OS/ARCH", default_value = "linux/amd64")]
    pub platform: Platform,
}

/// Which facts count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ImageFacts {
    /// Those that come with the program, and the profile's.
    #[default]
    Builtin,
    /// The profile's alone.
    None,
}
