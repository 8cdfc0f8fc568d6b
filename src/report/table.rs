//! Findings one a line, for large sets and for `grep`.

use super::{Run, phrase, shown};
use crate::plan::Outcome;

const HEAD: [&str; 5] = ["SEVERITY", "RULE", "OBJECT", "PLACE", "OUTCOME"];

/// All findings that no exception excuses, in columns aligned as kubectl's, a piece of the text at a time; nothing at all
/// when there are none. They are gone through twice: the text of a large set takes more room than the set.
pub fn findings<E>(run: &Run<'_>, mut write: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let rows = || {
        run.findings().map(|told| {
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
        })
    };
    let mut columns = Columns::default();
    rows().for_each(|row| columns.widen(&row));
    if columns == Columns::default() {
        return Ok(());
    }
    let head = HEAD.map(str::to_owned);
    columns.widen(&head);
    let mut out = String::new();
    for row in std::iter::once(head).chain(rows()) {
        columns.line(&row, &mut out);
        if out.len() > PIECE {
            write(&out)?;
            out.clear();
        }
    }
    write(&out)
}

/// Bytes that are written at a time.
const PIECE: usize = 1 << 16;

/// Rows with their columns under one another, three blanks between them.
pub fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let mut columns = Columns::default();
    rows.iter().for_each(|row| columns.widen(row));
    let mut out = String::new();
    rows.iter().for_each(|row| columns.line(row, &mut out));
    out
}

/// How wide each column is, in characters.
#[derive(PartialEq, Eq)]
struct Columns<const N: usize>([usize; N]);

impl<const N: usize> Default for Columns<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Columns<N> {
    fn widen(&mut self, row: &[String; N]) {
        self.0.iter_mut().zip(row).for_each(|(width, cell)| *width = (*width).max(cell.chars().count()));
    }

    fn line(&self, row: &[String; N], out: &mut String) {
        let begin = out.len();
        for (cell, width) in row.iter().zip(&self.0) {
            out.push_str(&format!("{cell:width$}   "));
        }
        out.truncate(begin + out[begin..].trim_end().len());
        out.push('\n');
    }
}

/// One line for each object of the run that `wanted` picks, as `kubectl -o name` writes them.
pub fn names(run: &Run<'_>, wanted: impl Fn(&crate::plan::PlannedFinding) -> bool) -> String {
    let picked = run.plan.objects.iter().filter(|planned| planned.findings.iter().any(&wanted));
    picked.map(|planned| phrase::short_name(&run.world.objects[planned.object].identity) + "\n").collect()
}
