//! Blocks of addresses that are likely meant for pods or Services, which other addresses are looked at for.

use super::Found;
use crate::network::IpRange;
use crate::network::policy::{Direction, PeerRule, Policies};
use serde::Deserialize;
use std::sync::OnceLock;

/// Addresses that some clusters give by default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usual {
    pub(super) cidr: String,
    of: Of,
    by: String,
    within: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    Pods,
    Services,
}

pub(super) fn usual() -> &'static [Usual] {
    static USUAL: OnceLock<Vec<Usual>> = OnceLock::new();
    // The file is part of the program; a test proves that it reads.
    USUAL.get_or_init(|| serde_yaml::from_str(include_str!("ranges.yaml")).unwrap_or_default())
}

pub(super) fn look(policies: &Policies, found: &mut Found) {
    for policy in &policies.network {
        for direction in [Direction::Ingress, Direction::Egress] {
            for (index, rule) in policy.rules(direction).unwrap_or_default().iter().enumerate() {
                for (peer, rule) in rule.peers.iter().enumerate() {
                    let PeerRule::Block { range, .. } = rule else { continue };
                    let Some(usual) = usual().iter().find(|usual| usual.is(range)) else { continue };
                    let at = format!("/spec/{direction}/{index}/{}/{peer}/ipBlock", direction.peers_key());
                    let (id, instead) = match usual.of {
                        Of::Pods => ("ip-block-looks-like-pods", "pods"),
                        Of::Services => ("ip-block-looks-like-services", "the pods behind the Service"),
                    };
                    let message = format!(
                        "{range} is what {} give to {}: select {instead} by their labels",
                        usual.by,
                        if usual.of == Of::Pods { "pods" } else { "Services" },
                    );
                    found.add(id, &policy.name, at, message);
                }
            }
        }
    }
}

impl Usual {
    fn is(&self, range: &IpRange) -> bool {
        IpRange::cidr(&self.cidr).is_ok_and(|usual| usual == *range || self.within && usual.covers(range))
    }
}
