//! Which observed flows a set of policies would not let pass.

use super::spot::Spot;
use super::tally::{Observed, Pair};
use crate::network::evaluate::{Evaluator, Reason};
use crate::network::{Connections, Peer};
use std::collections::BTreeMap;

/// A pair that would be cut off.
#[derive(Debug)]
pub struct Cut<'o> {
    /// Who talked to whom.
    pub pair: &'o Pair,
    /// The port of the destination.
    pub port: u16,
    /// How often, by the places of the listings.
    pub counts: &'o BTreeMap<usize, u64>,
    /// Who decides so.
    pub reasons: Vec<Reason>,
}

/// What the policies do to what was observed.
#[derive(Debug, Default)]
pub struct Judged<'o> {
    /// What would be cut off, in the order of the pairs.
    pub cuts: Vec<Cut<'o>>,
    /// How many pairs were judged.
    pub judged: usize,
    /// The pairs of which nobody can tell, and why, in their order.
    pub doubtful: Vec<(&'o Pair, &'static str)>,
}

/// Judge what was observed by the policies of an evaluator, as far as it is about the workloads that `about` picks.
pub fn cut<'o>(observed: &'o Observed, evaluator: &Evaluator<'_>, about: impl Fn(usize) -> bool) -> Judged<'o> {
    let mut judged = Judged::default();
    let concerns = |spot: &Spot| matches!(spot, Spot::Workload(at) if about(*at));
    for (pair, counts) in observed.pairs.iter().filter(|((from, to, _), _)| concerns(from) || concerns(to)) {
        let (from, to, port) = pair;
        // Listings have numbers.
        let Some(number) = port.one() else { continue };
        let (from, to) = match (peer(from), peer(to)) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(why), _) | (_, Err(why)) => {
                judged.doubtful.push((pair, why));
                continue;
            }
        };
        judged.judged += 1;
        let asked = Connections::one(port.protocol, number);
        let verdict = evaluator.allowed(from, to);
        if verdict.connections.covers(&asked) {
            continue;
        }
        let denies = |reason: &Reason| {
            reason.cause.allows() == Some(false) && !reason.connections.intersection(&asked).is_empty()
        };
        let reasons = verdict.reasons.into_iter().filter(denies).collect();
        judged.cuts.push(Cut { pair, port: number, counts, reasons });
    }
    judged
}

/// The end as policies see it; the error says why nobody can tell.
fn peer(spot: &Spot) -> Result<Peer, &'static str> {
    match spot {
        Spot::Workload(at) => Ok(Peer::Workload(*at)),
        Spot::Range(range) | Spot::Outside(Some(range)) => Ok(Peer::Addresses(*range)),
        Spot::Outside(None) => Err("an address that is not known"),
        Spot::Pods { .. } => Err("a pod that is not part of the input"),
        Spot::Node | Spot::ApiServer => Err("a node or the API server, which every network plugin treats its own way"),
    }
}
