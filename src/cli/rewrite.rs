//! `rewrite`: write it.

use super::Ruling;
use clap::{Args, ValueEnum};
use std::ffi::OsString;

/// The words of `rewrite`.
#[derive(Debug, Args)]
#[command(after_help = "\
Directories are searched with all that is below them; .gitignore and .kubectl-hardenignore are respected. The whole run \
is planned and verified before the first file is written. A file that cannot be changed without harm is left as it is \
and named. Exit code: 0 done, 2 an error or a refused file; with --check 1 when something would change.

Examples:
  # Everything below the current directory
  kubectl harden rewrite .

  # In a build: name the files that would change, write nothing
  kubectl harden rewrite --check .")]
pub struct RewriteArgs {
    /// Files and directories
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<OsString>,
    /// The profile.
    #[command(flatten)]
    pub ruling: Ruling,
    /// Name the files that would change and write nothing
    #[arg(long, help_heading = "Writing")]
    pub check: bool,
    /// Write no file at all when one is refused
    #[arg(long, help_heading = "Writing")]
    pub all_or_nothing: bool,
    /// Output format: human or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: RewriteFormat,
}

/// Output formats of `rewrite`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RewriteFormat {
    /// One line a file.
    Human,
    /// The whole plan, by `docs/report.schema.json`.
    Json,
}
