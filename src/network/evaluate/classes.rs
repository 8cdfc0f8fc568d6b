//! Pods in classes: no policy can tell those of one class apart, so each question is asked once a class.

use crate::network::world::{ContainerPort, Labels, Namespace};
use crate::network::{MadePod, Protocol, World};
use std::collections::{BTreeMap, HashMap};

/// All that a policy can see of a pod.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) namespace: String,
    pub(super) labels: Labels,
    pub(super) ports: Vec<(String, Protocol, u16)>,
    pub(super) host_network: bool,
}

/// The classes of a world's workloads and of pods from elsewhere.
#[derive(Debug)]
pub(super) struct Classes {
    pub(super) all: Vec<Class>,
    pub(super) namespaces: BTreeMap<String, Labels>,
    pub(super) by_namespace: HashMap<String, Vec<usize>>,
    workloads: Vec<usize>,
    made: Vec<usize>,
    representatives: Vec<usize>,
}

impl Class {
    /// The number of a port of this name, for one protocol.
    pub(super) fn port_named(&self, name: &str, protocol: Protocol) -> Option<u16> {
        let named = |port: &&(String, Protocol, u16)| port.0 == name && port.1 == protocol;
        self.ports.iter().find(named).map(|port| port.2)
    }
}

impl Classes {
    pub(super) fn of(world: &World, made: &[MadePod]) -> Self {
        let mut known: BTreeMap<Class, usize> = BTreeMap::new();
        let mut classes = Self {
            all: Vec::new(),
            namespaces: world.namespaces.iter().map(|(name, of)| (name.clone(), of.labels.clone())).collect(),
            by_namespace: HashMap::new(),
            workloads: Vec::new(),
            made: Vec::new(),
            representatives: Vec::new(),
        };
        for (at, workload) in world.workloads.iter().enumerate() {
            let class = Class {
                namespace: workload.namespace.clone(),
                labels: workload.labels.clone(),
                ports: named(&workload.ports),
                host_network: workload.host_network,
            };
            let class = classes.add(class, &mut known);
            if class == classes.representatives.len() {
                classes.representatives.push(at);
            }
            classes.workloads.push(class);
        }
        for pod in made {
            let labels = classes.namespaces.entry(pod.namespace.clone()).or_default();
            let stated = world.namespaces.get(&pod.namespace).is_some_and(|namespace| namespace.declared);
            if labels.is_empty() {
                *labels = Namespace::named(&pod.namespace).labels;
            }
            if !stated {
                labels.extend(pod.namespace_labels.clone());
            }
            let (namespace, labels) = (pod.namespace.clone(), pod.labels.clone());
            let class = Class { namespace, labels, ports: named(&pod.ports), host_network: false };
            let class = classes.add(class, &mut known);
            classes.made.push(class);
        }
        classes
    }

    fn add(&mut self, class: Class, known: &mut BTreeMap<Class, usize>) -> usize {
        *known.entry(class).or_insert_with_key(|class| {
            self.by_namespace.entry(class.namespace.clone()).or_default().push(self.all.len());
            self.all.push(class.clone());
            self.all.len() - 1
        })
    }

    pub(super) fn of_workload(&self, workload: usize) -> usize {
        self.workloads[workload]
    }

    pub(super) fn of_made(&self, made: usize) -> usize {
        self.made[made]
    }

    /// The first workload of a class that has one.
    pub(super) fn representative(&self, class: usize) -> usize {
        self.representatives[class]
    }

    /// The classes of one namespace.
    pub(super) fn within(&self, namespace: &str) -> &[usize] {
        self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default()
    }
}

fn named(ports: &[ContainerPort]) -> Vec<(String, Protocol, u16)> {
    let mut named: Vec<_> =
        ports.iter().filter_map(|port| Some((port.name.clone()?, port.protocol, port.port))).collect();
    named.dedup();
    named
}
