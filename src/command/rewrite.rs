//! `rewrite`: the new texts go into their files.

use super::extract::Sheet;
use super::reading::Sources;
use super::{Console, Exit, Session, UsageError};
use crate::cli::{RewriteArgs, RewriteFormat};
use crate::plan::Outcome;
use crate::report::phrase::count;
use crate::report::{self, Aside, AsideSort, Run, Tally, Tense, aligned, shown};
use crate::source::{self, Replacement, interrupt};
use std::collections::BTreeSet;

pub(super) fn run(args: &RewriteArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let mut session = Session::open(sources(args, console)?, &args.ruling, console)?;
    session.splice(console)?;
    let counts = change_counts(&session);
    let sheet = Sheet::of(&session, &args.ruling.extract)?;
    let written = match args.check {
        true => changed(&session),
        false => write(&mut session, args.all_or_nothing, sheet.as_ref(), console)?,
    };

    let files = session.files();
    let run = session.run(&files);
    let text = match args.output {
        RewriteFormat::Json => report::json(&run),
        RewriteFormat::Human => {
            let row = |index: &usize| [shown(run.files[*index].name).into_owned(), count(counts[*index], "change")];
            aligned(&written.iter().map(row).collect::<Vec<_>>())
        }
    };
    let mut talk = talk(args, &run, written.len(), console);
    let moved = sheet.filter(|_| !args.check && !written.is_empty()).map(|sheet| sheet.told());
    talk.push_str(&moved.unwrap_or_default());
    console.data(&text)?;
    console.say(&talk);
    Ok(match () {
        () if !session.refused.is_empty() => Exit::Failed,
        () if args.check && !written.is_empty() => Exit::Found,
        () => Exit::Done,
    })
}

/// `rewrite` goes into every directory below those named, as formatters do.
fn sources(args: &RewriteArgs, console: &Console) -> Result<Sources, UsageError> {
    for path in &args.paths {
        let path = path.to_string_lossy();
        if path == "-" || path.starts_with("http://") || path.starts_with("https://") {
            let name = &console.name;
            let path = report::phrase::pasteable(&path);
            return Err(UsageError(format!(
                "{path} is no file to rewrite: render prints the hardened manifests\n  {name} render -f {path}"
            )));
        }
    }
    let names = args.paths.clone();
    Ok(Sources { names, commas: false, kustomize: None, recursive: true, ignore_named: true, all: false })
}

fn changed(session: &Session) -> Vec<usize> {
    (0..session.texts.len()).filter(|index| session.texts[*index].is_some()).collect()
}

/// Write the files; those that must stay as they are become refused. Gives the manifests that were written.
///
/// The file of Secrets comes first: no value may leave a manifest that does not stand there.
fn write(
    session: &mut Session,
    all_or_nothing: bool,
    sheet: Option<&Sheet<'_>>,
    console: &mut Console,
) -> anyhow::Result<Vec<usize>> {
    if all_or_nothing && !session.refused.is_empty() {
        return Ok(Vec::new());
    }
    interrupt::install()?;
    let indexes = changed(session);
    let list: Vec<Replacement<'_>> = indexes
        .iter()
        .filter_map(|index| {
            let text = session.texts[*index].as_deref()?;
            Some(Replacement { manifest: &session.manifests[*index], text })
        })
        .collect();
    // Changes that go together are written together.
    let together = all_or_nothing || session.links(&indexes);
    let put = sheet.map(Sheet::write).transpose()?.flatten();
    let replaced = source::replace(&list, together);
    let in_vain = match &replaced {
        Ok(replaced) => replaced.written.is_empty(),
        Err(error) => error.changed.is_empty(),
    };
    if let Some(put) = put.filter(|_| in_vain) {
        put.undo().map_err(|why| anyhow::anyhow!("the file of Secrets {why}"))?;
    }
    let replaced = replaced?;
    let written: Vec<usize> = replaced.written.iter().map(|place| indexes[*place]).collect();
    for one in replaced.refused {
        let manifest = session.manifests.iter().position(|manifest| manifest.origin == one.origin);
        let one =
            Aside { name: one.origin.to_string(), position: one.position, why: one.message, sort: AsideSort::Text };
        session.refuse(manifest, one, console);
    }
    Ok(written)
}

/// How many values change in each manifest.
fn change_counts(session: &Session) -> Vec<usize> {
    let files = session.files();
    let run = session.run(&files);
    let mut counts = vec![0; files.len()];
    for planned in &run.plan.objects {
        let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
        let fields: BTreeSet<&str> =
            mended.flat_map(|finding| finding.changes.iter().map(|change| &*change.pointer)).collect();
        counts[run.world.objects[planned.object].manifest] += fields.len();
    }
    for (home, number) in session.policies_by_manifest() {
        counts[home] += number;
    }
    for added in &run.plan.added {
        counts[run.world.objects[added.object].manifest] += 1;
    }
    counts
}

fn talk(args: &RewriteArgs, run: &Run<'_>, written: usize, console: &Console) -> String {
    let mut talk = String::new();
    let stopped = args.all_or_nothing && !run.refused.is_empty();
    if stopped {
        talk.push_str("nothing was written: a file was refused and --all-or-nothing was asked for\n");
    }
    talk.push_str(&match (args.check, written) {
        (_, 0) => "nothing to rewrite\n".to_owned(),
        (true, _) => format!("{} would be rewritten\n", count(written, "file")),
        (false, _) => format!("{} rewritten\n", count(written, "file")),
    });
    let tense = if args.check || stopped { Tense::Would } else { Tense::Done };
    talk.push_str(&report::summary_of_changes(run, &Tally::of(run), tense, &console.err_page()));
    talk
}
