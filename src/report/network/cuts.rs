//! Observed flows that policies would cut off.

use super::super::{aligned, shown};
use super::answer::{Places, ReasonRow, reason_row};
use crate::network::evaluate::Evaluator;
use crate::network::flow::Number;
use crate::network::observed::{Judged, Observed, Spot};
use crate::network::world::World;
use serde::Serialize;
use std::collections::BTreeMap;

/// What would be cut off, for programs.
#[derive(Debug, Serialize)]
pub struct Cuts {
    /// How many pairs were judged.
    judged: usize,
    cut: Vec<CutRow>,
    /// Pairs of which nobody can tell.
    doubtful: Vec<DoubtRow>,
}

#[derive(Debug, Serialize)]
struct CutRow {
    from: String,
    to: String,
    protocol: &'static str,
    port: Option<u16>,
    /// How often each listing has it.
    flows: BTreeMap<String, u64>,
    reasons: Vec<ReasonRow>,
}

#[derive(Debug, Serialize)]
struct DoubtRow {
    from: String,
    to: String,
    port: String,
    why: &'static str,
}

/// What would be cut off, for programs.
pub fn cuts(judged: &Judged<'_>, observed: &Observed, evaluator: &Evaluator<'_>, places: Places<'_>) -> Cuts {
    let world = evaluator.world();
    let name = |place: &usize| observed.listings.get(*place).map_or_else(String::new, |one| one.name().to_owned());
    let cut = judged.cuts.iter().map(|cut| {
        let (from, to, port) = cut.pair;
        let number = match port.number {
            Number::One(number) => Some(number),
            Number::Named(_) => None,
        };
        let mut flows = BTreeMap::new();
        for (place, count) in cut.counts {
            *flows.entry(name(place)).or_default() += count;
        }
        CutRow {
            from: end(from, world),
            to: end(to, world),
            protocol: port.protocol.name(),
            port: number,
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
