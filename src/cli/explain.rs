//! `explain`: what a rule is about, and what is known of an image.

use super::{Images, Ruling};
use clap::{Args, Subcommand, ValueEnum};

/// The words of `explain`.
#[derive(Debug, Args)]
#[command(
    subcommand_value_name = "TOPIC",
    subcommand_help_heading = "Topics",
    disable_help_subcommand = true,
    after_help = "\
Examples:
  # All rules, one line each
  kubectl harden explain

  # What it checks, why, what it changes and what can break
  kubectl harden explain run-as-non-root

  # The user, the writable paths and the capabilities that an image needs
  kubectl harden explain image nginx:1.27

  # The same of an image that is read
  kubectl harden explain image shop/web:7 --inspect-images"
)]
pub struct ExplainArgs {
    /// A rule, or 'helm' for templates; none lists all rules
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
    /// What else there is to explain.
    #[command(subcommand)]
    pub topic: Option<Topic>,
}

/// What is no rule.
#[derive(Debug, Subcommand)]
pub enum Topic {
    /// Show what is known of an image: user, writable paths, ports, capabilities, with the sources
    #[command(help_template = super::usage::HELP)]
    Image(ImageArgs),
}

/// The words of `explain image`.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// Images as manifests name them; none lists all that facts are about
    #[arg(value_name = "IMAGE")]
    pub images: Vec<String>,
    /// A profile whose facts count, too
    #[arg(short = 'p', long, value_name = "NAME|FILE", default_value = Ruling::DEFAULT_PROFILE)]
    pub profile: String,
    /// What is known of images.
    #[command(flatten)]
    pub known: Images,
    /// Output format: text or json
    #[arg(short, long, value_name = "FORMAT", default_value = "text", hide_possible_values = true)]
    pub output: ImageFormat,
}

/// The formats of `explain image`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ImageFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}
