//! Observed flows that policies would cut off.

use super::super::{aligned, shown};
use super::answer::{Places, ReasonRow, reason_row};
use crate::network::evaluate::Evaluator;
use crate::network::observed::{Judged, Observed, Spot};
use crate::network::world::World;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `network check --flows` finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Cuts {
    /// How many observed connections were judged.
    judged: usize,
    /// Those that the policies would cut off.
    cut: Vec<CutRow>,
    /// Those of which nobody can tell.
    doubtful: Vec<DoubtRow>,
}

/// An observed connection that policies would cut off.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Cut")]
struct CutRow {
    /// Who opens it.
    from: String,
    /// Who takes it.
    to: String,
    /// `TCP`, `UDP` or `SCTP`.
    protocol: &'static str,
    /// The port of the destination.
    port: u16,
    /// How many flows each listing has of it.
    flows: BTreeMap<String, u64>,
    /// Who decides so.
    reasons: Vec<ReasonRow>,
}

/// An observed connection of which nobody can tell.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Doubt")]
struct DoubtRow {
    /// Who opens it.
    from: String,
    /// Who takes it.
    to: String,
    /// The protocol and the port of the destination, such as `TCP 5432`.
    port: String,
    /// What is not known.
    why: &'static str,
}

/// What would be cut off, for programs.
pub fn cuts(judged: &Judged<'_>, observed: &Observed, evaluator: &Evaluator<'_>, places: Places<'_>) -> Cuts {
    let world = evaluator.world();
    let name = |place: &usize| observed.listings.get(*place).map_or_else(String::new, |one| one.name().to_owned());
    let cut = judged.cuts.iter().map(|cut| {
        let (from, to, port) = cut.pair;
        let mut flows = BTreeMap::new();
        for (place, count) in cut.counts {
            *flows.entry(name(place)).or_default() += count;
        }
        CutRow {
            from: end(from, world),
            to: end(to, world),
            protocol: port.protocol.name(),
            port: cut.port,
            flows,
            reasons: cut.reasons.iter().map(|reason| reason_row(evaluator.policies(), places, reason)).collect(),
        }
    });
    let doubtful = judged.doubtful.iter().map(|((from, to, port), why)| DoubtRow {
        from: end(from, world),
        to: end(to, world),
        port: port.to_string(),
        why,
    });
    Cuts { judged: judged.judged, cut: cut.collect(), doubtful: doubtful.collect() }
}

/// One line a pair; nothing at all where there is none.
pub fn cuts_table(judged: &Judged<'_>, evaluator: &Evaluator<'_>) -> String {
    if judged.cuts.is_empty() {
        return String::new();
    }
    let world = evaluator.world();
    let mut rows = vec![["FROM", "TO", "PORT", "FLOWS", "CUT OFF BY"].map(str::to_owned)];
    rows.extend(judged.cuts.iter().map(|cut| {
        let (from, to, port) = cut.pair;
        let flows: u64 = cut.counts.values().fold(0, |sum, count| sum.saturating_add(*count));
        let reasons: Vec<String> = cut.reasons.iter().map(|reason| reason.told(evaluator.policies())).collect();
        let told = |text: &str| shown(text).into_owned();
        [told(&end(from, world)), told(&end(to, world)), port.to_string(), flows.to_string(), told(&reasons.join("; "))]
    }));
    aligned(&rows)
}

/// What nobody can tell, a sentence for each reason.
pub fn doubts(judged: &Judged<'_>, world: &World) -> Vec<String> {
    const NAMED: usize = 3;
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((from, to, port), why) in &judged.doubtful {
        by_reason.entry(why).or_default().push(format!("{} to {}, {port}", end(from, world), end(to, world)));
    }
    let told = |(why, pairs): (&str, Vec<String>)| {
        let more = match pairs.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let named: Vec<String> = pairs.into_iter().take(NAMED).collect();
        format!("not judged, as an end is {why}: {}{more}", named.join("; "))
    };
    by_reason.into_iter().map(told).collect()
}

fn end(spot: &Spot, world: &World) -> String {
    match spot {
        Spot::Outside(Some(range)) => format!("{} {range}", spot.told(world)),
        spot => spot.told(world),
    }
}
