//! `network graph`: who has to talk to whom.

use super::{Needs, NetworkInput};
use clap::{Args, ValueEnum};

/// The words of `network graph`.
#[derive(Debug, Args)]
#[command(after_help = "\
The flows that 'network policies' makes policies of, name resolution aside. Exit code: 0 done, 2 an error.

Examples:
  # One line a flow, with the evidence
  kubectl harden network graph -f shop/

  # A picture: namespaces as boxes, flows as arrows, assumed ones dashed
  kubectl harden network graph -f shop/ -o svg > shop.svg

  # The same by Graphviz
  kubectl harden network graph -f shop/ -o dot | dot -Tpng > shop.png

  # What runs in a namespace of the cluster, and in all of them
  kubectl harden network graph -n shop
  kubectl harden network graph -A -o svg > cluster.svg")]
pub struct GraphArgs {
    /// Workloads, and whatever they are configured by: manifests, or a cluster.
    #[command(flatten)]
    pub source: NetworkInput,
    /// What counts as needed.
    #[command(flatten)]
    pub needs: Needs,
    /// Output format: table, json, dot or svg
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: GraphFormat,
}

/// Output formats of `network graph`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// One line a flow.
    Table,
    /// The flows with their evidence.
    Json,
    /// For Graphviz.
    Dot,
    /// A picture that needs nothing else.
    Svg,
}
