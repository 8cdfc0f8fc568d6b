//! What is open to others than the workloads of the run: by the type of a Service, by routes, for scrapers and for the API
//! server. Each exposure says why.

mod called;
mod routed;
mod routes;
mod scrape;
mod services;

pub(super) use routed::{Routed, routed};

use super::directory::{Directory, Entry};
use super::flow::{End, Flow, Port, Ports};
use super::known::Takers;
use super::synthesis::Options;
use super::world::{ServicePort, Target, World};
use super::{Protocol, targets};
use std::collections::BTreeSet;

/// A Service, or some of its ports, that somebody else calls.
#[derive(Debug)]
struct Opened {
    /// The Service, by its place in the directory.
    service: usize,
    /// The port; all of them where none is named.
    port: Option<Target>,
    from: Caller,
    why: String,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Caller {
    /// Whoever it is.
    Anyone,
    /// A pod that scrapes.
    AnyPod,
    /// What takes the traffic of routes.
    Controller {
        /// The route: `Ingress shop/web`.
        route: String,
        /// Who that is, as far as it is known.
        takers: Option<Takers>,
    },
    /// These addresses.
    Blocks(Vec<String>),
}

/// Every flow that comes from elsewhere, and the Services that are there for others than the workloads of the run, by their
/// places in the directory. Whoever scrapes is no client: what is scraped is there for somebody else, too. Last what a person
/// should know.
pub(super) fn flows(
    world: &World,
    directory: &Directory<'_>,
    options: &Options,
) -> (Vec<Flow>, Vec<usize>, BTreeSet<String>) {
    let mut opened = services::opened(directory);
    opened.extend(routes::opened(world, directory, &options.known.controllers));
    opened.extend(scrape::opened(world, directory));
    opened.extend(called::opened(world, directory));
    let mut flows = Vec::new();
    for one in &opened {
        let entry = &directory.entries[one.service];
        let ports = targets::named(entry, one.port.as_ref());
        for at in entry.behind.iter().copied().filter(|at| !world.workloads[*at].host_network) {
            let mut ports = targets::of_workload(&ports, &world.workloads[at], options.compat_service_port);
            ports.extend(own_port(one, entry));
            if !ports.is_empty() {
                flows.extend(
                    callers(world, &one.from, options).into_iter().map(|from| into(from, at, &ports, &one.why)),
                );
            }
        }
    }
    flows.extend(services::host_ports(world));
    flows.extend(scrape::of_pods(world, options));
    flows.extend(scrape::of_targets(world, directory, options));
    let about = opened.iter().filter(|one| options.is_about(directory.entries[one.service].namespace));
    let mut notes: BTreeSet<String> = about.clone().filter_map(|one| note(&one.from, options)).collect();
    notes.extend(unknown(about, options));
    let clients = opened.into_iter().filter(|one| one.from != Caller::AnyPod);
    let services = clients.map(|one| one.service).collect();
    (flows, services, notes)
}

/// Why a route's port takes all sources although the cluster was looked at.
fn note(caller: &Caller, options: &Options) -> Option<String> {
    let Caller::Controller { route, takers } = caller else { return None };
    if !options.ingress_controllers.is_empty() || !options.known.controllers.looked() {
        return None;
    }
    let why = match takers {
        Some(Takers::Pods(_)) => return None,
        Some(Takers::Elsewhere(why)) => why.clone(),
        None => "who takes its traffic is not known (--ingress-controller)".to_owned(),
    };
    Some(format!("{route}: {why}, so its port takes all sources"))
}

/// The same for routes of manifests, which show no cluster: a sentence for all of them.
fn unknown<'o>(opened: impl Iterator<Item = &'o Opened>, options: &Options) -> Option<String> {
    if !options.ingress_controllers.is_empty() || options.known.controllers.looked() {
        return None;
    }
    let routes: BTreeSet<&str> = opened
        .filter_map(|one| match &one.from {
            Caller::Controller { route, .. } => Some(route.as_str()),
            _ => None,
        })
        .collect();
    let first = routes.first()?;
    let (more, its, take) = match routes.len() {
        1 => (String::new(), "its", "port takes"),
        count => (format!(" and {} more", count - 1), "their", "ports take"),
    };
    Some(format!(
        "{first}{more}: who takes {its} traffic is not known (--ingress-controller), so {its} {take} all sources"
    ))
}

/// The port of the pods that a scraper is told and that the Service does not have.
fn own_port(one: &Opened, entry: &Entry<'_>) -> Option<Port> {
    let Some(Target::Number(number)) = one.port else { return None };
    let has = |port: &ServicePort| port.port == number || port.target == Target::Number(number);
    (one.from == Caller::AnyPod && !entry.ports.iter().any(has)).then(|| Port::new(Protocol::Tcp, number))
}

fn callers(world: &World, caller: &Caller, options: &Options) -> Vec<End> {
    match caller {
        Caller::Anyone => vec![End::Anyone],
        Caller::AnyPod => options.known.scraping(),
        Caller::Controller { .. } if !options.ingress_controllers.is_empty() => {
            options.ingress_controllers.iter().flat_map(|pods| pods.ends(world)).collect()
        }
        Caller::Controller { takers: Some(Takers::Pods(places)), .. } => {
            places.iter().copied().map(End::Workload).collect()
        }
        Caller::Controller { .. } => vec![End::Anyone],
        Caller::Blocks(blocks) => blocks.iter().cloned().map(End::Block).collect(),
    }
}

fn into(from: End, workload: usize, ports: &Ports, why: &str) -> Flow {
    Flow { from, to: End::Workload(workload), ports: ports.clone(), why: why.to_owned(), assumed: false }
}
