//! What a run asks for, and what is wrong with the asking.

use super::Progress;
use crate::manifest::Stream;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// What to gather.
pub struct Request<'r> {
    /// Files, folders, globs, `-` and URLs, in the user's order.
    pub names: Vec<OsString>,
    /// Whether a name may be a list with commas, as kubectl reads `-f`. A name that exists as it stands is no list.
    pub commas: bool,
    /// The folder of `-k`.
    pub kustomize: Option<PathBuf>,
    /// Whether folders are read with all folders below them, minding `.gitignore`.
    pub recursive: bool,
    /// Whether `.kubectl-hardenignore` holds for files that are named one by one too, as a hook names them.
    pub ignore_named: bool,
    /// How much is read, and for how long.
    pub limits: Limits,
    /// Which streams the caller needs. The others are dropped as soon as they are parsed, and counted.
    pub keep: &'r (dyn Fn(&Stream) -> bool + Sync),
    /// Told of every manifest that is done.
    pub progress: &'r Progress,
}

/// How much is read, and for how long.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest file, standard input or kustomization, in bytes.
    pub file: u64,
    /// The largest answer of a server, in bytes, after decompression.
    pub url: u64,
    /// The time for one URL, all attempts together.
    pub url_time: Duration,
    /// The pause before a URL is tried again.
    pub url_pause: Duration,
}

impl Limits {
    /// How often a URL is tried, as kubectl does.
    pub(super) const URL_ATTEMPTS: u32 = 3;
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 64 << 20, url: 16 << 20, url_time: Duration::from_secs(30), url_pause: Duration::from_secs(1) }
    }
}

/// A command line that names nothing that could be read. Told before anything is read.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// No names at all.
    #[error("you must provide one or more manifests, such as -f deployment.yaml, -f folder/ or -f - (standard input)")]
    Nothing,
    /// `-` more than once.
    #[error("standard input cannot be used for multiple arguments")]
    StdinTwice,
    /// `-k` beside `-f`.
    #[error("the -k flag can't be used with -f")]
    KustomizeBesideFiles,
    /// Neither a file, nor a folder, nor a glob that matches.
    #[error("the path {0:?} does not exist")]
    Missing(String),
    /// A folder without manifests.
    #[error("no .yaml, .yml or .json files in {}{hint}", folder.display())]
    EmptyFolder {
        /// The folder.
        folder: PathBuf,
        /// What could be done, in brackets, or nothing.
        hint: &'static str,
    },
}
