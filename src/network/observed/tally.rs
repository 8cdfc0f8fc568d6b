//! What listings come to: how often who talked to whom, and what was left out of it.

use super::record::{LeftOut, Record, What};
use super::roster::{Nobody, Roster};
use super::spot::Spot;
use crate::network::flow::Port;
use std::collections::BTreeMap;

/// Ports that the kernel gives to clients begin here, where nobody set another range (`ip_local_port_range`).
const EPHEMERAL: u16 = 32768;
/// As many ends that nobody is known to be are named.
const MOST: usize = 3;

/// `1 flow`, `2 flows`.
pub(super) fn flows(number: u64) -> String {
    if number == 1 { "1 flow".to_owned() } else { format!("{number} flows") }
}

/// Who talked to whom: the source, the destination and its port.
pub type Pair = (Spot, Spot, Port);

/// What all listings come to.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// How many flows each listing has of a pair, by the listing's place.
    pub pairs: BTreeMap<Pair, BTreeMap<usize, u64>>,
    /// The listings, in the order they were read.
    pub listings: Vec<Listing>,
}

/// What one listing comes to.
#[derive(Debug, Clone)]
pub struct Listing {
    name: String,
    used: u64,
    left: BTreeMap<LeftOut, u64>,
    unknown: u64,
    examples: Vec<String>,
}

impl Listing {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), used: 0, left: BTreeMap::new(), unknown: 0, examples: Vec::new() }
    }

    /// What the listing is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// That without the folders it is in, which say something of a machine.
    fn file_name(&self) -> &str {
        self.name.rsplit(std::path::is_separator).next().unwrap_or(&self.name)
    }

    pub(super) fn leave_out(&mut self, why: LeftOut, count: u64) {
        let held = self.left.entry(why).or_default();
        *held = held.saturating_add(count);
    }

    /// Add a flow. The error says what of it cannot be.
    pub(super) fn take(&mut self, record: &Record, roster: &Roster<'_>, observed: &mut Observed) -> Result<(), String> {
        let Record { from, to, protocol, port, source_port, count } = record;
        if let Some(source_port) = source_port
            && let Some(why) = direction(record, *source_port, roster)
        {
            self.leave_out(why, *count);
            return Ok(());
        }
        let (from, to) =
            match roster.source(from).and_then(|from| Ok((from, roster.destination(to, *protocol, *port)?))) {
                Ok(ends) => ends,
                Err(Nobody::Left(why)) => {
                    self.leave_out(why, *count);
                    return Ok(());
                }
                Err(Nobody::Unknown(end)) => {
                    self.unknown = self.unknown.saturating_add(*count);
                    if self.examples.len() <= MOST && !self.examples.contains(&end) {
                        self.examples.push(end);
                    }
                    return Ok(());
                }
                Err(Nobody::Wrong(why)) => return Err(why),
            };
        let of_pods = |spot: &Spot| matches!(spot, Spot::Workload(_));
        let probes = |(to, port): &(Spot, u16)| {
            from == Spot::Node && matches!(to, Spot::Workload(at) if roster.is_probed(*at, *port))
        };
        if record.from.what != What::Remote && to.iter().all(probes) {
            self.leave_out(LeftOut::Probe, *count);
            return Ok(());
        }
        if !of_pods(&from) && !to.iter().any(|(spot, _)| of_pods(spot)) {
            self.leave_out(LeftOut::Elsewhere, *count);
            return Ok(());
        }
        self.used = self.used.saturating_add(*count);
        let place = observed.listings.len();
        for (to, port) in to {
            let pair = (from.clone(), to, Port::new(*protocol, port));
            let held = observed.pairs.entry(pair).or_default().entry(place).or_default();
            *held = held.saturating_add(*count);
        }
        Ok(())
    }

    /// What a person should know of it, a sentence each.
    pub fn told(&self) -> Vec<String> {
        let name = &self.name;
        let mut told = format!("{name}: {} used", flows(self.used));
        if !self.left.is_empty() {
            let reasons = self.left.iter().map(|(why, count)| why.told(*count));
            told.push_str(&format!("; left out: {}", reasons.collect::<Vec<_>>().join(", ")));
        }
        let mut all = vec![told];
        if self.unknown > 0 {
            all.push(format!(
                "{name}: {} left out, as nobody of the input is known to be {}{}; add the Pods as they run (kubectl get pods,endpointslices,services -A -o yaml), look at the cluster itself, or name an outside host as a CIDR in a CSV",
                flows(self.unknown),
                self.examples.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", "),
                if self.examples.len() > MOST { " and others" } else { "" }
            ));
        }
        all
    }
}

impl Observed {
    /// What a person should know, a sentence each.
    pub fn told(&self) -> Vec<String> {
        self.listings.iter().flat_map(Listing::told).collect()
    }

    /// How a pair is known: `observed: 3 flows in flows.csv`.
    pub fn why(&self, counts: &BTreeMap<usize, u64>) -> String {
        let of = |(place, count): (&usize, &u64)| {
            let name = self.listings.get(*place).map_or("", Listing::file_name);
            format!("{} in {name}", flows(*count))
        };
        let all: Vec<String> = counts.iter().map(of).collect();
        format!("observed: {}", all.join(", "))
    }
}

/// Why a flow is left out whose listing has replies as lines of their own: what its ports say of who opened the connection.
fn direction(record: &Record, source_port: u16, roster: &Roster<'_>) -> Option<LeftOut> {
    let Record { from, to, protocol, port, .. } = record;
    let ports = (source_port < EPHEMERAL, *port < EPHEMERAL);
    match (roster.serves(from, *protocol, source_port), roster.serves(to, *protocol, *port), ports) {
        (false, true, _) => None,
        (true, false, _) => Some(LeftOut::Reply),
        (_, _, (false, true)) => None,
        (_, _, (true, false)) => Some(LeftOut::Reply),
        _ => Some(LeftOut::NoDirection),
    }
}
