//! `check`: what is wrong, where, and what would mend it.

use super::{Console, Exit, Session, hint, words};
use crate::cli::{CheckArgs, CheckFormat};
use crate::plan::Outcome;
use crate::report::{self, Tally};

pub(super) fn run(args: &CheckArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let session = Session::open(words::sources(&args.input, "check", console)?, &args.ruling, console)?;
    let files = session.files();
    let run = session.run(&files, console);
    let text = match args.output {
        CheckFormat::Human => report::human(&run, console.talk.verbose, &console.out_palette),
        CheckFormat::Table => report::table(&run),
        CheckFormat::Json => report::json(&run),
        CheckFormat::Name => report::names(&run, |finding| !matches!(finding.outcome, Outcome::Excepted(_))),
    };
    let fails = run.findings().any(|told| args.fail_on.fails(told.finding.severity));
    let tally = Tally::of(&run);
    let mut talk = report::summary_of_findings(&run, &tally, &console.err_palette);
    if tally.plan.changing > 0 {
        let command = hint::again("diff", &args.input, &args.ruling, console);
        talk.push_str(&command.map_or_else(String::new, |command| format!("\nwhat would mend them:   {command}\n")));
    }
    console.data(&text)?;
    console.say(&talk);
    Ok(match () {
        () if !session.refused.is_empty() => Exit::Failed,
        () if fails => Exit::Found,
        () => Exit::Done,
    })
}
