//! `explain`: what a rule is about.

use clap::Args;

/// The words of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # All rules, one line each
  kubectl harden explain

  # What it checks, why, what it changes and what can break
  kubectl harden explain run-as-non-root")]
pub struct ExplainArgs {
    /// A rule, or 'helm' for templates; none lists all rules
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}
