//! Workloads of which no address is known: they may call nobody, which a person should know.

use crate::network::evidence::store_of;
use crate::network::flow::{End, Flow};
use crate::network::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// As many workloads are named in one sentence.
const MOST: usize = 8;

/// A sentence for each namespace that has some; data stores are left out, as they call nobody.
pub(super) fn notes(world: &World, flows: &[Flow], managed: &BTreeSet<usize>) -> Vec<String> {
    let speak: BTreeSet<usize> = flows
        .iter()
        .filter_map(|flow| match (&flow.from, &flow.to) {
            (End::Workload(from), to) if to != &flow.from => Some(*from),
            _ => None,
        })
        .collect();
    let called: BTreeSet<&str> = flows
        .iter()
        .filter_map(|flow| match flow.to {
            End::Workload(to) => Some(world.workloads[to].namespace.as_str()),
            _ => None,
        })
        .collect();
    let mut silent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for at in managed.iter().copied().filter(|at| !speak.contains(at)) {
        let workload = &world.workloads[at];
        // Where nobody takes anything there is nobody to call.
        if called.contains(workload.namespace.as_str()) && store_of(world, workload).is_none() {
            silent.entry(&workload.namespace).or_default().push(format!("{} {}", workload.kind, workload.name));
        }
    }
    let told = |(namespace, names): (&str, Vec<String>)| {
        let more = names.len().saturating_sub(MOST);
        let mut all = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
        if more > 0 {
            all.push_str(&format!(" and {more} more"));
        }
        format!("namespace {namespace}: no address is known that these call, so they may call nobody: {all}")
    };
    silent.into_iter().map(told).collect()
}
