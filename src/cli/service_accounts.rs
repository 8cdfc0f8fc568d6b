//! Flags about ServiceAccounts.

use clap::Args;

/// What may be done about ServiceAccounts beyond the workloads themselves.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Profile")]
pub struct ServiceAccounts {
    /// Give the workload that uses the API an account of its own where it shares a bound default one
    #[arg(long)]
    pub own_service_accounts: bool,
}
