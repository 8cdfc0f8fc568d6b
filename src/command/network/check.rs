//! `network check`: what is wrong with policies, or what differs between two sets of them.

use super::super::reading::Sources;
use super::super::words::sources;
use super::super::{Console, Exit, UsageError};
use super::{Read, Wanted, data, tell_refused};
use crate::cli::{NetworkCheckArgs, NetworkFormat};
use crate::network::difference::difference;
use crate::network::evaluate::Evaluator;
use crate::network::policy::{Policies, PolicyName};
use crate::network::world::Object;
use crate::network::{Peer, World, lint};
use crate::report::network::{self as report, Placed};
use crate::report::phrase::count;
use crate::workload::KindTable;

pub(super) fn run(args: &NetworkCheckArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let input = &args.source.input;
    let twice = input.filenames.iter().any(|name| name == "-") && args.against.iter().any(|name| name == "-");
    if twice {
        return Err(UsageError("standard input can be read only once: -f - or --against -".to_owned()).into());
    }
    if args.against_live && !args.flows.flows.is_empty() {
        return Err(UsageError("--flows and --against-live are two questions: ask one at a time".to_owned()).into());
    }
    if args.against_live {
        return against_live(args, console);
    }
    super::flows::stdin_once(&args.flows, &args.source)?;
    let is_observed = !args.flows.flows.is_empty();
    if is_observed && !args.against.is_empty() {
        return Err(UsageError("--flows and --against are two questions: ask one at a time".to_owned()).into());
    }
    let wanted = Wanted { needs: false, addresses: is_observed };
    let read = Read::open(&args.source, "network check", wanted, console)?;
    if is_observed {
        return super::observed::run(args, &read, console);
    }
    if args.against.is_empty() {
        return findings(args, &read, console);
    }
    let sources = Sources {
        names: args.against.clone(),
        commas: true,
        kustomize: None,
        ignore_named: false,
        recursive: input.recursive,
        all: false,
    };
    let before = Read::of(sources, console)?;
    differences(args, &before, &read, console)
}

fn against_live(args: &NetworkCheckArgs, console: &mut Console) -> anyhow::Result<Exit> {
    if !args.source.has_files() {
        return Err(
            UsageError("--against-live compares manifests with the cluster: name them with -f".to_owned()).into()
        );
    }
    let files = Read::of(sources(&args.source.input, &[], "network check", console)?, console)?;
    #[cfg(feature = "cluster")]
    return super::live::before_and_after(files, &args.source, console)
        .and_then(|(before, after)| differences(args, &before, &after, console));
    #[cfg(not(feature = "cluster"))]
    {
        let _ = files;
        Err(UsageError(super::super::opened::NO_CLUSTERS.to_owned()).into())
    }
}

fn findings(args: &NetworkCheckArgs, read: &Read, console: &mut Console) -> anyhow::Result<Exit> {
    let evaluator = Evaluator::with(&read.world, Policies::of(&read.world), read.known.made_pods());
    let mut found = lint::findings(&evaluator);
    // A policy of no namespace is about all of them.
    found.retain(|finding| finding.policy.identity.namespace.as_deref().is_none_or(|name| read.is_about(name)));
    let placed: Vec<Placed<'_>> = found
        .iter()
        .map(|finding| Placed { finding, place: read.place(finding.policy.input, &finding.pointer) })
        .collect();
    let text = match args.output {
        NetworkFormat::Table => report::findings_table(&placed),
        NetworkFormat::Json => data(&report::findings(&placed), false)?,
        NetworkFormat::Yaml => data(&report::findings(&placed), true)?,
    };
    console.data(&text)?;
    let policies = evaluator.policies();
    let network = policies.network.iter().filter(|policy| read.is_about(&policy.namespace));
    let is_about = |name: &&PolicyName| name.identity.namespace.as_deref().is_none_or(|name| read.is_about(name));
    let number = network.count() + policies.tiers.len() + policies.foreign.iter().filter(is_about).count();
    let workloads = count(read.workloads(), "workload");
    let sum = format!("{}, {workloads}: {}\n", policies_told(number), count(found.len(), "finding"));
    let notes = report::notes_told(&read.notes);
    console.sum_up(!text.is_empty(), &format!("{notes}{sum}"));
    let fails = found.iter().any(|finding| args.fail_on.fails(finding.check.severity));
    Ok(match () {
        () if read.failed => Exit::Failed,
        () if fails => Exit::Found,
        () => Exit::Done,
    })
}

fn differences(args: &NetworkCheckArgs, before: &Read, after: &Read, console: &mut Console) -> anyhow::Result<Exit> {
    let (old, new) = (Policies::of(&before.world), Policies::of(&after.world));
    let refused = [tell_refused(&old, before, console), tell_refused(&new, after, console)];
    if before.failed || after.failed || refused.contains(&true) {
        return Ok(Exit::Failed);
    }
    let number =
        |of: &Policies| of.network.iter().filter(|policy| after.is_about(&policy.namespace)).count() + of.tiers.len();
    let numbers = [number(&old), number(&new)];
    // The same workloads for both: those of either, as they are now.
    let pair = |object: &Object| (object.identity.clone(), object.value.clone());
    let objects = before.world.objects.iter().chain(&after.world.objects).map(pair);
    let world = World::of(objects, &KindTable::builtin());
    let old = Evaluator::with(&world, old, after.known.made_pods());
    let new = Evaluator::with(&world, new, after.known.made_pods());
    let difference = difference(&old, &new).about(|peer| match peer {
        Peer::Workload(at) => after.is_about(&world.workloads[at].namespace),
        Peer::Made(_) | Peer::Addresses(_) => after.about.is_none(),
    });
    let text = match args.output {
        NetworkFormat::Table => report::difference_table(&difference, &new),
        NetworkFormat::Json => data(&report::difference(&difference, &new), false)?,
        NetworkFormat::Yaml => data(&report::difference(&difference, &new), true)?,
    };
    console.data(&text)?;
    let [old, new] = numbers;
    let workloads = world.workloads.iter().filter(|workload| after.is_about(&workload.namespace)).count();
    let workloads = count(workloads, "workload");
    let (opened, closed) = (count(difference.opened.len(), "flow"), difference.closed.len());
    let sum = format!("{} before, {new} now, {workloads}: {opened} opened, {closed} closed\n", policies_told(old));
    console.sum_up(!text.is_empty(), &sum);
    Ok(if difference.is_empty() { Exit::Done } else { Exit::Found })
}

/// `1 policy`, `2 policies`.
fn policies_told(number: usize) -> String {
    if number == 1 { "1 policy".to_owned() } else { format!("{number} policies") }
}
