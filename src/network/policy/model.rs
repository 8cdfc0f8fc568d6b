//! What a policy says, whatever its kind.

use super::Selector;
use crate::network::world::Object;
use crate::network::{IpRange, PortRange, Protocol};
use crate::workload::Identity;
use std::fmt;

/// Which way a rule is about, seen from the pods that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To them.
    Ingress,
    /// From them.
    Egress,
}

impl Direction {
    /// The key of its rules in a policy's spec.
    pub fn key(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The key of a rule's peers.
    pub fn peers_key(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.key())
    }
}

/// Who a policy is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyName {
    /// Its kind, namespace and name.
    pub identity: Identity,
    /// Its place in the list that the world was made of.
    pub input: usize,
}

impl PolicyName {
    /// Who an object is, its namespace stated.
    pub fn of(object: &Object) -> Self {
        let mut identity = object.identity.clone();
        identity.namespace.clone_from(&object.namespace);
        Self { identity, input: object.input }
    }
}

impl fmt::Display for PolicyName {
    /// `NetworkPolicy shop/web`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.identity.fmt(out)
    }
}

/// A NetworkPolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkPolicy {
    /// Who it is.
    pub name: PolicyName,
    /// Its namespace.
    pub namespace: String,
    /// The pods of its namespace that it is about.
    pub subject: Selector,
    /// What it lets in; `None` where it says nothing of that way.
    pub ingress: Option<Vec<Rule>>,
    /// What it lets out; `None` where it says nothing of that way.
    pub egress: Option<Vec<Rule>>,
}

impl NetworkPolicy {
    /// Its rules of one way; `None` where it says nothing of that way.
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// A policy for the whole cluster: AdminNetworkPolicy, BaselineAdminNetworkPolicy or ClusterNetworkPolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierPolicy {
    /// Who it is.
    pub name: PolicyName,
    /// Whether it comes before NetworkPolicies or behind them.
    pub tier: Tier,
    /// Its place in its tier; the lowest comes first.
    pub priority: u64,
    /// The namespaces of the pods that it is about.
    pub namespaces: Selector,
    /// The pods of those that it is about.
    pub pods: Selector,
    /// Its rules for what comes in, in the order in which they count.
    pub ingress: Vec<TierRule>,
    /// Its rules for what goes out, in the order in which they count.
    pub egress: Vec<TierRule>,
}

impl TierPolicy {
    /// Its rules of one way.
    pub fn rules(&self, direction: Direction) -> &[TierRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// Where policies of the whole cluster stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Before NetworkPolicies.
    Admin,
    /// Behind them, for pods that none selects.
    Baseline,
}

/// A rule with what becomes of the connections that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierRule {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What becomes of them.
    pub action: Action,
    /// Which they are.
    pub rule: Rule,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// It may pass (`Allow`, `Accept`).
    Accept,
    /// It may not.
    Deny,
    /// The next tier decides.
    Pass,
}

/// Which connections a rule is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// With whom; none is everyone.
    pub peers: Vec<PeerRule>,
    /// On which ports of the destination; none is every one.
    pub ports: Vec<PortRule>,
}

/// One item of `from` or `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerRule {
    /// Pods of these namespaces.
    Pods {
        /// Which namespaces.
        namespaces: Namespaces,
        /// Which of their pods.
        pods: Selector,
    },
    /// Addresses of no pod: `ipBlock`.
    Block {
        /// The whole of them.
        range: IpRange,
        /// Without these.
        except: Vec<IpRange>,
    },
    /// Addresses, those of pods included: `networks` of policies for the whole cluster.
    Network(IpRange),
    /// Nodes or domain names, of which no address is known: the key.
    Unknown(&'static str),
    /// Something newer than what is known here. A rule that accepts is about nothing then, any other one denies everything.
    Unread,
}

/// Which namespaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Namespaces {
    /// The policy's own.
    Own,
    /// Those with these labels.
    Selected(Selector),
}

/// One item of `ports` or `protocols`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortRule {
    /// Ports by number.
    Numbers(Protocol, PortRange),
    /// The port of the destination that its containers declare by this name, for one protocol or any.
    Name(Option<Protocol>, String),
}
