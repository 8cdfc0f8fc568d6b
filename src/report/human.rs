//! Findings for people: the line, what is wrong with it, what would mend it.

use super::snippet::{self, Place};
use super::{Page, Palette, Run, Told, phrase, shown};
use crate::plan::{ANNOTATION, Outcome, Planned};
use crate::rules::{Assessment, Risk};
use anstyle::Style;
use std::fmt::Write as _;

/// The indentation of a title's second line.
const INDENT: usize = 4;

/// All findings, an empty line after each; the excepted ones only when `excepted` is set.
pub fn findings(run: &Run<'_>, excepted: bool, page: &Page) -> String {
    let mut out = String::new();
    for planned in &run.plan.objects {
        for told in run.told_of(planned).filter(|told| excepted || !told.is_excepted()) {
            finding(&mut out, &told, page);
            out.push('\n');
        }
        exception(&mut out, run, planned, page);
    }
    out
}

/// The entry for a profile that lets a node agent be.
fn exception(out: &mut String, run: &Run<'_>, planned: &Planned, page: &Page) {
    let Some(entry) = run.exception_for(planned) else { return };
    let Palette { strong, dim, .. } = page.palette;
    let who = shown(&run.world.objects[planned.object].identity.to_string()).into_owned();
    let text = format!("{who} needs its node: to live with that, add to the exceptions of a profile");
    let lines = phrase::wrapped(&text, page.width.saturating_sub(6), page.width - INDENT);
    let _ = writeln!(out, "{strong}note{strong:#}: {}", lines.join(&format!("\n{:INDENT$}", "")));
    for line in entry.lines() {
        let _ = writeln!(out, "{:INDENT$}{dim}{line}{dim:#}", "");
    }
    out.push('\n');
}

fn finding(out: &mut String, told: &Told<'_>, page: &Page) {
    let palette = &page.palette;
    let finding = told.finding;
    let style = palette.severity(finding.severity);
    let Palette { strong, cyan, .. } = palette;
    let kind = format!("{}[{}]", finding.severity, finding.rule.id);
    let room = page.width.saturating_sub(kind.len() + 2);
    let title = phrase::wrapped(finding.rule.title, room, page.width - INDENT).join(&format!("\n{:INDENT$}", ""));
    let _ = writeln!(out, "{style}{kind}{style:#}{strong}: {title}{strong:#}");
    let line = finding.source.map(|source| source.position().line);
    let gutter = line.unwrap_or_default().to_string().len();
    let place = if told.file.is_live { String::new() } else { format!("{}   ", told.place()) };
    let _ = writeln!(out, "{:gutter$}{cyan}-->{cyan:#} {place}{}", "", told.who());
    match &finding.source {
        Some(source) => {
            let (range, line) = (source.span(), source.position().line);
            let file = told.file;
            let place = Place { text: file.stream.text(), mask: file.mask(), range: &range, line };
            let drawn = snippet::snippet(&place, &finding.reason, gutter, page);
            out.push_str(&drawn);
            let _ = writeln!(out, "{cyan}{:gutter$} |{cyan:#}", "");
        }
        None => note(out, gutter, "reason", Style::new(), &shown(&finding.reason), page),
    }
    becomes(out, told, gutter, page);
    if !finding.rule.standards.is_empty() {
        note(out, gutter, "standards", Style::new(), &phrase::standards(finding.rule.standards), page);
    }
}

/// What becomes of the finding: the mend, what keeps it out, or what a person must decide.
fn becomes(out: &mut String, told: &Told<'_>, gutter: usize, page: &Page) {
    let palette = &page.palette;
    let finding = told.finding;
    let mut say = |key: &str, style: Style, text: &str| note(out, gutter, key, style, text, page);
    let key = if matches!(finding.outcome, Outcome::LeftOut(_)) { "left out" } else { "mend" };
    for (changes, words) in told.changes() {
        let change = changes[0];
        say(key, palette.risk(change.risk), &format!("{words} ({}: {})", change.risk, shown(&change.evidence)));
    }
    let excepted = matches!(finding.outcome, Outcome::Excepted(_));
    for (words, Assessment { risk, evidence }) in told.policies().filter(|_| !excepted) {
        say(key, palette.risk(*risk), &format!("{words} ({risk}: {})", shown(evidence)));
    }
    let plain = Style::new();
    match &finding.outcome {
        Outcome::Mended if finding.changes.is_empty() && finding.policies().next().is_none() => {
            say("mend", plain, "the changes of other findings mend it along")
        }
        Outcome::Mended => {}
        Outcome::LeftOut(risk) => say("let it in", plain, &let_in(*risk)),
        Outcome::Undecided => {
            let decision = finding.decision.as_deref().unwrap_or("no change can mend this");
            say("a person must decide", palette.yellow, &shown(decision));
            if !decision.contains(ANNOTATION) {
                let rule = finding.rule.id;
                say(
                    "record it",
                    plain,
                    &format!("annotate {ANNOTATION}{rule}: \"the reason\", or an exception in a profile"),
                );
            }
        }
        Outcome::Excepted(reason) => say("excepted", plain, &shown(reason)),
    }
}

/// What would let a left-out change in.
pub(super) fn let_in(risk: Risk) -> String {
    match risk {
        Risk::Breaking => "--max-risk breaking, once it is sure that the program does without".to_owned(),
        risk => format!("--max-risk {risk}, once the workload is seen to run with it"),
    }
}

/// One line below the snippet, `= key: text`, wrapped where it is long.
fn note(out: &mut String, gutter: usize, key: &str, style: Style, text: &str, page: &Page) {
    let cyan = page.palette.cyan;
    let first = page.width.saturating_sub(gutter + 5 + key.chars().count());
    for (index, line) in phrase::wrapped(text, first, page.width.saturating_sub(gutter + 5)).iter().enumerate() {
        let _ = match index {
            0 => writeln!(out, "{:gutter$} {cyan}={cyan:#} {style}{key}{style:#}: {line}", ""),
            _ => writeln!(out, "{:gutter$}     {line}", ""),
        };
    }
}
