//! `undo`: what a run did to live objects is taken back, and watched.

mod choose;
mod outcome;

use super::recorded::Recorded;
use super::{Console, Exit, UsageError};
use crate::cli::{Trial, UndoArgs, UndoFormat};
use crate::cluster::Reference;
use crate::cluster::apply::{Lost, seen_by};
use crate::cluster::journal::{self, Entry, Fate, Pen};
use crate::cluster::rollout::{self, Patience, Progress, Verdict};
use crate::cluster::undo::{self, Plan, TakenBack};
use crate::report::{recorded as words, shown};
use choose::{Chosen, choose};
pub(super) use choose::{is_run, run_of};
use outcome::Outcome;
use std::time::{Duration, Instant};

/// What ran before need not prove itself for long.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn run(args: &UndoArgs, console: &mut Console) -> anyhow::Result<Exit> {
    if let Some(warning) = args.dry_run.warning {
        console.warn(warning);
    }
    let recorded = Recorded::open(&args.connection, console)?;
    let is_run = args.what.first().is_some_and(|word| choose::is_run(word));
    let chosen = if args.what.is_empty() || is_run {
        choose(&recorded.entries, &args.what)?
    } else {
        let command = format!("{} undo", console.name);
        let objects = recorded.objects(&args.what, &command)?;
        for object in &objects {
            tell_unknown(&recorded, object, console)?;
        }
        choose::last_of(&recorded.entries, &objects)?
    };
    if chosen.entries.is_empty() {
        console.say("nothing to take back\n");
        return Ok(Exit::Done);
    }
    if args.what.is_empty() && !args.yes && args.dry_run.trial == Trial::No && !agreed(&chosen, console)? {
        console.say("nothing was taken back\n");
        return Ok(Exit::Refused);
    }
    let mut outcomes = Vec::new();
    for entry in chosen.entries {
        let outcome = one(&recorded, entry, args, console)?;
        outcomes.push(outcome);
    }
    Ok(outcome::exit(&outcomes))
}

/// Ask whether it is this run that is meant.
fn agreed(chosen: &Chosen<'_>, console: &mut Console) -> anyhow::Result<bool> {
    console.say(&words::run(&chosen.entries));
    let Some(answer) = console.ask("Take it back? [y/N] ") else {
        let why = "there is nobody to ask: name the run or the objects that are to be taken back, or give --yes";
        return Err(UsageError(why.to_owned()).into());
    };
    Ok(["y", "yes"].contains(&answer.to_lowercase().as_str()))
}

/// An object of which the journal knows nothing, and which was hardened from elsewhere: what can be done.
fn tell_unknown(recorded: &Recorded, object: &Reference, console: &Console) -> anyhow::Result<()> {
    if recorded.entries.iter().any(|entry| entry.reference == *object) {
        return Ok(());
    }
    let live = recorded.runtime.wait(recorded.server.get(object))?;
    anyhow::bail!(words::unknown(&live, journal::mark_of(&live.value), &console.name))
}

/// Take one object back, and see that its pods work.
fn one(recorded: &Recorded, entry: &Entry, args: &UndoArgs, console: &mut Console) -> anyhow::Result<Outcome> {
    let (runtime, server) = (&recorded.runtime, &recorded.server);
    let name = shown(&entry.reference.to_string()).into_owned();
    if args.dry_run.trial == Trial::Client {
        return match runtime.wait(undo::plan(server, entry)) {
            Ok(plan) => tried(entry, plan.as_ref(), args, console),
            Err(error) => Ok(failed(&name, &error.to_string(), console)),
        };
    }
    let dry_run = args.dry_run.trial == Trial::Server;
    let taken = runtime.wait(undo::take_back(server, entry, dry_run));
    for warning in server.take_warnings() {
        console.warn(&warning);
    }
    let said = |what: &str, console: &mut Console| {
        let suffix = if dry_run { " (server dry run)" } else { "" };
        let name_only = args.output == UndoFormat::Name;
        console.data(&if name_only { format!("{name}\n") } else { format!("{name} {what}{suffix}\n") })
    };
    let (plan, live, stuck) = match taken {
        Ok(TakenBack::Done { plan, live, stuck }) => (plan, live, stuck),
        Ok(TakenBack::Nothing) => {
            said("taken back (no change)", console)?;
            settle(entry, dry_run, console);
            return Ok(Outcome::Nothing);
        }
        Ok(TakenBack::Gone) => {
            console.note(&format!("{name} is gone, or another one of that name by now: there is nothing to take back"));
            settle(entry, dry_run, console);
            return Ok(Outcome::Nothing);
        }
        Err(error) => {
            let outcome = failed(&name, &error.to_string(), console);
            second_net(recorded, entry, console);
            return Ok(outcome);
        }
    };
    said("taken back", console)?;
    match dry_run {
        true if args.output == UndoFormat::Name => {}
        true => console.say(&words::plan(&plan)),
        false => plan.left.iter().for_each(|left| console.note(&format!("  {left}"))),
    }
    settle(entry, dry_run, console);
    if !stuck.is_empty() {
        stuck.iter().for_each(|pod| console.error(&format!("{name}: {pod}")));
        return Ok(Outcome::Broken);
    }
    let has_no_pods = entry.reference.resource.kind == "NetworkPolicy";
    if dry_run || has_no_pods || entry.pen == Pen::Create {
        return Ok(Outcome::Back);
    }
    let begun = Instant::now();
    let patience = Patience { timeout: args.timeout, anew: true, settle: SETTLE };
    let mut last = String::new();
    let mut step = |progress: &Progress| {
        let now = words::progress(&name, progress);
        if now != last {
            console.progress(&now);
            last = now;
        }
    };
    let verdict = runtime.wait(async {
        let watch = rollout::watch_back(server, &live, patience, &mut step).await;
        seen_by(server, &live, watch).await
    });
    Ok(match verdict {
        Ok(Verdict::Healthy) => {
            console.say(&format!("  healthy after {} s\n", begun.elapsed().as_secs()));
            Outcome::Back
        }
        Ok(Verdict::Nothing(why)) => {
            console.note(&format!("  {why}"));
            Outcome::Back
        }
        Ok(Verdict::Failed(failure)) => {
            console.error(&words::broken(&name, &failure));
            second_net(recorded, entry, console);
            Outcome::Broken
        }
        Err(Lost::Gone) => {
            console.note(&format!("{name} is gone by now"));
            Outcome::Back
        }
        Err(Lost::Unseen(error)) => {
            console.error(&format!("{name} is taken back, and its pods can no longer be watched: {error}"));
            Outcome::Broken
        }
    })
}

/// What would be taken back.
fn tried(entry: &Entry, plan: Option<&Plan>, args: &UndoArgs, console: &mut Console) -> anyhow::Result<Outcome> {
    let name = shown(&entry.reference.to_string()).into_owned();
    let Some(plan) = plan else {
        console.note(&format!("{name} is gone, or another one of that name by now: there is nothing to take back"));
        return Ok(Outcome::Nothing);
    };
    if args.output == UndoFormat::Name {
        console.data(&format!("{name}\n"))?;
        return Ok(Outcome::Back);
    }
    let change = if plan.is_nothing() { " (no change)" } else { "" };
    console.data(&format!("{name} taken back{change} (dry run)\n"))?;
    console.say(&words::plan(plan));
    Ok(Outcome::Back)
}

fn failed(name: &str, why: &str, console: &mut Console) -> Outcome {
    console.error(&format!("{name} is not taken back: {why}"));
    Outcome::Failed
}

/// What kubectl could do instead.
fn second_net(recorded: &Recorded, entry: &Entry, console: &mut Console) {
    if let Some(command) = recorded.runtime.wait(undo::rollout_undo(&recorded.server, entry)) {
        console.note(&format!("  the whole template as it was before the run, whoever changed it since:   {command}"));
    }
}

/// Note that an entry is taken back. That it is so does not hang on the note: a second undo finds nothing to do.
fn settle(entry: &Entry, dry_run: bool, console: &mut Console) {
    if !dry_run && let Err(error) = journal::settle(entry, Fate::TakenBack) {
        console.error(&format!("{} is taken back, and the journal cannot note it: {error}", entry.reference));
    }
}
