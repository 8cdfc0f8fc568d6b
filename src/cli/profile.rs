//! `profile`: what there is to go by.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The words of `profile`.
#[derive(Debug, Args)]
#[command(
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "\
Examples:
  # The built-in profiles
  kubectl harden profile list

  # The rules of one, with their severities
  kubectl harden profile show restricted

  # Whether a file of your own is right, to the line and column
  kubectl harden profile validate team.yaml"
)]
pub struct ProfileArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: ProfileVerb,
}

/// One variant a verb of `profile`.
#[derive(Debug, Subcommand)]
pub enum ProfileVerb {
    /// List the built-in profiles
    List,
    /// Show the rules, parameters and exceptions of a profile
    Show {
        /// A built-in profile or a file
        #[arg(value_name = "NAME|FILE")]
        profile: String,
    },
    /// Check profile files
    Validate {
        /// Profile files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}
