//! The last lines: what was found in figures, what remains, and what to do next, as commands to paste.

use super::{Aside, Palette, Run, Tally, Told, phrase, shown};
use crate::plan::Outcome;
use crate::rules::Risk;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many objects a rule's remains name before they are only counted.
const NAMED: usize = 3;

/// The figures of a run that changes something or would.
pub fn changes(run: &Run<'_>, tally: &Tally, palette: &Palette) -> String {
    let mut out = opening(run, tally, palette);
    standard(&mut out, tally);
    let risks = |counts: &BTreeMap<Risk, usize>, first: bool| {
        let parts = counts.iter().enumerate().map(|(index, (risk, number))| match first && index == 0 {
            true => format!("{} {} {risk}", phrase::count(*number, "change"), phrase::is(*number)),
            false => format!("{number} {risk}"),
        });
        parts.collect::<Vec<_>>().join(", ")
    };
    let made = risks(&tally.changes, true);
    let left = risks(&tally.left_out, false);
    match (made.is_empty(), left.is_empty()) {
        (true, true) => {}
        (false, true) => out.push_str(&format!("  {made}\n")),
        (true, false) => out.push_str(&format!("  no change is within --max-risk {}; left out: {left}\n", run.max_risk)),
        (false, false) => out.push_str(&format!("  {made}; left out: {left}\n")),
    }
    if tally.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.excepted, "finding"));
    }
    remains(&mut out, run, palette);
    out
}

/// The figures of a check: by severity, and the rules that find most.
pub fn findings(run: &Run<'_>, tally: &Tally, palette: &Palette) -> String {
    let mut out = opening(run, tally, palette);
    standard(&mut out, tally);
    let severities: Vec<String> = tally.severities.iter().rev().map(|(name, number)| format!("{number} {name}")).collect();
    if !severities.is_empty() {
        let total = phrase::count(tally.finding_count(), "finding");
        let _ = writeln!(out, "  {total}: {}", severities.join(", "));
    }
    if tally.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.excepted, "finding"));
    }
    let mut rules: Vec<(&str, usize)> = tally.rules.iter().map(|(rule, number)| (*rule, *number)).collect();
    rules.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    if rules.len() > 1 {
        let most: Vec<String> = rules.iter().take(3).map(|(rule, number)| format!("{rule} ({number})")).collect();
        let _ = writeln!(out, "  most: {}", most.join(", "));
    }
    if tally.undecided > 0 {
        let verb = if tally.undecided == 1 { "needs" } else { "need" };
        let _ = writeln!(out, "  {} {verb} a person's decision", phrase::count(tally.undecided, "finding"));
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
    say(tally.changing, "changes", "change");
    say(tally.fine, "is fine", "are fine");
    say(tally.staying(), "stays as it is", "stay as they are");
    let mut out = format!(
        "{}, {}",
        phrase::count(tally.files, "file"),
        phrase::count(tally.workloads, "workload")
    );
    if !parts.is_empty() {
        let _ = write!(out, ": {}", parts.join(", "));
    }
    let strong = palette.strong;
    let mut out = format!("{strong}{out}{strong:#}\n");
    let mut whys: BTreeMap<&str, usize> = BTreeMap::new();
    run.skipped.iter().for_each(|aside| *whys.entry(&aside.why).or_default() += 1);
    for (why, number) in whys {
        let _ = writeln!(out, "  {} {} skipped: {}", phrase::count(number, "file"), phrase::is(number), shown(why));
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
    let Some(passing) = tally.standard.filter(|_| tally.workloads > 0) else { return };
    let pass = if passing.before == 1 { "passes" } else { "pass" };
    let _ = write!(out, "  {}: {} of {} {pass} now", passing.level, passing.before, tally.workloads);
    let _ = match passing.before == passing.after {
        true => writeln!(out),
        false => writeln!(out, ", {} after", passing.after),
    };
}

/// What no change can mend, by rule.
fn remains(out: &mut String, run: &Run<'_>, palette: &Palette) {
    let mut rules: BTreeMap<&str, Vec<Told<'_>>> = BTreeMap::new();
    for told in run.findings().filter(|told| told.finding.outcome == Outcome::Undecided) {
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
            let _ = writeln!(out, "         a person must decide: {}", shown(decision));
        }
        let _ = writeln!(out, "         {dim}{} explain {rule}{dim:#}", run.command);
    }
}

/// `broken.yaml:12:3: did not find expected key`, one refused or skipped manifest.
pub fn aside(aside: &Aside) -> String {
    let name = shown(&aside.name);
    match aside.position {
        Some(position) => format!("{name}:{position}: {}", shown(&aside.why)),
        None => format!("{name}: {}", shown(&aside.why)),
    }
}
