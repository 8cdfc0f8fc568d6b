//! `undo`: take back what `apply` did.

use super::apply::dry_run;
use super::connection::duration;
use super::{Connection, DryRunWish};
use clap::{Args, ValueEnum};
use std::time::Duration;

/// The words of `undo`.
#[derive(Debug, Args)]
#[command(after_help = "\
What a run changed returns to what it was before; what others changed since stays, and is told. A run is named as \
'kubectl harden history' names it, or by as much of its name as no other run has; an object as TYPE/NAME, and its last run \
is taken back. With nothing named it is the last run, after a question.

Exit code: 0 taken back and healthy, or nothing to do; 2 an error; 3 not wanted after all; 5 taken back, and the pods do not work; 6 some objects \
taken back, some not.

Examples:
  # Take the last run back
  kubectl harden undo

  # Take back what was done to a workload last
  kubectl harden undo deploy/web

  # What would be taken back of a run
  kubectl harden undo 2026-11-30T01-20-00Z-4f1c --dry-run=client")]
pub struct UndoArgs {
    /// Runs, by their names, or objects, as TYPE/NAME
    #[arg(value_name = "RUN|TYPE/NAME", help_heading = "Objects")]
    pub what: Vec<String>,
    /// Do not ask
    #[arg(short, long, help_heading = "Change")]
    pub yes: bool,
    /// Must be "none", "server", or "client". With client what would be taken back is printed and nothing is sent; with
    /// server the requests are sent and nothing is stored
    #[arg(long, value_name = "STRATEGY", num_args = 0..=1, require_equals = true, default_value = "none",
        default_missing_value = "unchanged", value_parser = dry_run, hide_default_value = true, help_heading = "Change")]
    pub dry_run: DryRunWish,
    /// How long the pods may take to be ready
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m", help_heading = "Change")]
    pub timeout: Duration,
    /// Output format: human, or name for the names of what was taken back
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: UndoFormat,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// Output formats of `undo`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UndoFormat {
    /// kubectl's lines: the object and what was done.
    Human,
    /// The objects alone.
    Name,
}
