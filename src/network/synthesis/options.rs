//! What may be asked of the synthesis.

use crate::network::flow::End;
use crate::network::known::Known;
use crate::network::observed::Observed;
use crate::network::world::{Labels, NAME_LABEL, World};
use crate::network::{IpRange, MadePod};
use std::collections::BTreeSet;

/// How policies are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Leave out what nothing shows.
    pub strict: bool,
    /// Let name servers be anywhere.
    pub dns_any: bool,
    /// Ranges of the nodes, from which the kubelet probes.
    pub node_cidrs: Vec<IpRange>,
    /// Allow the port of a Service beside that of its pods.
    pub compat_service_port: bool,
    /// The pods that take the traffic of routes; none where nobody knows them.
    pub ingress_controllers: Vec<PodsOf>,
    /// The DNS domain of the cluster.
    pub cluster_domain: String,
    /// The namespaces for which policies are made; `None` for all.
    pub namespaces: Option<BTreeSet<String>>,
    /// What is known of the cluster's own parts.
    pub known: Known,
    /// Flows that somebody observed.
    pub observed: Observed,
    /// Leave out what is assumed and was not observed.
    pub observed_only: bool,
}

/// Pods by namespace and labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodsOf {
    /// Their namespace.
    pub namespace: String,
    /// Their labels; none for all pods of it.
    pub labels: Labels,
}

impl Options {
    /// The domain of a cluster that says nothing else.
    pub const CLUSTER_DOMAIN: &str = "cluster.local";

    /// The nodes, as far as they are known.
    pub(in crate::network) fn nodes(&self) -> impl Iterator<Item = End> {
        self.node_cidrs.iter().map(super::observed::block)
    }

    /// Whether policies are made for a namespace.
    pub(in crate::network) fn is_about(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|namespaces| namespaces.contains(namespace))
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            strict: false,
            dns_any: false,
            node_cidrs: Vec::new(),
            compat_service_port: false,
            ingress_controllers: Vec::new(),
            cluster_domain: Self::CLUSTER_DOMAIN.to_owned(),
            namespaces: None,
            known: Known::default(),
            observed: Observed::default(),
            observed_only: false,
        }
    }
}

impl PodsOf {
    /// The workloads of the world that they are; where there is none, the pods themselves.
    pub(in crate::network) fn ends(&self, world: &World) -> Vec<End> {
        let selected = |at: &usize| {
            let own = &world.workloads[*at].labels;
            self.labels.iter().all(|(key, value)| own.get(key) == Some(value))
        };
        let ends: Vec<End> = world.workloads_in(&self.namespace).filter(selected).map(End::Workload).collect();
        if !ends.is_empty() {
            return ends;
        }
        vec![End::Pods { namespace: self.namespace.clone(), labels: self.labels.clone() }]
    }

    /// A pod of them, for the evaluator.
    pub(in crate::network) fn pod(&self) -> MadePod {
        let namespace_labels = Labels::from([(NAME_LABEL.to_owned(), self.namespace.clone())]);
        let (namespace, labels) = (self.namespace.clone(), self.labels.clone());
        MadePod { name: format!("{{{namespace}}}"), namespace, namespace_labels, labels, ports: Vec::new() }
    }
}

impl std::str::FromStr for PodsOf {
    type Err = String;

    /// `NAMESPACE`, or `NAMESPACE:LABEL=VALUE,...`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (namespace, labels) = text.split_once(':').unwrap_or((text, ""));
        if namespace.is_empty() {
            return Err("expected NAMESPACE or NAMESPACE:LABEL=VALUE,...".to_owned());
        }
        let label = |pair: &str| match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => Err(format!("expected LABEL=VALUE, found {pair:?}")),
        };
        let labels: Result<Labels, String> = labels.split(',').filter(|pair| !pair.is_empty()).map(label).collect();
        Ok(Self { namespace: namespace.to_owned(), labels: labels? })
    }
}
