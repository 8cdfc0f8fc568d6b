//! `check`: what is wrong.

use super::flags::severity_names;
use super::{Connection, Input, Ruling, Selection};
use crate::rules::Severity;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

/// The words of `check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 nothing found, 1 something found, 2 an error. A finding that an exception excuses does not count.

Examples:
  # Everything the default profile finds, with the lines and the reasons
  kubectl harden check -f shop/ -R

  # One line a finding, and fail only on what is high or critical
  kubectl harden check -f shop/ -o table --fail-on high

  # One rule only
  kubectl harden check -f shop/ --only run-as-non-root

  # A live workload, and all workloads of the cluster
  kubectl harden check deploy/web
  kubectl harden check -A -o table")]
pub struct CheckArgs {
    /// The live objects.
    #[command(flatten)]
    pub objects: Selection,
    /// The manifests.
    #[command(flatten)]
    pub input: Input,
    /// Look at the live objects of the names in the manifests
    #[arg(long, help_heading = "Objects")]
    pub live: bool,
    /// The profile.
    #[command(flatten)]
    pub ruling: Ruling,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
    /// Output format: human, table, json or name
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "human",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: CheckFormat,
    /// The lowest severity that makes the exit code 1: low, medium, high, critical or never
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "low",
        value_parser = fail_on(),
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub fail_on: FailOn,
}

/// Output formats of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Each finding with its lines.
    Human,
    /// One line a finding.
    Table,
    /// The whole plan, by `docs/report.schema.json`.
    Json,
    /// One line for each object something was found in.
    Name,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// A finding at least this severe.
    Severity(Severity),
    /// Nothing.
    Never,
}

impl FailOn {
    /// Whether a finding of this severity fails the run.
    pub fn fails(self, severity: Severity) -> bool {
        matches!(self, Self::Severity(least) if severity >= least)
    }
}

pub(super) fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    let names = severity_names().map(|(name, _)| name).into_iter().chain(["never"]);
    PossibleValuesParser::new(names).map(|text| {
        let named = severity_names().into_iter().find(|(name, _)| *name == text);
        named.map_or(FailOn::Never, |(_, severity)| FailOn::Severity(severity))
    })
}
