//! Flags about secrets in plain text.

use clap::Args;
use std::path::PathBuf;

/// Where secrets that stand in plain text go.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Secrets")]
pub struct Extract {
    /// Move secrets in plain text into Secrets in this file, which git must not keep; rewrite and render write it
    #[arg(long, value_name = "FILE")]
    pub extract_secrets: Option<PathBuf>,
    /// Let that file be one that git keeps
    #[arg(long, requires = "extract_secrets")]
    pub force: bool,
}
