//! Who is at an end of an observed flow.

use crate::network::IpRange;
use crate::network::flow::End;
use crate::network::world::{Labels, World};

/// An end of an observed flow, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// A workload, by its place in the world.
    Workload(usize),
    /// A pod that no object of the input is about.
    Pods {
        /// Its namespace.
        namespace: String,
        /// Those of its labels that tell who it is, as far as they are known.
        labels: Labels,
    },
    /// A host outside, at an address in these, which no policy tells apart; `None` where the address is not known.
    Outside(Option<IpRange>),
    /// These addresses themselves, which are said to be outside.
    Range(IpRange),
    /// A node of the cluster, or a pod in its network.
    Node,
    /// The API server.
    ApiServer,
}

impl Spot {
    /// What it is, for people.
    pub fn told(&self, world: &World) -> String {
        match self {
            Self::Workload(at) => End::Workload(*at).told(world),
            Self::Pods { namespace, labels } => {
                End::Pods { namespace: namespace.clone(), labels: labels.clone() }.told(world)
            }
            Self::Outside(_) => "outside addresses".to_owned(),
            Self::Range(range) => range.to_string(),
            Self::Node => "nodes".to_owned(),
            Self::ApiServer => "the API server".to_owned(),
        }
    }
}
