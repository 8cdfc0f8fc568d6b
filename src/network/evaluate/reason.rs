//! Who decides over connections.

use crate::network::policy::{Action, Direction, Policies, PolicyId};
use crate::network::{Connections, IpRange};

/// Why some connections pass one way, or do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which way: out of the source, or into the destination.
    pub direction: Direction,
    /// The connections that this is about.
    pub connections: Connections,
    /// Who decides.
    pub cause: Cause,
    /// The addresses that this is about, where the question was about several that are not alike.
    pub range: Option<IpRange>,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// No policy can: the end is no pod, or in the network of its node.
    Unbound,
    /// No policy selects the pod for this way, or none has a rule for it: open.
    Open,
    /// A rule of a policy, by its place in the policy.
    Rule {
        /// The policy.
        policy: PolicyId,
        /// The rule's place in its list.
        rule: usize,
        /// What becomes of the connections; [`Action::Pass`] leaves that to others.
        action: Action,
    },
    /// These NetworkPolicies select the pod, and no rule of theirs allows it.
    Isolated(Vec<PolicyId>),
}

impl Cause {
    /// Whether the connections pass; `None` where others decide.
    pub fn allows(&self) -> Option<bool> {
        match self {
            Self::Unbound | Self::Open => Some(true),
            Self::Rule { action: Action::Accept, .. } => Some(true),
            Self::Rule { action: Action::Deny, .. } | Self::Isolated(_) => Some(false),
            Self::Rule { action: Action::Pass, .. } => None,
        }
    }
}

impl Reason {
    /// The reason in words: `NetworkPolicy shop/web, spec.ingress[0], allows it`.
    pub fn told(&self, policies: &Policies) -> String {
        match &self.cause {
            Cause::Unbound => "no policy holds there".to_owned(),
            Cause::Open => format!("no policy selects the pod for {}", self.direction),
            Cause::Rule { policy, rule, action } => {
                let does = match action {
                    Action::Accept => "allows it",
                    Action::Deny => "denies it",
                    Action::Pass => "passes it on",
                };
                let name = match policy {
                    PolicyId::Tier(at) => policies.tiers[*at].rules(self.direction)[*rule].name.as_deref(),
                    PolicyId::Network(_) => None,
                };
                let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
                format!("{}, spec.{}[{rule}]{name}, {does}", policies.name(*policy), self.direction.key())
            }
            Cause::Isolated(by) => {
                let names: Vec<String> = by.iter().map(|policy| policies.name(*policy).to_string()).collect();
                let (verb, rules) = if by.len() == 1 { ("isolates", "its rules") } else { ("isolate", "their rules") };
                format!("{} {verb} the pod for {}, and none of {rules} allows it", names.join(" and "), self.direction)
            }
        }
    }
}
