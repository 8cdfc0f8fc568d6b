//! `history`: what `apply` did.

use super::Connection;
use clap::{Args, ValueEnum};

/// The words of `history`.
#[derive(Debug, Args)]
#[command(after_help = "\
The runs of this user on this machine against the cluster, the newest first, with what became of each object. An object \
that was hardened from elsewhere tells so in its annotation kubectl-harden.dev/last-applied.

Examples:
  # What was done to the cluster
  kubectl harden history

  # What was done to a workload
  kubectl harden history deploy/web

  # Each value, before and after
  kubectl harden history -o json")]
pub struct HistoryArgs {
    /// Runs, by their names, or objects, as TYPE/NAME; all where none is named
    #[arg(id = "past", value_name = "RUN|TYPE/NAME", help_heading = "Objects")]
    pub what: Vec<String>,
    /// Output format: table or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: HistoryFormat,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// Output formats of `history`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HistoryFormat {
    /// A line for each object of a run.
    Table,
    /// The runs as a list, with each value that changed.
    Json,
}
