//! `diff`: what would change.

use super::{Connection, Input, Ruling, Selection};
use clap::{Args, ValueEnum};

/// The words of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
The diff applies with 'patch -p1' and 'git apply'. On a terminal the reasons stand beside the lines; in a pipe the diff \
is clean. Exit code: 0 nothing would change, 1 something would, 2 an error.

Examples:
  # What would change in a folder and the folders below it
  kubectl harden diff -f shop/ -R

  # What it takes to pass the restricted Pod Security Standard, whatever the risk
  kubectl harden diff -f web.yaml -p restricted --max-risk breaking

  # What would change in a live workload
  kubectl harden deploy/web -n shop

  # Keep the diff, review it, apply it later
  kubectl harden diff -f shop/ > hardening.patch")]
pub struct DiffArgs {
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
    /// Output format: diff, yaml, patch, json or name
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "diff",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: DiffFormat,
    /// The patches of -o patch: strategic or json, both for 'kubectl patch', or kustomize, for a kustomization's 'patches'
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "strategic",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub patch_type: PatchType,
    /// Write the reasons beside the lines in a pipe, too; such a diff does not apply
    #[arg(long, help_heading = "Output")]
    pub reasons: bool,
    /// Include managed fields in the diff of live objects
    #[arg(long, help_heading = "Output")]
    pub show_managed_fields: bool,
}

/// Output formats of `diff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// A unified diff.
    Diff,
    /// The hardened manifests.
    Yaml,
    /// A patch for each object that would change.
    Patch,
    /// The whole plan, by `docs/report.schema.json`.
    Json,
    /// One line for each object that would change.
    Name,
}

/// Kinds of patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PatchType {
    /// Strategic merge patches; JSON patches for custom resources, and where the other cannot say it.
    Strategic,
    /// JSON patches.
    Json,
    /// Entries of a kustomization.
    Kustomize,
}
