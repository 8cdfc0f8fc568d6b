//! `profile`: what there is to go by.

use clap::{Args, Subcommand, ValueEnum};
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

  # What one does, rule by rule
  kubectl harden profile show restricted

  # The same with the paragraphs of the benchmark
  kubectl harden profile show cis

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
    /// Show what a profile does: its rules, what they change, its exceptions
    Show {
        /// A built-in profile or a file
        #[arg(value_name = "NAME|FILE")]
        profile: String,
        /// Output format: text, json or yaml
        #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
        output: ProfileFormat,
    },
    /// Check profile files
    Validate {
        /// Profile files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
}

/// The formats of `profile show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileFormat {
    /// For people, in one screen.
    Text,
    /// For programs.
    Json,
    /// For programs and for people who know the fields.
    Yaml,
}
