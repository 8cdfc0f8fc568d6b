//! Listings of flows that somebody observed.

use clap::Args;
use std::ffi::OsString;

/// Observed flows.
#[derive(Debug, Args)]
pub struct Flows {
    /// Flows that were observed, as evidence: CSV with named columns, Hubble's JSON, or a listing of conntrack -L; - is standard
    /// input
    #[arg(long, value_name = "FILE", help_heading = "Observed flows")]
    pub flows: Vec<OsString>,
}
