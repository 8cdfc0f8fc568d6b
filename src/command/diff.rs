//! `diff`: what would change, and why.

use super::opened::Opened;
use super::words::Asked;
use super::{Console, Exit, hint, patch};
use crate::cli::{DiffArgs, DiffFormat};
use crate::plan::Outcome;
use crate::report::{self, Mask, Notes, Patch, Reader, Run, Tally, Tense};

pub(super) fn run(args: &DiffArgs, console: &mut Console) -> anyhow::Result<Exit> {
    let asked = Asked {
        verb: "diff",
        input: &args.input,
        objects: &args.objects,
        connection: &args.connection,
        live: args.live,
        reads: true,
    };
    let mut opened = Opened::open(&asked, &args.ruling, console)?;
    opened.session_mut().splice(console)?;
    let is_diff = args.output == DiffFormat::Diff;
    let owners = if is_diff { opened.try_out(args.show_managed_fields, console)? } else { String::new() };
    let outside = if is_diff { opened.show_outside(console)? } else { None };
    let session = opened.session();
    let files = session.files();
    let mut masked = 0;
    let shown = match args.output {
        _ if outside.is_some() => Vec::new(),
        DiffFormat::Diff => {
            let drawn = patches(&session.run(&files), args.reasons, console);
            masked = drawn.iter().map(|one| one.masked).sum();
            drawn.into_iter().map(|one| one.text).collect()
        }
        DiffFormat::Yaml => vec![patch::manifests(&files, console)],
        DiffFormat::Patch => vec![patch::patches(&opened, args.patch_type, console)?],
        DiffFormat::Json => vec![report::json(&session.run(&files))],
        DiffFormat::Name => {
            vec![report::names(&session.run(&files), |finding| finding.outcome == Outcome::Mended)]
        }
    };
    for text in &shown {
        console.data(text)?;
    }
    if !console.talk.quiet {
        let run = session.run(&files);
        let tally = Tally::of(&run);
        let mut talk = owners;
        talk.push_str(&report::summary_of_changes(&run, &tally, Tense::Would, &console.err_page()));
        talk.push_str(&report::summary_of_masks(&run, masked, &console.err_page()));
        let write =
            (tally.plan.changes() && opened.can_change()).then(|| hint::write(&asked, &args.ruling, session, console));
        let check = (tally.findings() > 0).then(|| hint::again("check", &asked, &args.ruling, console));
        let more = hint::left_out(&tally, &asked, &args.ruling, console);
        let act = if asked.is_live() { "apply them:    " } else { "write them:    " };
        let hints = [(act, write.flatten()), ("all reasons:   ", check.flatten()), ("see left out:  ", more)];
        let hints = hints.into_iter().filter_map(|(label, command)| Some(format!("{label}{}\n", command?)));
        let hints: String = hints.collect();
        if !hints.is_empty() {
            talk.push('\n');
            talk.push_str(&hints);
        }
        let data = outside.is_some() || shown.iter().any(|text| !text.is_empty());
        console.sum_up(data, &talk);
    }
    Ok(match outside {
        _ if !session.refused.is_empty() => Exit::Failed,
        Some(exit) => exit,
        None if session.texts.iter().any(Option::is_some) => Exit::Found,
        None => Exit::Done,
    })
}

/// One diff a changed file, in the order of the files.
fn patches(run: &Run<'_>, reasons: bool, console: &Console) -> Vec<report::Drawn> {
    let reader = match console.for_eyes || reasons {
        true => Reader::Person(console.out_palette, Console::width()),
        false => Reader::Program,
    };
    let with_notes = (console.for_eyes || reasons) && !console.talk.quiet;
    let mut out = Vec::new();
    for (index, file) in run.files.iter().enumerate() {
        let Some(after) = file.after else { continue };
        out.push(report::unified(
            &Patch {
                name: file.diff_name,
                is_new: file.is_new,
                before: file.stream.text(),
                after,
                mask: file.mask(),
                mask_after: &Mask::of_changed(file.mask(), after),
                sections: &report::sections(run, index),
                notes: &if with_notes { Notes::of(run, index) } else { Notes::default() },
            },
            reader,
        ));
    }
    out
}
