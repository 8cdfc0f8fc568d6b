//! Findings one a line, for large sets and for `grep`.

use super::{Run, phrase, shown};
use crate::plan::Outcome;

const HEAD: [&str; 5] = ["SEVERITY", "RULE", "OBJECT", "PLACE", "OUTCOME"];

/// All findings that no exception excuses, in columns aligned as kubectl's; nothing at all when there are none.
pub fn findings(run: &Run<'_>) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(run.findings().map(|told| {
        let mut object = shown(&told.object.identity.to_string()).into_owned();
        if let Some(container) = &told.finding.subject.container {
            object.push_str(&format!(" [{}]", shown(container)));
        }
        let outcome = match &told.finding.outcome {
            Outcome::Mended => match told.finding.changes.iter().map(|change| change.risk).max() {
                Some(risk) => format!("mend ({risk})"),
                None => "mend".to_owned(),
            },
            Outcome::LeftOut(risk) => format!("left out ({risk})"),
            Outcome::Undecided => "decide".to_owned(),
            Outcome::Excepted(_) => "excepted".to_owned(),
        };
        [told.finding.severity.to_string(), told.finding.rule.id.to_owned(), object, told.place(), outcome]
    }));
    if rows.len() == 1 { String::new() } else { aligned(&rows) }
}

/// Rows with their columns under one another, three blanks between them.
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}   "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// One line for each object of the run that `wanted` picks, as `kubectl -o name` writes them.
pub fn names(run: &Run<'_>, wanted: impl Fn(&crate::plan::PlannedFinding) -> bool) -> String {
    let picked = run.plan.objects.iter().filter(|planned| planned.findings.iter().any(&wanted));
    picked.map(|planned| phrase::short_name(&run.world.objects[planned.object].identity) + "\n").collect()
}
