//! What rules are about: the order in which people read a list of them.

use std::fmt;

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matter {
    /// Who a program runs as, and what that user may do.
    User,
    /// What keeps a program away from the kernel and from its neighbours.
    Confinement,
    /// What a pod has of its node.
    Node,
    /// Files that a program can change.
    Files,
    /// Where a pod's traffic comes from and goes to.
    Network,
    /// Credentials, and who a pod is to the API server.
    Secrets,
    /// What an image holds, and where it comes from.
    Image,
    /// How much a pod may use.
    Resources,
    /// Whether it keeps running while the cluster is kept up to date.
    Operation,
}

impl Matter {
    /// In the order of a list.
    pub const ALL: [Self; 9] = [
        Self::User,
        Self::Confinement,
        Self::Node,
        Self::Files,
        Self::Network,
        Self::Secrets,
        Self::Image,
        Self::Resources,
        Self::Operation,
    ];
}

impl fmt::Display for Matter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::User => "users and privileges",
            Self::Confinement => "confinement",
            Self::Node => "the node",
            Self::Files => "files",
            Self::Network => "network",
            Self::Secrets => "secrets and identities",
            Self::Image => "images",
            Self::Resources => "resources",
            Self::Operation => "operation",
        })
    }
}
