//! Flags that several verbs share, with kubectl's names and words where kubectl has them.

use super::{Extract, Images, Limits, ServiceAccounts};
use crate::rules::{Risk, Severity};
use crate::workload::Minor;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Which manifests are read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Manifests")]
pub struct Input {
    /// File, directory, pattern or URL of the manifests; - is standard input
    #[arg(short = 'f', long = "filename", value_name = "FILE")]
    pub filenames: Vec<OsString>,
    /// Also look into the directories below those named with -f
    #[arg(short = 'R', long)]
    pub recursive: bool,
    /// A kustomization directory, read through 'kubectl kustomize'
    #[arg(short = 'k', long, value_name = "DIR")]
    pub kustomize: Option<PathBuf>,
}

/// What the manifests are measured by, and how far changes may go.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Profile")]
pub struct Ruling {
    /// A built-in profile (see 'profile list') or a file
    #[arg(short = 'p', long, value_name = "NAME|FILE", default_value = Self::DEFAULT_PROFILE)]
    pub profile: String,
    /// Run only these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// The riskiest change that is made: safe, likely, unproven or breaking
    #[arg(long, value_name = "LEVEL", default_value = "likely", value_parser = risk(), hide_possible_values = true)]
    pub max_risk: Risk,
    /// The Kubernetes version that verdicts are for [default: the profile's, else the newest known]
    #[arg(long, value_name = "1.N")]
    pub kubernetes_version: Option<Minor>,
    /// Make NetworkPolicies that fit, whatever the profile says and though the input may be no whole, or a part of a namespace;
    /// =false makes none
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        hide_possible_values = true)]
    pub network_policies: Option<bool>,
    /// What may be done about ServiceAccounts.
    #[command(flatten)]
    pub service_accounts: ServiceAccounts,
    /// What is known of images.
    #[command(flatten)]
    pub images: Images,
    /// What is known of what containers need.
    #[command(flatten)]
    pub limits: Limits,
    /// Where secrets go.
    #[command(flatten)]
    pub extract: Extract,
}

impl Ruling {
    /// The profile used when none is named.
    pub const DEFAULT_PROFILE: &str = "hardened";
    /// The risk allowed when none is named.
    pub const DEFAULT_RISK: Risk = Risk::Likely;
}

/// How to talk.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Talk")]
pub struct Talk {
    /// Print the result only: no reasons beside it, no summary
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: excepted findings, the causes of an error
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Colour: auto (on a terminal), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        hide_default_value = true
    )]
    pub color: ColorWhen,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that can and wants.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn risk() -> impl TypedValueParser<Value = Risk> {
    PossibleValuesParser::new(["safe", "likely", "unproven", "breaking"]).map(|text| match text.as_str() {
        "safe" => Risk::Safe,
        "likely" => Risk::Likely,
        "unproven" => Risk::Unproven,
        _ => Risk::Breaking,
    })
}

/// The names of the severities, lowest first.
pub(super) fn severity_names() -> [(&'static str, Severity); 4] {
    [("low", Severity::Low), ("medium", Severity::Medium), ("high", Severity::High), ("critical", Severity::Critical)]
}
