//! `network`: who may talk to whom under NetworkPolicies.

use super::{FailOn, Flows, GraphArgs, NetworkInput, PoliciesArgs};
use clap::{Args, Subcommand, ValueEnum};
use std::ffi::OsString;

/// The words of `network`.
#[derive(Debug, Args)]
#[command(
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "\
Examples:
  # Policies for all workloads of a folder
  kubectl harden network policies -f shop/

  # What is wrong with the policies in a folder
  kubectl harden network check -f shop/

  # Whether one workload may reach another, and which policy decides
  kubectl harden network can shop/web shop/db 5432 -f shop/

  # Without -f it is the cluster: the namespace of the context, another one, or all
  kubectl harden network policies -n shop
  kubectl harden network graph -A"
)]
pub struct NetworkArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: NetworkVerb,
}

/// One variant a verb of `network`.
#[derive(Debug, Subcommand)]
pub enum NetworkVerb {
    /// Report what is wrong with policies, or what opens and closes against other ones
    #[command(help_template = super::usage::HELP)]
    Check(NetworkCheckArgs),
    /// Tell whether a connection may pass, and which policy decides
    #[command(help_template = super::usage::HELP)]
    Can(CanArgs),
    /// Make policies that fit: default deny, and every flow that is needed
    #[command(help_template = super::usage::HELP)]
    Policies(PoliciesArgs),
    /// Show who has to talk to whom, and how that is known
    #[command(help_template = super::usage::HELP)]
    Graph(GraphArgs),
}

/// The words of `network check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # What is wrong with the policies, each with its file and line
  kubectl harden network check -f shop/

  # What a change opens and closes: the manifests as they are against a folder with those from before
  kubectl harden network check -f shop/ --against before/

  # The same of rendered manifests, for a program
  kustomize build shop | kubectl harden network check -f - --against before/ -o json

  # The policies of a namespace of the cluster, and of all
  kubectl harden network check -n shop
  kubectl harden network check -A

  # What the cluster opens and closes against a folder, and what applying the folder would open and close there
  kubectl harden network check -n shop --against shop/
  kubectl harden network check -f shop/ --against-live

  # Which flows that were observed the policies of a folder would cut off
  kubectl harden network check -f shop/ --flows flows.csv")]
pub struct NetworkCheckArgs {
    /// The manifests, or the cluster.
    #[command(flatten)]
    pub source: NetworkInput,
    /// Manifests with the policies from before: report what opens and closes since, instead of what is wrong
    #[arg(long, value_name = "FILE", help_heading = "Manifests")]
    pub against: Vec<OsString>,
    /// Report what applying the manifests would open and close in the cluster, instead of what is wrong
    #[arg(long, conflicts_with_all = ["against", "all_namespaces"], help_heading = "Manifests")]
    pub against_live: bool,
    /// What was observed: report what of it the policies would cut off, instead of what is wrong.
    #[command(flatten)]
    pub flows: Flows,
    /// Output format: table, json or yaml
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "table",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: NetworkFormat,
    /// The lowest severity that makes the exit code 1: low, medium, high, critical or never
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "low",
        value_parser = super::check::fail_on(),
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub fail_on: FailOn,
}

/// The words of `network can`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # From one workload to another
  kubectl harden network can shop/web shop/db 5432 -f shop/

  # By kind, by a port's name, over UDP
  kubectl harden network can deploy/web sts/db postgres -f shop/
  kubectl harden network can shop/web kube-system/coredns 53/udp -R -f cluster/

  # From and to addresses outside of the cluster
  kubectl harden network can 0.0.0.0/0 shop/web 8080 -f shop/
  kubectl harden network can shop/web 203.0.113.7 443 -f shop/

  # In a cluster; a name without its namespace is looked for in that of -n or the context first
  kubectl harden network can deploy/web sts/db 5432 -n shop
  kubectl harden network can deploy/web svc/db 5432 -n shop

The exit code is 0 where it may pass and 1 where it may not.")]
pub struct CanArgs {
    /// Who asks: NAMESPACE/NAME, KIND/NAME, NAMESPACE/KIND/NAME, an address, a CIDR, or {ingress-controller}
    #[arg(value_name = "FROM")]
    pub from: String,
    /// Who is asked, likewise; also {dns}, and svc/NAME or NAMESPACE/svc/NAME for the pods behind a Service
    #[arg(value_name = "TO")]
    pub to: String,
    /// The port of the pod that is asked: 80, 53/udp, or the name that a container declares; behind svc/NAME that of the Service
    #[arg(value_name = "PORT")]
    pub port: String,
    /// The manifests, or the cluster.
    #[command(flatten)]
    pub source: NetworkInput,
    /// Output format: text, json or yaml
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "text",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: CanFormat,
}

/// Output formats of `network check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NetworkFormat {
    /// One line a finding, or a flow that opens or closes.
    Table,
    /// For programs.
    Json,
    /// The same as YAML.
    Yaml,
}

/// Output formats of `network can`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CanFormat {
    /// The answer, then who decides.
    Text,
    /// For programs.
    Json,
    /// The same as YAML.
    Yaml,
}
