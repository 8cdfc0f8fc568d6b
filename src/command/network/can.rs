//! `network can`: whether a connection may pass, and who decides.

use super::super::{Console, Exit, UsageError};
use super::{Read, Wanted, data, tell_refused};
use crate::cli::{CanArgs, CanFormat};
use crate::network::evaluate::Evaluator;
use crate::network::policy::Policies;
use crate::network::world::World;
use crate::network::{Connections, Peer, Protocol, question};
use crate::report::network::{self as report, Question};
use crate::report::shown;

pub(super) fn run(args: &CanArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let read = Read::open(&args.source, "network can", Wanted::default(), console)?;
    let made = read.known.made_pods();
    let evaluator = Evaluator::with(&read.world, Policies::of(&read.world), made.clone());
    // An answer that leaves out what could not be read may be wrong.
    if tell_refused(evaluator.policies(), &read, console) || read.failed {
        return Ok(Exit::Failed);
    }
    // Where one namespace is asked about, names are of that first.
    let home = read.about.as_ref().and_then(|about| about.first().map(String::as_str));
    let peer =
        |word: &str| question::peer(&read.world, &made, home, word).map_err(|error| UsageError(error.to_string()));
    let from = peer(&args.from)?;
    let (to, protocol, port) = match question::behind(&read.world, home, &args.to, &args.port) {
        Some(behind) => behind.map_err(|error| UsageError(error.to_string()))?,
        None => {
            let to = peer(&args.to)?;
            let port = question::port(&read.world, to, &evaluator.name(to), &args.port);
            let (protocol, port) = port.map_err(|error| UsageError(error.to_string()))?;
            (to, protocol, port)
        }
    };
    let verdict = evaluator.allowed(from, to);
    let allowed = verdict.connections.contains(protocol, port);
    let doubts = evaluator.doubts(from, to);
    let asked = Connections::one(protocol, port);
    let question = Question { evaluator: &evaluator, from, to, asked: &asked, verdict: &verdict, doubts: &doubts };
    let place = |input: usize, pointer: &str| read.place(input, pointer);
    let text = match args.output {
        CanFormat::Text => report::answer_text(&question, &place, console.talk.quiet),
        CanFormat::Json => data(&report::answer(&question, &place), false)?,
        CanFormat::Yaml => data(&report::answer(&question, &place), true)?,
    };
    console.data(&text)?;
    doubts.iter().for_each(|doubt| console.warn(doubt));
    if let Some(hint) = service_port(&read.world, to, protocol, port) {
        console.warn(&hint);
    }
    Ok(if allowed { Exit::Done } else { Exit::Found })
}

/// Where the port is one of a Service only: policies are about the port of the pod.
fn service_port(world: &World, to: Peer, protocol: Protocol, port: u16) -> Option<String> {
    let Peer::Workload(at) = to else { return None };
    let workload = &world.workloads[at];
    if workload.ports.iter().any(|declared| (declared.protocol, declared.port) == (protocol, port)) {
        return None;
    }
    let services = world.services().filter(|service| service.namespace() == workload.namespace);
    let targets = services.filter(|service| world.behind(service).contains(&at)).flat_map(|service| {
        let ports = service.ports().into_iter().filter(|of| (of.protocol, of.port) == (protocol, port));
        let name = shown(service.object.name()).into_owned();
        ports.filter_map(move |of| Some((name.clone(), of.target.number(workload, protocol)?)))
    });
    let (name, target) = targets.into_iter().find(|(_, target)| *target != port)?;
    Some(format!(
        "port {port} of Service {}/{name} leads to port {target} of the pods, which is the one that policies see: ask for {target}",
        workload.namespace
    ))
}
