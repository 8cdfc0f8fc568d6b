//! The last lines: what was found in figures, what remains, and what to do next, as commands to paste.

use super::{Aside, AsideSort, Page, Run, Tally, phrase, remains, shown, steps};
use crate::plan::RiskTally;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many skipped files are named before they are only counted.
const NAMED: usize = 3;

/// What templates are skipped for: a word that `explain` knows more about.
const HELM: &str = "Helm";

/// Whether a run has changed what it tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tense {
    /// It shows what would change.
    Would,
    /// It has made the changes.
    Done,
}

/// The figures of a run that changes something or would.
pub fn changes(run: &Run<'_>, tally: &Tally, tense: Tense, page: &Page) -> String {
    if run.is_live && run.files.is_empty() {
        return String::new();
    }
    let changing = match tense {
        Tense::Would => "would change",
        Tense::Done => "changed",
    };
    let mut parts = vec![(tally.plan.changing, changing, changing), (tally.plan.fine, "is fine", "are fine")];
    parts.push((tally.staying(), "stays as it is", "stay as they are"));
    let mut out = opening(run, tally, &parts, page);
    let others = tally.plan.changing_others;
    if others > 0 {
        let _ = writeln!(out, "  and {} {changing}", phrase::count(others, "other object"));
    }
    let added = tally.plan.added;
    if added > 0 {
        let new = match tense {
            Tense::Would => "would be added",
            Tense::Done => "added",
        };
        let _ = writeln!(out, "  and {} {new}", phrase::count(added, "new object"));
    }
    let renewed = tally.plan.renewed;
    if renewed > 0 {
        let (policies, renewing) = (
            if renewed == 1 { "NetworkPolicy" } else { "NetworkPolicies" },
            match tense {
                Tense::Would => "would be made anew or taken away",
                Tense::Done => "made anew or taken away",
            },
        );
        let _ = writeln!(out, "  and {renewed} {policies} {renewing}");
    }
    standard(&mut out, tally);
    let made = risks(tally, |risk| risk.made);
    let left = risks(tally, |risk| risk.left_out);
    let words = match (made.is_empty(), left.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("changes: {made}"),
        // A refused file may be the reason that nothing changes.
        (true, false) if !run.refused.is_empty() => format!("left out: {left}"),
        (true, false) => format!("no change is within --max-risk {}; left out: {left}", run.max_risk),
        (false, false) => format!("changes: {made}; left out: {left}"),
    };
    if !words.is_empty() {
        line(&mut out, &words, page);
    }
    if tally.plan.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.plan.excepted, "finding"));
    }
    remains::remains(&mut out, run, page);
    out
}

/// What a diff does not show.
pub fn masks(run: &Run<'_>, lines: usize, page: &Page) -> String {
    let mut out = String::new();
    if lines > 0 {
        let secrets = if lines == 1 { "a secret is" } else { "secrets are" };
        let of = phrase::count(lines, "line");
        let then = if run.is_live { "" } else { ": the diff does not apply, rewrite writes the files" };
        line(&mut out, &format!("{of} with {secrets} masked (***){then}"), page);
    }
    out
}

/// `31 safe, 6 likely`; empty when there are none.
fn risks(tally: &Tally, count: impl Fn(&RiskTally) -> usize) -> String {
    let counted = tally.plan.risks.iter().map(|(risk, tally)| (risk, count(tally))).filter(|(_, number)| *number > 0);
    counted.map(|(risk, number)| format!("{number} {risk}")).collect::<Vec<_>>().join(", ")
}

/// The figures of a check: by severity, and the rules that find most.
pub fn findings(run: &Run<'_>, tally: &Tally, page: &Page) -> String {
    if run.is_live && run.files.is_empty() {
        return String::new();
    }
    let found = tally.plan.workloads - tally.plan.fine;
    let parts = [(found, "has findings", "have findings"), (tally.plan.fine, "is fine", "are fine")];
    let mut out = opening(run, tally, &parts, page);
    let others = tally.plan.others;
    if others > 0 {
        let have = if others == 1 { "has findings" } else { "have findings" };
        let _ = writeln!(out, "  and {} {have}", phrase::count(others, "other object"));
    }
    standard(&mut out, tally);
    let severities: Vec<String> =
        tally.severities.iter().rev().map(|(name, number)| format!("{number} {name}")).collect();
    if !severities.is_empty() {
        let total = phrase::count(tally.findings(), "finding");
        line(&mut out, &format!("{total}: {}", severities.join(", ")), page);
    }
    if tally.plan.excepted > 0 {
        let _ = writeln!(out, "  {} excepted", phrase::count(tally.plan.excepted, "finding"));
    }
    let mut rules: Vec<(&str, usize)> = tally.rules.iter().map(|(rule, number)| (*rule, *number)).collect();
    rules.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    if rules.len() > 1 {
        let most: Vec<String> = rules.iter().take(3).map(|(rule, number)| format!("{rule} ({number})")).collect();
        line(&mut out, &format!("most: {}", most.join(", ")), page);
    }
    if tally.plan.undecided > 0 {
        let verb = if tally.plan.undecided == 1 { "needs" } else { "need" };
        let _ = writeln!(out, "  {} {verb} a person's decision", phrase::count(tally.plan.undecided, "finding"));
    }
    let left = risks(tally, |risk| risk.left_out);
    if !left.is_empty() {
        let _ = writeln!(out, "  beyond --max-risk {}: {left}", run.max_risk);
    }
    steps::steps(&mut out, run, tally, page);
    out
}

/// `9 files, 14 workloads: 12 would change, 1 is fine`, from numbers with their words for one and for many; then what
/// was left alone.
fn opening(run: &Run<'_>, tally: &Tally, parts: &[(usize, &str, &str)], page: &Page) -> String {
    let say = |(number, one, many): &(usize, &str, &str)| format!("{number} {}", if *number == 1 { one } else { many });
    let parts: Vec<String> = parts.iter().filter(|(number, ..)| *number > 0).map(say).collect();
    let workloads = phrase::count(tally.plan.workloads, "workload");
    let mut out = match run.is_live {
        true => workloads,
        false => format!("{}, {workloads}", phrase::count(tally.files, "file")),
    };
    if !parts.is_empty() {
        let _ = write!(out, ": {}", parts.join(", "));
    }
    let strong = page.palette.strong;
    let mut out = format!("{strong}{out}{strong:#}\n");
    let mut whys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    run.skipped.iter().for_each(|aside| whys.entry(first_clause(&aside.why)).or_default().push(&aside.name));
    for (why, names) in whys {
        let number = names.len();
        let more = if why.contains(HELM) { format!(" ({} explain helm)", run.command) } else { String::new() };
        let files = phrase::count(number, "file");
        let _ = writeln!(out, "  {files} {} skipped: {}{more}", phrase::is(number), shown(why));
        names.iter().take(NAMED).for_each(|name| out.push_str(&format!("    {}\n", shown(name))));
        if number > NAMED {
            let _ = writeln!(out, "    and {} more", number - NAMED);
        }
    }
    let red = page.palette.red;
    let mut lacking: BTreeMap<AsideSort, usize> = BTreeMap::new();
    run.refused.iter().for_each(|aside| *lacking.entry(aside.sort).or_default() += 1);
    for (sort, number) in lacking {
        let words = match sort {
            AsideSort::Kustomization => format!("{} could not be built", phrase::count(number, "kustomization")),
            AsideSort::Object => format!("{} could not be read", phrase::count(number, "object")),
            AsideSort::Type => format!("{} could not be listed", phrase::count(number, "type")),
            AsideSort::Text => {
                let what = if run.is_live { "object" } else { "file" };
                format!("{} {} refused", phrase::count(number, what), phrase::is(number))
            }
        };
        let _ = writeln!(out, "  {red}{words}{red:#}");
    }
    out
}

/// A line of the summary, broken between words where it is long.
fn line(out: &mut String, text: &str, page: &Page) {
    for (index, part) in phrase::wrapped(text, page.width - 2, page.width - 4).iter().enumerate() {
        let indent = if index == 0 { 2 } else { 4 };
        let _ = writeln!(out, "{:indent$}{part}", "");
    }
}

/// `  restricted: 2 of 14 pass now, 11 after`.
fn standard(out: &mut String, tally: &Tally) {
    let Some(level) = tally.level.filter(|_| tally.plan.workloads > 0) else { return };
    let (before, after) = tally.passing(level);
    let pass = if before == 1 { "passes" } else { "pass" };
    let _ = write!(out, "  {level}: {before} of {} {pass} now", tally.plan.workloads);
    let _ = if before == after { writeln!(out) } else { writeln!(out, ", {after} after") };
}

/// What comes before the first semicolon: it says what, the rest how.
pub(super) fn first_clause(text: &str) -> &str {
    text.split(';').next().unwrap_or(text)
}

/// `broken.yaml:12:3: did not find expected key`, one refused or skipped manifest.
pub fn aside(aside: &Aside) -> String {
    let name = shown(&aside.name);
    match aside.position {
        Some(position) => format!("{name}:{position}: {}", shown(&aside.why)),
        None => format!("{name}: {}", shown(&aside.why)),
    }
}
