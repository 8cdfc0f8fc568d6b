//! What a cluster shows of its own parts: where its name servers are, who takes the traffic of routes, who scrapes, and which
//! network plugin is there. Policies name these instead of whoever it may be.

mod controllers;
mod enforcement;
mod name_servers;
mod programs;
mod scrapers;

pub use controllers::{Controllers, Takers};
pub use enforcement::{Enforcement, enforcement};
pub use name_servers::{NameServer, NameServers};

use super::flow::End;
use super::synthesis::PodsOf;
use super::{MadePod, World};

/// What is known; by default nothing.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Where names are resolved.
    pub name_servers: NameServers,
    /// Who takes the traffic of routes.
    pub controllers: Controllers,
    /// Whose pods scrape.
    pub scrapers: Vec<PodsOf>,
}

impl Known {
    /// What the world of a live cluster shows.
    pub fn of(world: &World) -> Self {
        Self {
            name_servers: NameServers::of(world),
            controllers: Controllers::of(world),
            scrapers: scrapers::of(world),
        }
    }

    /// The pods from elsewhere as the evaluator counts them ([`MadePod::usual`]), with the name servers that are known.
    pub fn made_pods(&self) -> Vec<MadePod> {
        let mut made = MadePod::usual();
        for (pod, servers) in made.iter_mut().skip(1).zip(&self.name_servers.pods) {
            *pod = MadePod { name: pod.name.clone(), ..servers.pod() };
        }
        made
    }

    /// Who scrapes, as ends of flows; all pods of the cluster where nobody knows.
    pub(super) fn scraping(&self) -> Vec<End> {
        if self.scrapers.is_empty() {
            return vec![End::AnyPod];
        }
        let pods = |of: &PodsOf| End::Pods { namespace: of.namespace.clone(), labels: of.labels.clone() };
        self.scrapers.iter().map(pods).collect()
    }

    /// What a person should know of it, a sentence each.
    pub fn told(&self) -> Vec<String> {
        let mut told = vec![self.name_servers.told()];
        if !self.scrapers.is_empty() {
            let names: Vec<&str> = self.scrapers.iter().map(|one| one.namespace.as_str()).collect();
            told.push(format!("what is scraped takes pods of namespace {} alone", names.join(", ")));
        }
        told
    }
}

#[cfg(test)]
mod tests;
