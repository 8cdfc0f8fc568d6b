//! `network check --flows`: which observed flows the policies would cut off.

use super::super::{Console, Exit};
use super::{Read, data, flows, tell_refused};
use crate::cli::{NetworkCheckArgs, NetworkFormat};
use crate::network::evaluate::Evaluator;
use crate::network::observed::cut;
use crate::network::policy::{Direction, Policies};
use crate::network::synthesis::Options;
use crate::report::network as report;
use crate::report::phrase::count;
use crate::rules::Severity;

pub(super) fn run(args: &NetworkCheckArgs, read: &Read, console: &mut Console) -> anyhow::Result<Exit> {
    let evaluator = Evaluator::with(&read.world, Policies::of(&read.world), read.known.made_pods());
    // What cannot be read may allow it.
    if tell_refused(evaluator.policies(), read, console) || read.failed {
        return Ok(Exit::Failed);
    }
    let (sources, destinations) = (evaluator.pieces(Direction::Ingress), evaluator.pieces(Direction::Egress));
    let roster = flows::roster(read, Options::CLUSTER_DOMAIN, false)
        .resolving(&read.known.name_servers, false)
        .cut(sources, destinations);
    let Some(observed) = flows::observed(&args.flows, &roster, console) else { return Ok(Exit::Failed) };
    let judged = cut(&observed, &evaluator, |at| read.is_about(&read.world.workloads[at].namespace));
    let place = |input: usize, pointer: &str| read.place(input, pointer);
    let text = match args.output {
        NetworkFormat::Table => report::cuts_table(&judged, &evaluator),
        NetworkFormat::Json => data(&report::cuts(&judged, &observed, &evaluator, &place), false)?,
        NetworkFormat::Yaml => data(&report::cuts(&judged, &observed, &evaluator, &place), true)?,
    };
    console.data(&text)?;
    let notes =
        observed.told().into_iter().chain(report::doubts(&judged, &read.world)).chain(read.notes.iter().cloned());
    let notes = report::notes_told(&notes.collect::<Vec<_>>());
    let sum =
        format!("{} judged: {} would be cut off\n", count(judged.judged, "observed connection"), judged.cuts.len());
    console.sum_up(!text.is_empty(), &format!("{notes}{sum}"));
    let fails = !judged.cuts.is_empty() && args.fail_on.fails(Severity::High);
    Ok(if fails { Exit::Found } else { Exit::Done })
}
