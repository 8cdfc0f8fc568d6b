//! Which line of a diff each reason belongs to.

use super::{Run, Told};
use crate::manifest::{Document, Stream};
use crate::plan::{Change, Outcome};
use std::collections::BTreeMap;

/// Reasons by line, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// For lines of the new text.
    pub added: BTreeMap<usize, String>,
    /// For lines of the old text.
    pub removed: BTreeMap<usize, String>,
}

impl Notes {
    /// The reasons for the changes of one file. The new text is read again to find where each value went; if that
    /// should fail there are no reasons, which harms nobody.
    pub fn of(run: &Run<'_>, manifest: usize) -> Self {
        let mut notes = Self::default();
        let file = &run.files[manifest];
        let Some(Ok(new)) = file.after.map(|text| Stream::read(text.to_owned())) else { return notes };
        let told = run.planned(manifest).iter().flat_map(|planned| run.told_of(planned));
        for told in told.filter(|told| told.finding.outcome == Outcome::Mended) {
            for change in &told.finding.changes {
                let (stream, lines) = match change.after {
                    Some(_) => (&new, &mut notes.added),
                    None => (file.stream, &mut notes.removed),
                };
                if let Some(line) =
                    stream.document(told.object.document).and_then(|document| line(&document, &told, change))
                {
                    add(lines, line, format!("{}: {}", change.risk, change.evidence));
                }
            }
        }
        notes
    }
}

fn line(document: &Document<'_>, told: &Told<'_>, change: &Change) -> Option<usize> {
    let span = document.span(&format!("{}{}", told.object.base, change.pointer), true)?;
    Some(document.stream().position(span.start).line)
}

fn add(lines: &mut BTreeMap<usize, String>, line: usize, note: String) {
    let there = lines.entry(line).or_default();
    if there.is_empty() {
        *there = note;
    } else if !there.split("; ").any(|one| one == note) {
        there.push_str("; ");
        there.push_str(&note);
    }
}

/// Where each workload of a manifest begins, as `(line, who)`, for the heads of the hunks.
pub fn sections(run: &Run<'_>, manifest: usize) -> Vec<(usize, String)> {
    let stream = run.files[manifest].stream;
    let objects = run.planned(manifest).iter().map(|planned| &run.world.objects[planned.object]);
    let mut sections: Vec<(usize, String)> = objects
        .filter_map(|object| {
            let span = stream.document(object.document)?.nearest(&object.base);
            Some((stream.position(span.start).line, object.identity.to_string()))
        })
        .collect();
    sections.sort();
    sections
}
