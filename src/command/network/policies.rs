//! `network policies`: policies that fit the workloads.

use super::super::join::join;
use super::super::{Console, Exit};
use super::{Read, Wanted, data, flows, tell_refused};
use crate::cli::{DnsPeers, Needs, NetworkInput, PoliciesArgs, PoliciesFormat, PolicyKind};
use crate::manifest::Stream;
use crate::network::dressing::{cilium, staged};
use crate::network::known::NameServers;
use crate::network::policy::Policies;
use crate::network::synthesis::{Options, Synthesis, synthesize};
use crate::report::network as report;

pub(super) fn run(args: &PoliciesArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let Some((read, mut made)) = make("network policies", &args.source, &args.needs, console)? else {
        return Ok(Exit::Failed);
    };
    made.policies = match args.kind {
        PolicyKind::NetworkPolicy => made.policies,
        PolicyKind::Cilium => cilium(&made),
        PolicyKind::Staged => staged(&made),
    };
    let text = match args.output {
        PoliciesFormat::Yaml => {
            let streams: Result<Vec<Stream>, _> = made.policies.iter().map(Stream::of_value).collect();
            let streams = streams?;
            join(&streams.iter().map(Stream::text).collect::<Vec<_>>())
        }
        PoliciesFormat::Json => data(&report::synthesis(&read.world, &made), false)?,
    };
    console.data(&text)?;
    console.sum_up(!text.is_empty(), &report::synthesis_told(&made));
    made.unfit.values().for_each(|unfit| console.error(unfit));
    Ok(if made.unfit.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Read manifests or a cluster and make policies; `None` where something could not be read, which was told: policies made
/// without knowing all would cut off the rest.
pub(super) fn make(
    verb: &str,
    source: &NetworkInput,
    needs: &Needs,
    console: &mut Console,
) -> anyhow::Result<Option<(Read, Synthesis)>> {
    flows::stdin_once(&needs.flows, source)?;
    let wanted = Wanted { needs: true, addresses: !needs.flows.flows.is_empty() };
    let read = Read::open(source, verb, wanted, console)?;
    if tell_refused(&Policies::of(&read.world), &read, console) || read.failed {
        console.error("no policies are made of a part of the input: mend or leave out what cannot be read");
        return Ok(None);
    }
    let mut known = read.known.clone();
    if !needs.dns_server.is_empty() {
        known.name_servers = NameServers::named(&needs.dns_server);
    }
    if !needs.scraper.is_empty() {
        known.scrapers.clone_from(&needs.scraper);
    }
    let roster = flows::roster(&read, &needs.cluster_domain, needs.compat_service_port)
        .resolving(&known.name_servers, needs.dns == DnsPeers::Any);
    let Some(observed) = flows::observed(&needs.flows, &roster, console) else { return Ok(None) };
    drop(roster);
    let options = Options {
        strict: needs.strict,
        dns_any: needs.dns == DnsPeers::Any,
        node_cidrs: needs.node_cidr.clone(),
        compat_service_port: needs.compat_service_port,
        ingress_controllers: needs.ingress_controller.clone(),
        cluster_domain: needs.cluster_domain.clone(),
        namespaces: read.about.clone(),
        known,
        observed,
        observed_only: needs.observed_only,
    };
    let mut made = synthesize(&read.world, &options);
    made.notes.extend(read.notes.iter().cloned());
    Ok(Some((read, made)))
}
