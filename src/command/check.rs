//! `check`: what is wrong, where, and what would mend it.

use super::opened::Opened;
use super::words::Asked;
use super::{Console, Exit, hint};
use crate::cli::{CheckArgs, CheckFormat};
use crate::plan::Outcome;
use crate::report::{self, Tally};

pub(super) fn run(args: &CheckArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let asked = Asked {
        verb: "check",
        input: &args.input,
        objects: &args.objects,
        connection: &args.connection,
        live: args.live,
        reads: true,
    };
    let opened = Opened::open(&asked, &args.ruling, console)?;
    let session = opened.session();
    let files = session.files();
    let run = session.run(&files);
    let text = match args.output {
        CheckFormat::Human => report::human(&run, console.talk.verbose, &console.out_page()),
        CheckFormat::Table => {
            report::table(&run, |piece| console.data(piece))?;
            String::new()
        }
        CheckFormat::Json => report::json(&run),
        CheckFormat::Name => report::names(&run, |finding| !matches!(finding.outcome, Outcome::Excepted(_))),
    };
    let fails = run.findings().any(|told| args.fail_on.fails(told.finding.severity));
    let tally = Tally::of(&run);
    let mut talk = report::summary_of_findings(&run, &tally, &console.err_page());
    talk.push_str(&opened.managed_elsewhere(console));
    let mends = tally.plan.changes().then(|| hint::again("diff", &asked, &args.ruling, console)).flatten();
    let more = hint::left_out(&tally, &asked, &args.ruling, console);
    let hints = [("what would mend them:   ", mends), ("with the riskier ones:  ", more)];
    let hints = hints.into_iter().filter_map(|(label, command)| Some(format!("{label}{}\n", command?)));
    let hints: String = hints.collect();
    if !hints.is_empty() {
        talk.push('\n');
        talk.push_str(&hints);
    }
    console.data(&text)?;
    console.say(&talk);
    Ok(match () {
        () if !session.refused.is_empty() => Exit::Failed,
        () if fails => Exit::Found,
        () => Exit::Done,
    })
}
