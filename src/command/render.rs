//! `render`: every document of the input on standard output, hardened.

use super::extract::Sheet;
use super::{Console, Exit, Session, join, words};
use crate::cli::RenderArgs;
use crate::report::{self, Tally, Tense};
use crate::source::interrupt;

pub(super) fn run(args: &RenderArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let mut sources = words::sources(&args.input, &args.words, "render", console)?;
    sources.all = true;
    let mut session = Session::open(sources, &args.ruling, console)?;
    session.splice(console)?;
    // What goes on from here may be applied: nothing may be missing from it without a word and an exit code.
    for one in &session.skipped {
        console.error(&format!("{}; it is not part of the output", report::aside(one)));
    }
    let refused: Vec<&str> = session.refused.iter().map(|one| one.name.as_str()).collect();
    let files = session.files();
    let kept = files.iter().filter(|file| !(refused.contains(&file.name) || file.is_new && file.after.is_none()));
    let texts: Vec<&str> = kept.map(|file| file.after.unwrap_or(file.stream.text())).collect();
    let joined = join::join(&texts);
    // Whoever applies what is printed needs the Secrets, too.
    let sheet = Sheet::of(&session, &args.ruling.extract)?;
    if let Some(sheet) = &sheet {
        interrupt::install()?;
        drop(sheet.write()?);
    }
    let run = session.run(&files);
    let mut talk = report::summary_of_changes(&run, &Tally::of(&run), Tense::Done, &console.err_page());
    talk.push_str(&sheet.map(|sheet| sheet.told()).unwrap_or_default());
    match console.for_eyes {
        true => console.data(&report::lines_shown(&joined))?,
        false => console.data(&joined)?,
    }
    console.sum_up(!joined.is_empty(), &talk);
    Ok(if session.refused.is_empty() && session.skipped.is_empty() { Exit::Done } else { Exit::Failed })
}
