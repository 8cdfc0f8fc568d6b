//! The policies of a run, as the API server would take them.
//!
//! Reading is strict: a policy that the API server refuses is none, and its [`Problem`]s say why.

mod model;
mod network_policy;
mod reader;
mod selector;
#[cfg(test)]
mod tests;
mod tier;

pub use model::{
    Action, Direction, Namespaces, NetworkPolicy, PeerRule, PolicyName, PortRule, Rule, Tier, TierPolicy, TierRule,
};
pub use reader::{Problem, Weight};
pub use selector::{Operator, Requirement, Selector};

use super::world::{Object, World};
use std::borrow::Borrow;

/// All policies that hold at once.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// Those of namespaces.
    pub network: Vec<NetworkPolicy>,
    /// Those of the whole cluster, in the order in which they count: tier, priority, name.
    pub tiers: Vec<TierPolicy>,
    /// What is wrong with any of them, in the order of the objects.
    pub problems: Vec<Problem>,
    /// Policies of network plugins, which nobody here can judge.
    pub foreign: Vec<PolicyName>,
}

/// A policy of either sort, by its place in [`Policies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyId {
    /// In [`Policies::network`].
    Network(usize),
    /// In [`Policies::tiers`].
    Tier(usize),
}

/// The API groups of policies that only a network plugin knows.
const FOREIGN: [&str; 3] = ["cilium.io", "projectcalico.org", "crd.antrea.io"];

impl Policies {
    /// The policies of a world.
    pub fn of(world: &World) -> Self {
        Self::read(&world.objects)
    }

    /// The policies among these objects.
    pub fn read(objects: impl IntoIterator<Item = impl Borrow<Object>>) -> Self {
        let mut policies = Self::default();
        for object in objects {
            let object = object.borrow();
            match (object.group(), object.kind()) {
                ("networking.k8s.io", "NetworkPolicy") => {
                    policies.network.extend(network_policy::read(object, &mut policies.problems));
                }
                ("policy.networking.k8s.io", _) => policies.tiers.extend(tier::read(object, &mut policies.problems)),
                (group, kind) if FOREIGN.contains(&group) && kind.ends_with("NetworkPolicy") => {
                    policies.foreign.push(PolicyName::of(object));
                }
                _ => {}
            }
        }
        policies.tiers.sort_by(|one, two| {
            let order = |policy: &TierPolicy| (policy.tier, policy.priority);
            order(one).cmp(&order(two)).then_with(|| one.name.identity.name.cmp(&two.name.identity.name))
        });
        policies
    }

    /// Whether some policy could not be taken.
    pub fn refused(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.weight == Weight::Refused)
    }

    /// Who a policy is.
    pub fn name(&self, policy: PolicyId) -> &PolicyName {
        match policy {
            PolicyId::Network(at) => &self.network[at].name,
            PolicyId::Tier(at) => &self.tiers[at].name,
        }
    }
}
