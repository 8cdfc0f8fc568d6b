//! Who talks to whom.

use super::IpRange;
use super::world::{ContainerPort, Labels, NAME_LABEL};

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// All pods of a workload, by its place in [`World::workloads`](super::World::workloads).
    Workload(usize),
    /// A pod that no manifest is about, by its place among those of the evaluator.
    Made(usize),
    /// Addresses of no pod.
    Addresses(IpRange),
}

impl Peer {
    /// Whatever takes the traffic of Ingresses and Routes, wherever it is: a pod without labels in a namespace of its own.
    pub const INGRESS_CONTROLLER: Self = Self::Made(0);
    /// The pods behind the cluster's name server: kube-system's, and those of OpenShift.
    pub const DNS: [Self; 2] = [Self::Made(1), Self::Made(2)];
}

/// A pod that stands for those of another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadePod {
    /// What it is called.
    pub name: String,
    /// Its namespace, which need not be part of the run.
    pub namespace: String,
    /// Labels of that namespace, beside those that the run knows.
    pub namespace_labels: Labels,
    /// Its labels.
    pub labels: Labels,
    /// The ports that it declares.
    pub ports: Vec<ContainerPort>,
}

impl MadePod {
    /// A pod of these labels.
    pub fn new(name: &str, namespace: &str, labels: &[(&str, &str)]) -> Self {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let namespace_labels = Labels::from([(NAME_LABEL.to_owned(), namespace.to_owned())]);
        let (name, namespace) = (name.to_owned(), namespace.to_owned());
        Self { name, namespace, namespace_labels, labels, ports: Vec::new() }
    }

    /// Those behind [`Peer::INGRESS_CONTROLLER`] and [`Peer::DNS`], in this order.
    ///
    /// The labels of the name servers are those that kubeadm, the managed clusters and OpenShift's operator set.
    pub fn usual() -> Vec<Self> {
        // No namespace can have this name, so no selector names it.
        let nowhere = "{ingress-controller}";
        vec![
            Self::new(nowhere, nowhere, &[]),
            Self::new("{dns}", "kube-system", &[("k8s-app", "kube-dns")]),
            Self::new("{openshift-dns}", "openshift-dns", &[("dns.operator.openshift.io/daemonset-dns", "default")]),
        ]
    }
}
