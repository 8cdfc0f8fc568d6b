//! Which line of a diff each reason belongs to.

use super::Run;
use crate::manifest::Stream;
use crate::plan::Outcome;
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
        let (old, new) = (Lined::new(file.stream), Lined::new(&new));
        let told = run.planned(manifest).iter().flat_map(|planned| run.told_of(planned));
        for told in told.filter(|told| told.finding.outcome == Outcome::Mended) {
            for change in &told.finding.changes {
                let (text, lines) = match change.after {
                    Some(_) => (&new, &mut notes.added),
                    None => (&old, &mut notes.removed),
                };
                let document = text.stream.document(told.object.document);
                let pointer = format!("{}{}", told.object.base, change.pointer);
                if let Some(span) = document.and_then(|document| document.span(&pointer, true)) {
                    add(lines, text.line(span.start), format!("{}: {}", change.risk, change.evidence));
                }
            }
        }
        notes
    }
}

/// A text and where its lines begin: [`Stream::position`] counts from the beginning each time, which is too slow to be
/// asked for every object of a large file.
struct Lined<'s> {
    stream: &'s Stream,
    begins: Vec<usize>,
}

impl<'s> Lined<'s> {
    fn new(stream: &'s Stream) -> Self {
        let ends = stream.text().bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { stream, begins: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// The line of an offset, from 1.
    fn line(&self, offset: usize) -> usize {
        self.begins.partition_point(|begin| *begin <= offset)
    }
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
    let text = Lined::new(run.files[manifest].stream);
    let objects = run.planned(manifest).iter().map(|planned| &run.world.objects[planned.object]);
    let mut sections: Vec<(usize, String)> = objects
        .filter_map(|object| {
            let span = text.stream.document(object.document)?.nearest(&object.base);
            Some((text.line(span.start), object.identity.to_string()))
        })
        .collect();
    sections.sort();
    sections
}
