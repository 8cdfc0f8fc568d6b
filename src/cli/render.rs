//! `render`: the hardened manifests on standard output.

use super::{Input, Ruling};
use clap::Args;
use std::ffi::OsString;

/// The words of `render`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every document of the input is printed, in its order and with its comments; only what the profile asks for differs. \
Exit code: 0 done, 2 an error or a refused file.

Examples:
  # Between the tool that renders and the one that applies
  helm template shop | kubectl harden render -f - | kubectl apply -f -

  # As a post-renderer of Helm, in a script
  kubectl harden render -f - --quiet")]
pub struct RenderArgs {
    /// The manifests.
    #[command(flatten)]
    pub input: Input,
    /// The profile.
    #[command(flatten)]
    pub ruling: Ruling,
    // Words for live objects. They are taken so that the answer can say what to write instead.
    #[arg(value_name = "TYPE/NAME", hide = true)]
    pub(crate) words: Vec<OsString>,
}
