//! `history`: what was applied to live objects, and what became of it.

use super::recorded::Recorded;
use super::undo::{is_run, run_of};
use super::{Console, Exit, hint};
use crate::cli::{HistoryArgs, HistoryFormat};
use crate::cluster::journal::Entry;
use crate::report::recorded as words;

pub(super) fn run(args: &HistoryArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let recorded = Recorded::open(&args.connection, console)?;
    let mut entries: Vec<&Entry> = recorded.entries.iter().collect();
    if args.what.first().is_some_and(|word| is_run(word)) {
        let runs: Result<Vec<&str>, _> = args.what.iter().map(|word| run_of(&recorded.entries, word)).collect();
        let runs = runs?;
        entries.retain(|entry| runs.contains(&entry.run.as_str()));
    } else if !args.what.is_empty() {
        let objects = recorded.objects(&args.what, &format!("{} history", console.name))?;
        entries.retain(|entry| objects.contains(&entry.reference));
    } else if recorded.server.namespace_given {
        entries.retain(|entry| entry.reference.namespace.as_ref() == Some(&recorded.server.namespace));
    }
    match args.output {
        HistoryFormat::Json => console.data(&(serde_json::to_string_pretty(&words::json(&entries))? + "\n"))?,
        HistoryFormat::Table if entries.is_empty() => console.say("nothing was applied\n"),
        HistoryFormat::Table => {
            console.data(&words::table(&entries))?;
            let flags = hint::connection(&args.connection).join(" ");
            let tail = if flags.is_empty() { flags } else { format!(" {flags}") };
            console.sum_up(true, &words::open(&entries, &console.name, &tail));
        }
    }
    Ok(Exit::Done)
}
