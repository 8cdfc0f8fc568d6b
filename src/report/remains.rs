//! What a run leaves as it is although it matters, by rule: what a person must decide, and what was left out although it
//! is severe.

use super::human::let_in;
use super::summary::first_clause;
use super::{Page, Palette, Run, Told, phrase, shown};
use crate::plan::Outcome;
use crate::rules::{Risk, Severity};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many objects a rule's remains name before they are only counted.
const NAMED: usize = 3;
/// What stands before a remain; its other lines begin below the end of it.
const HEAD: &str = "remains  ";

/// Write them, the severe ones that were left out first: others may only wait for them. A refused file was named with
/// its reason already.
pub(super) fn remains(out: &mut String, run: &Run<'_>, page: &Page) {
    let refused: BTreeSet<&str> = run.refused.iter().map(|aside| aside.name.as_str()).collect();
    let mut rules: BTreeMap<(bool, Reverse<Severity>, &str), Vec<Told<'_>>> = BTreeMap::new();
    for told in run.findings().filter(|told| !refused.contains(told.file.name)) {
        let finding = told.finding;
        let undecided = match finding.outcome {
            Outcome::Undecided => true,
            Outcome::LeftOut(Risk::Breaking) if finding.severity >= Severity::High => false,
            _ => continue,
        };
        rules.entry((undecided, Reverse(finding.rule.severity), finding.rule.id)).or_default().push(told);
    }
    for ((undecided, _, rule), list) in rules {
        group(out, run, rule, undecided, &list, page);
    }
}

fn group(out: &mut String, run: &Run<'_>, rule: &str, undecided: bool, list: &[Told<'_>], page: &Page) {
    let Palette { yellow, dim, .. } = page.palette;
    let indent = HEAD.len();
    let lines = |text: &str| phrase::wrapped(text, page.width - indent, page.width - indent);
    out.push('\n');
    for told in list.iter().take(NAMED) {
        let text = format!("{}: {}", told.who(), shown(&told.finding.reason));
        for (index, line) in lines(&text).iter().enumerate() {
            let _ = match index {
                0 => writeln!(out, "{yellow}{}{yellow:#}  {line}", HEAD.trim_end()),
                _ => writeln!(out, "{:indent$}{line}", ""),
            };
        }
    }
    if list.len() > NAMED {
        let _ = writeln!(out, "{:indent$}and {} more", "", list.len() - NAMED);
    }
    let way = match list.iter().find_map(|told| told.finding.decision.as_deref()) {
        _ if !undecided => Some(format!("left out as breaking; to let it in: {}", let_in(Risk::Breaking))),
        Some(decision) => Some(format!("a person must decide: {}", shown(first_clause(decision)))),
        None => None,
    };
    for line in way.iter().flat_map(|way| lines(way)) {
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
    let _ = writeln!(out, "{:indent$}{dim}{} explain {rule}{dim:#}", "", run.command);
}
