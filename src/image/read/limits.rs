//! How much of an image is read at most.

use std::time::Duration;

/// Bounds on what an image may cost. Whoever exceeds one is refused with its name; the ordinary image is far below all.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of an index, a manifest or a config (registries take 4 MiB).
    pub json: u64,
    /// Layers of an image (Docker makes at most 127).
    pub layers: usize,
    /// Entries of all layers together.
    pub entries: u64,
    /// Unpacked bytes of all layers together.
    pub unpacked: u64,
    /// Bytes that a layer may unpack to whatever its packed size...
    pub unpacked_free: u64,
    /// ...and how many times its packed size beyond that.
    pub ratio: u64,
    /// Bytes of a path.
    pub path: usize,
    /// Directories above one another.
    pub depth: usize,
    /// Steps from node to node in the tree of files, those of following links and of whiteouts included.
    pub steps: u64,
    /// Bytes of a text file that is looked into.
    pub text: u64,
    /// Bytes of all text that is kept.
    pub texts: u64,
    /// Directories, links, programs and scripts that are told of an image, each; the deepest are left out.
    pub told: usize,
    /// Sightings of each kind that are told.
    pub sightings: usize,
    /// Time for one image of a registry.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json: 8 << 20,
            layers: 512,
            entries: 1_000_000,
            unpacked: 64 << 30,
            unpacked_free: 256 << 20,
            ratio: 100,
            path: 4096,
            depth: 255,
            steps: 100_000_000,
            text: 64 << 10,
            texts: 16 << 20,
            told: 50_000,
            sightings: 200,
            time: Duration::from_secs(600),
        }
    }
}
