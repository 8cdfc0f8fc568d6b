//! `apply`: change live objects, and see that they still run.

use super::connection::duration;
use super::{Connection, Input, Ruling, Selection};
use clap::{Args, ValueEnum};
use std::time::Duration;

/// The words of `apply`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each object is tried on the server first, together with a pod of its new template. After one question for all of them they \
change one after the other: what keeps no data first, what does least harm first. New pods that do not work are \
diagnosed, and the change is taken back. What another tool manages is refused with advice where to change it.

Exit code: 0 applied and healthy, or nothing to do; 2 an error; 3 refused; 4 failed and rolled back; 5 failed and not rolled \
back; 6 some objects applied, some not.

Examples:
  # Harden a running workload
  kubectl harden apply deploy/web

  # See what the server would say, change nothing
  kubectl harden apply deploy/web --dry-run=server

  # All workloads of a namespace, four at a time, without a question
  kubectl harden apply deployments,statefulsets --all -n shop --batch 4 --yes")]
pub struct ApplyArgs {
    /// The manifests that name live objects.
    #[command(flatten)]
    pub input: Input,
    /// The objects.
    #[command(flatten)]
    pub objects: Selection,
    /// The profile.
    #[command(flatten)]
    pub ruling: Ruling,
    /// How the changes are made.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// The server.
    #[command(flatten)]
    pub connection: Connection,
}

/// How live objects are changed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Change")]
pub struct ChangeArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Must be "none", "server", or "client". With client the plan is printed and nothing is sent; with server the requests
    /// are sent and nothing is stored
    #[arg(long, value_name = "STRATEGY", num_args = 0..=1, require_equals = true, default_value = "none",
        default_missing_value = "unchanged", value_parser = dry_run, hide_default_value = true)]
    pub dry_run: DryRunWish,
    /// Change objects that another tool manages, by additions only: what overrides the tool's values is left out
    #[arg(long)]
    pub allow_managed: bool,
    /// With --allow-managed or --server-side: also override values that others set
    #[arg(long)]
    pub force_conflicts: bool,
    /// Write by server-side apply whoever else does
    #[arg(long)]
    pub server_side: bool,
    /// Leave a change that does not work as it is
    #[arg(long)]
    pub no_rollback: bool,
    /// After a failure that is understood, make the change once more with what mends it, so many times at most
    #[arg(long, value_name = "NUMBER", default_value_t = 0, hide_default_value = true, conflicts_with = "no_rollback")]
    pub fix: u8,
    /// How long new pods may take to be ready [default: the progress deadline, anew with each pod]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// How long new pods must stay healthy
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub settle: Duration,
    /// Run the job of a changed CronJob once, now, to see that it works: it does its work
    #[arg(long)]
    pub trial_jobs: bool,
    /// How many workloads change at a time, after a first one alone
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub batch: u16,
    /// After how many failures nothing more is begun
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_failures: u16,
    /// Output format: human, name for the names of what was changed, or json for one document with what became of each object
    #[arg(short, long, value_name = "FORMAT", default_value = "human", hide_possible_values = true)]
    pub output: ApplyFormat,
}

/// Output formats of `apply`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ApplyFormat {
    /// kubectl's lines: the object and what was done.
    Human,
    /// The objects alone.
    Name,
    /// One document at the end, by `docs/apply.schema.json`.
    Json,
}

/// Whether changes are only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// They are made.
    No,
    /// Planned here, without the server.
    Client,
    /// Sent, and not stored.
    Server,
}

/// What `--dry-run` was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRunWish {
    /// What it means.
    pub trial: Trial,
    /// That this way to say it is deprecated, and what to say instead.
    pub warning: Option<&'static str>,
}

/// kubectl's reading of the flag's value.
pub(super) fn dry_run(text: &str) -> Result<DryRunWish, String> {
    let wish = |trial, warning| Ok(DryRunWish { trial, warning });
    match text {
        "none" => wish(Trial::No, None),
        "client" => wish(Trial::Client, None),
        "server" => wish(Trial::Server, None),
        "unchanged" => wish(Trial::Client, Some("--dry-run is deprecated and can be replaced with --dry-run=client.")),
        "1" | "t" | "T" | "true" | "True" | "TRUE" => wish(
            Trial::Client,
            Some("--dry-run=true is deprecated (boolean value) and can be replaced with --dry-run=client."),
        ),
        "0" | "f" | "F" | "false" | "False" | "FALSE" => wish(
            Trial::No,
            Some("--dry-run=false is deprecated (boolean value) and can be replaced with --dry-run=none."),
        ),
        other => Err(format!("Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_ways_to_say_dry_run_are_understood_and_told() {
        let read = |text: &str| dry_run(text).map(|wish| (wish.trial, wish.warning.is_some()));
        assert_eq!(read("server"), Ok((Trial::Server, false)));
        assert_eq!(read("unchanged"), Ok((Trial::Client, true)));
        assert_eq!(read("False"), Ok((Trial::No, true)));
        assert!(read("yes").unwrap_err().starts_with("Invalid dry-run value (yes)"));
    }
}
