//! Who scrapes: the table `scrapers.yaml`.

use super::programs::runs;
use crate::network::synthesis::PodsOf;
use crate::network::world::{Labels, Workload, World};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Repositories by their ends.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scrapers {
    scrape: Vec<String>,
    may: Vec<String>,
}

fn scrapers() -> &'static Scrapers {
    static SCRAPERS: LazyLock<Scrapers> = LazyLock::new(|| {
        // The file is part of the program; a test proves that it reads.
        serde_yaml::from_str(include_str!("scrapers.yaml")).unwrap_or_default()
    });
    &SCRAPERS
}

/// All pods of the namespaces that scrapers are in. None where one of them comes from the network of a node: no selector names
/// it, unless it runs on each node and scrapes that alone, which is always let in.
pub(super) fn of(world: &World) -> Vec<PodsOf> {
    let Scrapers { scrape, may } = scrapers();
    let of = |repositories: &'static [String]| -> Vec<&Workload> {
        world.workloads.iter().filter(|workload| runs(world, workload, repositories)).collect()
    };
    let sure = of(scrape);
    let found: Vec<&Workload> = sure.iter().copied().chain(of(may)).collect();
    let from_node = |workload: &&Workload| workload.host_network && workload.kind != "DaemonSet";
    if sure.iter().all(|workload| workload.host_network) || found.iter().any(from_node) {
        return Vec::new();
    }
    let pods = found.into_iter().filter(|workload| !workload.host_network);
    let namespaces: BTreeSet<&str> = pods.map(|workload| workload.namespace.as_str()).collect();
    let pods = |namespace: &str| PodsOf { namespace: namespace.to_owned(), labels: Labels::new() };
    namespaces.into_iter().map(pods).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads() {
        let Scrapers { scrape, may } = serde_yaml::from_str(include_str!("scrapers.yaml")).unwrap();
        assert!(!scrape.is_empty() && scrape.iter().chain(&may).all(|one| !one.contains(':')));
    }
}
