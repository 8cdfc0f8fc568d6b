//! The last lines: what was found in figures, what remains, and what to do next, as commands to paste.

use super::{Aside, Palette, Run, Tally, Told, phrase, shown};
use crate::plan::{Outcome, RiskTally};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many objects a rule's remains name before they are only counted.
const NAMED: usize = 3;

/// What templates are skipped for: a word that `explain` knows more about.
const HELM: &str = "Helm";

/// The figures of a run that changes something or would.
pub fn changes(run: &Run<'_>, tally: &Tally, palette: &Palette) -> String {
    let mut out = opening(run, tally, palette);
    standard(&mut out, tally);
    let made = risks(tally, |risk| risk.made);
    let left = risks(tally, |risk| risk.left_out);
    match (made.is_empty(), left.is_empty()) {
        (true, true) => {}
        (false, true) => out.push_str(&format!("  changes: {made}\n")),
        (true, false) => {
            out.push_str(&format!("  no change is within --max-risk {}; left out: {left}\n", run.max_risk))
        }
        (false, false) => out.push_str(&format!("  changes: {made}; left out: {left}\n")),
    }
    if tally.plan.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.plan.excepted, "finding"));
    }
    remains(&mut out, run, palette);
    out
}

/// `31 safe, 6 likely`; empty when there are none.
fn risks(tally: &Tally, count: impl Fn(&RiskTally) -> usize) -> String {
    let counted = tally.plan.risks.iter().map(|(risk, tally)| (risk, count(tally))).filter(|(_, number)| *number > 0);
    counted.map(|(risk, number)| format!("{number} {risk}")).collect::<Vec<_>>().join(", ")
}

/// The figures of a check: by severity, and the rules that find most.
pub fn findings(run: &Run<'_>, tally: &Tally, palette: &Palette) -> String {
    let mut out = opening(run, tally, palette);
    standard(&mut out, tally);
    let severities: Vec<String> =
        tally.severities.iter().rev().map(|(name, number)| format!("{number} {name}")).collect();
    if !severities.is_empty() {
        let total = phrase::count(tally.findings(), "finding");
        let _ = writeln!(out, "  {total}: {}", severities.join(", "));
    }
    if tally.plan.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.plan.excepted, "finding"));
    }
    let mut rules: Vec<(&str, usize)> = tally.rules.iter().map(|(rule, number)| (*rule, *number)).collect();
    rules.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    if rules.len() > 1 {
        let most: Vec<String> = rules.iter().take(3).map(|(rule, number)| format!("{rule} ({number})")).collect();
        let _ = writeln!(out, "  most: {}", most.join(", "));
    }
    if tally.plan.undecided > 0 {
        let verb = if tally.plan.undecided == 1 { "needs" } else { "need" };
        let _ = writeln!(out, "  {} {verb} a person's decision", phrase::count(tally.plan.undecided, "finding"));
    }
    out
}

/// `9 files, 14 workloads: 12 change, 1 is fine, 1 is skipped (Helm template)`.
fn opening(run: &Run<'_>, tally: &Tally, palette: &Palette) -> String {
    let mut parts = Vec::new();
    let mut say = |number: usize, one: &str, many: &str| {
        if number > 0 {
            parts.push(format!("{number} {}", if number == 1 { one } else { many }));
        }
    };
    say(tally.plan.changing, "changes", "change");
    say(tally.plan.fine, "is fine", "are fine");
    say(tally.staying(), "stays as it is", "stay as they are");
    let mut out =
        format!("{}, {}", phrase::count(tally.files, "file"), phrase::count(tally.plan.workloads, "workload"));
    if !parts.is_empty() {
        let _ = write!(out, ": {}", parts.join(", "));
    }
    let strong = palette.strong;
    let mut out = format!("{strong}{out}{strong:#}\n");
    let mut whys: BTreeMap<&str, usize> = BTreeMap::new();
    run.skipped.iter().for_each(|aside| *whys.entry(first_clause(&aside.why)).or_default() += 1);
    for (why, number) in whys {
        let more = if why.contains(HELM) { format!(" ({} explain helm)", run.command) } else { String::new() };
        let files = phrase::count(number, "file");
        let _ = writeln!(out, "  {files} {} skipped: {}{more}", phrase::is(number), shown(why));
    }
    if !run.refused.is_empty() {
        let number = run.refused.len();
        let red = palette.red;
        let _ = writeln!(out, "  {red}{} {} refused{red:#}", phrase::count(number, "file"), phrase::is(number));
    }
    out
}

/// `  restricted: 2 of 14 pass now, 11 after`.
fn standard(out: &mut String, tally: &Tally) {
    let Some(level) = tally.level.filter(|_| tally.plan.workloads > 0) else { return };
    let (before, after) = tally.passing(level);
    let pass = if before == 1 { "passes" } else { "pass" };
    let _ = write!(out, "  {level}: {before} of {} {pass} now", tally.plan.workloads);
    let _ = if before == after { writeln!(out) } else { writeln!(out, ", {after} after") };
}

/// What no change can mend, by rule. A refused file was named with its reason already.
fn remains(out: &mut String, run: &Run<'_>, palette: &Palette) {
    let refused: BTreeSet<&str> = run.refused.iter().map(|aside| aside.name.as_str()).collect();
    let undecided = run.findings().filter(|told| told.finding.outcome == Outcome::Undecided);
    let mut rules: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    for told in undecided.filter(|told| !refused.contains(told.file.name)) {
        rules.entry(told.finding.rule.id).or_default().push(told);
    }
    let Palette { yellow, dim, .. } = palette;
    for (rule, list) in rules {
        out.push('\n');
        for told in list.iter().take(NAMED) {
            let _ = writeln!(out, "{yellow}remains{yellow:#}  {}: {}", told.who(), shown(&told.finding.reason));
        }
        if list.len() > NAMED {
            let _ = writeln!(out, "         and {} more", list.len() - NAMED);
        }
        if let Some(decision) = list.iter().find_map(|told| told.finding.decision.as_deref()) {
            let _ = writeln!(out, "         a person must decide: {}", shown(first_clause(decision)));
        }
        let _ = writeln!(out, "         {dim}{} explain {rule}{dim:#}", run.command);
    }
}

/// What comes before the first semicolon: it says what, the rest how.
fn first_clause(text: &str) -> &str {
    text.split(';').next().unwrap_or(text)
}

/// `chart/web.yaml: a Go template (Helm), not a manifest`, one skipped manifest in a list of them.
pub fn skipped(aside: &Aside) -> String {
    format!("{}: {}", shown(&aside.name), shown(first_clause(&aside.why)))
}

/// `broken.yaml:12:3: did not find expected key`, one refused or skipped manifest.
pub fn aside(aside: &Aside) -> String {
    let name = shown(&aside.name);
    match aside.position {
        Some(position) => format!("{name}:{position}: {}", shown(&aside.why)),
        None => format!("{name}: {}", shown(&aside.why)),
    }
}
