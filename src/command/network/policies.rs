//! `network policies`: policies that fit the workloads.

use super::super::join::join;
use super::super::words::sources;
use super::super::{Console, Exit};
use super::{Read, data, tell_refused};
use crate::cli::{DnsPeers, PoliciesArgs, PoliciesFormat};
use crate::manifest::Stream;
use crate::network::policy::Policies;
use crate::network::synthesis::{Options, synthesize};
use crate::report::network as report;

pub(super) fn run(args: &PoliciesArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let read = Read::of(sources(&args.input, &[], "network policies", console)?, console)?;
    // Policies made without knowing all would cut off the rest.
    if tell_refused(&Policies::of(&read.world), &read, console) || read.failed {
        console.error("no policies are made of a part of the input: mend or leave out what cannot be read");
        return Ok(Exit::Failed);
    }
    let options = Options {
        strict: args.strict,
        dns_any: args.dns == DnsPeers::Any,
        node_cidrs: args.node_cidr.clone(),
        compat_service_port: args.compat_service_port,
        ingress_controllers: args.ingress_controller.clone(),
        cluster_domain: args.cluster_domain.clone(),
    };
    let made = synthesize(&read.world, &options)?;
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
    Ok(Exit::Done)
}
