//! `network policies`: policies that fit the workloads.

use super::{Flows, NetworkInput};
use crate::network::IpRange;
use crate::network::known::NameServer;
use crate::network::synthesis::{Options, PodsOf};
use clap::{Args, ValueEnum};

/// The words of `network policies`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each namespace is shut and may resolve names; each workload gets a policy of its own with the flows that it needs, and \
annotations that say how each is known. Pods that no manifest is about are shut, too. Where a Service is there that nobody names, its address is hidden in an image: \
what is then assumed is listed on standard error and marked in the output. Policies of others stay as they are, and what \
they allow already is left out. Exit code: 0 done, 2 an error, and then nothing is printed.

Examples:
  # For all workloads of a folder
  kubectl harden network policies -f shop/ > networkpolicies.yaml

  # Only what the manifests show, for a pipeline
  kustomize build shop | kubectl harden network policies -f - --strict

  # Routes come in through the pods of one controller
  kubectl harden network policies -f shop/ --ingress-controller ingress-nginx:app.kubernetes.io/name=ingress-nginx

  # What was observed proves what is assumed; the rest is left out
  kubectl harden network policies -f shop/ --flows flows.csv --observed-only

  # The flows and their evidence, for a program
  kubectl harden network policies -f shop/ -o json

  # For Cilium, whose policies can name the API server
  kubectl harden network policies -f shop/ --kind cilium

  # For what runs in a namespace of the cluster; nothing is changed there
  kubectl harden network policies -n shop > networkpolicies.yaml")]
pub struct PoliciesArgs {
    /// Workloads, and whatever they are configured by: manifests, or a cluster.
    #[command(flatten)]
    pub source: NetworkInput,
    /// How policies are made.
    #[command(flatten)]
    pub needs: Needs,
    /// What the policies are: networkpolicy, cilium (CiliumNetworkPolicy) or staged (Calico's StagedKubernetesNetworkPolicy, which is
    /// watched and not enforced)
    #[arg(
        long,
        value_name = "KIND",
        default_value = "networkpolicy",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub kind: PolicyKind,
    /// Output format: yaml or json
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        default_value = "yaml",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub output: PoliciesFormat,
}

/// How policies are made, and what counts as needed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policies")]
pub struct Needs {
    /// Leave out what nothing shows
    #[arg(long)]
    pub strict: bool,
    /// Where name servers may be: cluster (where Kubernetes, OpenShift and the clouds have them) or any
    #[arg(
        long,
        value_name = "WHERE",
        default_value = "cluster",
        hide_possible_values = true,
        help_heading = "Policies"
    )]
    pub dns: DnsPeers,
    /// The pods or an address that resolve names [default: those that a cluster shows; else see --dns]
    #[arg(long, value_name = "NAMESPACE[:LABEL=VALUE,...]|ADDRESS")]
    pub dns_server: Vec<NameServer>,
    /// A range of the nodes: also allow probes from there, for plugins that do not by themselves, and call agents of nodes there alone
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub node_cidr: Vec<IpRange>,
    /// Also allow the port of each Service, for data paths that judge before it is translated
    #[arg(long)]
    pub compat_service_port: bool,
    /// The pods that take the traffic of Ingresses and other routes [default: those that a cluster shows; else a route's port
    /// takes all sources]
    #[arg(long, value_name = "NAMESPACE[:LABEL=VALUE,...]")]
    pub ingress_controller: Vec<PodsOf>,
    /// The pods that scrape metrics [default: those that a cluster shows; else all pods]
    #[arg(long, value_name = "NAMESPACE[:LABEL=VALUE,...]")]
    pub scraper: Vec<PodsOf>,
    /// The DNS domain of the cluster
    #[arg(long, value_name = "DOMAIN", default_value = Options::CLUSTER_DOMAIN)]
    pub cluster_domain: String,
    /// What was observed.
    #[command(flatten)]
    pub flows: Flows,
    /// Leave out what is assumed and no observed flow shows
    #[arg(long, requires = "flows", help_heading = "Observed flows")]
    pub observed_only: bool,
}

/// Where name servers may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DnsPeers {
    /// Where clusters have them.
    Cluster,
    /// Anywhere.
    Any,
}

/// What policies are made as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum PolicyKind {
    /// Of Kubernetes.
    NetworkPolicy,
    /// Of Cilium.
    Cilium,
    /// Of Calico, to be watched before they hold.
    Staged,
}

/// Output formats of `network policies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PoliciesFormat {
    /// Manifests.
    Yaml,
    /// The policies, the flows with their evidence, and the notes.
    Json,
}
