//! Findings for people: the line, what is wrong with it, what would mend it.

use super::{Palette, Run, Told, phrase, shown, snippet};
use crate::plan::Outcome;
use crate::rules::Risk;
use std::fmt::Write as _;

/// All findings, an empty line after each; the excepted ones only when `excepted` is set.
pub fn findings(run: &Run<'_>, excepted: bool, palette: &Palette) -> String {
    let mut out = String::new();
    for told in run.told().filter(|told| excepted || !told.is_excepted()) {
        finding(&mut out, &told, palette);
        out.push('\n');
    }
    out
}

fn finding(out: &mut String, told: &Told<'_>, palette: &Palette) {
    let finding = told.finding;
    let style = palette.severity(finding.severity);
    let Palette { strong, cyan, .. } = palette;
    let _ = writeln!(
        out,
        "{style}{}[{}]{style:#}{strong}: {}{strong:#}",
        finding.severity, finding.rule.id, finding.rule.title
    );
    let line = finding.source.as_ref().map(|(_, position)| position.line);
    let gutter = line.unwrap_or_default().to_string().len();
    let _ = writeln!(out, "{:gutter$}{cyan}-->{cyan:#} {}   {}", "", told.place(), told.who());
    match &finding.source {
        Some((range, position)) => {
            let drawn =
                snippet::snippet(told.file.stream.text(), range, position.line, &finding.reason, gutter, palette);
            out.push_str(&drawn);
            let _ = writeln!(out, "{cyan}{:gutter$} |{cyan:#}", "");
        }
        None => note(out, gutter, "reason", &shown(&finding.reason), palette),
    }
    becomes(out, told, gutter, palette);
    if !finding.rule.standards.is_empty() {
        let names: Vec<String> = finding.rule.standards.iter().map(phrase::standard).collect();
        note(out, gutter, "standards", &names.join(", "), palette);
    }
}

/// What becomes of the finding: the mend, what keeps it out, or what a person must decide.
fn becomes(out: &mut String, told: &Told<'_>, gutter: usize, palette: &Palette) {
    let finding = told.finding;
    let mut say = |key: &str, text: &str| note(out, gutter, key, text, palette);
    let key = match finding.outcome {
        Outcome::LeftOut(_) => "left out",
        _ => "mend",
    };
    for (change, words) in finding.changes.iter().zip(told.changes()) {
        let style = palette.risk(change.risk);
        say(key, &format!("{words}  {style}({}: {}){style:#}", change.risk, shown(&change.evidence)));
    }
    match &finding.outcome {
        Outcome::Mended if finding.changes.is_empty() => say("mend", "the changes of other findings mend it along"),
        Outcome::Mended => {}
        Outcome::LeftOut(risk) => say("let it in", &let_in(*risk)),
        Outcome::Undecided => {
            let decision = finding.decision.as_deref().unwrap_or("no change can mend this");
            say("a person must decide", &shown(decision));
            say("record it", &record(told));
        }
        Outcome::Excepted(reason) => say("excepted", &shown(reason)),
    }
}

/// What would let a left-out change in.
fn let_in(risk: Risk) -> String {
    match risk {
        Risk::Breaking => "--max-risk breaking, once it is sure that the program does without".to_owned(),
        risk => format!("--max-risk {risk}, once the workload is seen to run with it"),
    }
}

/// Where a decision to live with a finding is written down.
fn record(told: &Told<'_>) -> String {
    format!("annotation kubectl-harden.dev/skip.{}: \"the reason\", or an exception in a profile", told.finding.rule.id)
}

fn note(out: &mut String, gutter: usize, key: &str, text: &str, palette: &Palette) {
    let Palette { cyan, strong, .. } = palette;
    let _ = writeln!(out, "{:gutter$} {cyan}={cyan:#} {strong}{key}{strong:#}: {text}", "");
}
