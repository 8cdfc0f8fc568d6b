//! `network check`: what is wrong with policies, or what differs between two sets of them.

use super::super::reading::Sources;
use super::super::words::sources;
use super::super::{Console, Exit, UsageError};
use super::{Read, data, tell_refused};
use crate::cli::{NetworkCheckArgs, NetworkFormat};
use crate::network::difference::difference;
use crate::network::evaluate::Evaluator;
use crate::network::policy::Policies;
use crate::network::world::Object;
use crate::network::{MadePod, World, lint};
use crate::report::network::{self as report, Placed};
use crate::report::phrase::count;
use crate::workload::KindTable;

pub(super) fn run(args: &NetworkCheckArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let twice = args.input.filenames.iter().any(|name| name == "-") && args.against.iter().any(|name| name == "-");
    if twice {
        return Err(UsageError("standard input can be read only once: -f - or --against -".to_owned()).into());
    }
    let read = Read::of(sources(&args.input, &[], "network check", console)?, console)?;
    match args.against.is_empty() {
        true => findings(args, &read, console),
        false => differences(args, &read, console),
    }
}

fn findings(args: &NetworkCheckArgs, read: &Read, console: &mut Console) -> anyhow::Result<Exit> {
    let evaluator = Evaluator::new(&read.world);
    let found = lint::findings(&evaluator);
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
    let number = policies.network.len() + policies.tiers.len() + policies.foreign.len();
    let workloads = count(read.world.workloads.len(), "workload");
    let sum = format!("{}, {workloads}: {}\n", policies_told(number), count(found.len(), "finding"));
    console.sum_up(!text.is_empty(), &sum);
    let fails = found.iter().any(|finding| args.fail_on.fails(finding.check.severity));
    Ok(match () {
        () if read.failed => Exit::Failed,
        () if fails => Exit::Found,
        () => Exit::Done,
    })
}

fn differences(args: &NetworkCheckArgs, after: &Read, console: &mut Console) -> anyhow::Result<Exit> {
    let sources = Sources {
        names: args.against.clone(),
        commas: true,
        kustomize: None,
        ignore_named: false,
        recursive: args.input.recursive,
        all: false,
    };
    let before = Read::of(sources, console)?;
    let (old, new) = (Policies::of(&before.world), Policies::of(&after.world));
    let refused = [tell_refused(&old, &before, console), tell_refused(&new, after, console)];
    if before.failed || after.failed || refused.contains(&true) {
        return Ok(Exit::Failed);
    }
    let numbers = [old.network.len() + old.tiers.len(), new.network.len() + new.tiers.len()];
    // The same workloads for both: those of either, as they are now.
    let pair = |object: &Object| (object.identity.clone(), object.value.clone());
    let objects = before.world.objects.iter().chain(&after.world.objects).map(pair);
    let world = World::of(objects, &KindTable::builtin());
    let old = Evaluator::with(&world, old, MadePod::usual());
    let new = Evaluator::with(&world, new, MadePod::usual());
    let difference = difference(&old, &new);
    let text = match args.output {
        NetworkFormat::Table => report::difference_table(&difference, &new),
        NetworkFormat::Json => data(&report::difference(&difference, &new), false)?,
        NetworkFormat::Yaml => data(&report::difference(&difference, &new), true)?,
    };
    console.data(&text)?;
    let [old, new] = numbers;
    let workloads = count(world.workloads.len(), "workload");
    let (opened, closed) = (count(difference.opened.len(), "flow"), difference.closed.len());
    let sum = format!("{} before, {new} now, {workloads}: {opened} opened, {closed} closed\n", policies_told(old));
    console.sum_up(!text.is_empty(), &sum);
    Ok(if difference.is_empty() { Exit::Done } else { Exit::Found })
}

/// `1 policy`, `2 policies`.
fn policies_told(number: usize) -> String {
    if number == 1 { "1 policy".to_owned() } else { format!("{number} policies") }
}
