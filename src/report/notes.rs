//! Which line of a diff each reason belongs to.

use super::{File, Run};
use crate::manifest::{Document, Stream};
use crate::plan::{Added, Change, Outcome, Planned, PlannedFinding, place_after};
use crate::workload::PolicyFile;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Lines that are no further apart than this and have one reason have it once, at the first.
const NEAR: usize = 3;

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
        for planned in run.planned(manifest) {
            let object = &run.world.objects[planned.object];
            let mut places = Places { base: &object.base, taken: taken(planned), lists: BTreeMap::new() };
            for told in run.told_of(planned).filter(|told| told.finding.outcome == Outcome::Mended) {
                for (changes, _) in told.changes() {
                    let note = format!("{} ({}): {}", told.finding.rule.id, changes[0].risk, changes[0].evidence);
                    let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
                    for change in changes {
                        let (text, document, lines) = match change.after {
                            Some(_) => (&new, place_after(run.plan, run.world, manifest, object.document), &mut added),
                            None => (&old, object.document, &mut removed),
                        };
                        let span = text.stream.document(document).and_then(|document| {
                            let pointer = places.of(change, document)?;
                            document.span(&pointer, true)
                        });
                        lines.extend(span.map(|span| text.line(span.start)));
                    }
                    add(&mut notes.added, &added, &note);
                    add(&mut notes.removed, &removed, &note);
                }
            }
        }
        for (_, finding, policies) in run.plan.policies() {
            // The file that is new has no other lines.
            if policies.manifest == Some(manifest)
                || policies.manifest.is_none() && file.is_new && policies.name == file.name
            {
                add(&mut notes.added, &BTreeSet::from([first_new_line(file)]), &policies_note(finding, policies));
            }
        }
        for added in run.plan.added.iter().filter(|added| run.world.objects[added.object].manifest == manifest) {
            let begins = begins(run, manifest, added, new.stream).map(|at| new.line(at));
            let note = format!("{}: it goes with {}", added.rule.id, run.world.objects[added.object].identity);
            add(&mut notes.added, &begins.into_iter().collect(), &note);
        }
        notes
    }
}

/// The first line in which the new text is another.
fn first_new_line(file: &File<'_>) -> usize {
    let lines = file.stream.text().lines().zip(file.after.unwrap_or_default().lines());
    1 + lines.take_while(|(old, new)| old == new).count()
}

fn policies_note(finding: &PlannedFinding, file: &PolicyFile) -> String {
    let same = finding.policies().find(|(other, _)| *other == file);
    let evidence = same.map(|(_, sure)| format!(" ({}): {}", sure.risk, sure.evidence)).unwrap_or_default();
    format!("{}{evidence}", finding.rule.id)
}

/// Where a new object begins in the new text.
fn begins(run: &Run<'_>, manifest: usize, added: &Added, new: &Stream) -> Option<usize> {
    let behind = &run.world.objects[added.object];
    let at = place_after(run.plan, run.world, manifest, behind.document);
    let holds = |place: usize, pointer: &str| {
        let document = new.document(place)?;
        let value = document.value_at(pointer)?.ok()?;
        (value == added.value).then(|| document.nearest(pointer).start)
    };
    match &added.list {
        // It is among the last items.
        Some(list) => {
            let document = new.document(at)?;
            let items =
                (0..).take_while(|index| document.span(&format!("{list}/items/{index}"), false).is_some()).count();
            (0..items).rev().find_map(|index| holds(at, &format!("{list}/items/{index}")))
        }
        None => (at + 1..new.len()).find_map(|place| holds(place, "")),
    }
}

/// Where the changes of one object stand in the texts.
struct Places<'r> {
    base: &'r str,
    /// The containers that are taken out of their list.
    taken: Vec<(&'r str, usize)>,
    /// Lists of the new text that get items, by pointer.
    lists: BTreeMap<String, Vec<Value>>,
}

/// The items that a plan takes out of lists of containers, as their list and index.
fn taken(planned: &Planned) -> Vec<(&str, usize)> {
    let mended = planned.findings.iter().filter(|finding| finding.outcome == Outcome::Mended);
    let gone = mended.flat_map(|finding| &finding.changes).filter(|change| change.after.is_none());
    let item = |change: &Change| {
        let (list, index) = change.pointer.rsplit_once('/')?;
        Some((list.len(), index.parse().ok()?)).filter(|_| list.ends_with("ontainers"))
    };
    gone.filter_map(|change| item(change).map(|(length, index)| (&change.pointer[..length], index))).collect()
}

impl Places<'_> {
    /// The pointer of a change within its document: the new one for what is set, the old one for what goes.
    fn of(&mut self, change: &Change, document: Document<'_>) -> Option<String> {
        let base = self.base;
        let Some(after) = &change.after else { return Some(format!("{base}{}", change.pointer)) };
        if let Some(list) = change.pointer.strip_suffix("/-") {
            let list = format!("{base}{}", self.now(list));
            let items = self.lists.entry(list.clone()).or_insert_with(|| match document.value_at(&list) {
                Some(Ok(Value::Array(items))) => items,
                _ => Vec::new(),
            });
            let index = items.iter().rposition(|item| *item == **after)?;
            return Some(format!("{list}/{index}"));
        }
        Some(format!("{base}{}", self.now(&change.pointer)))
    }

    /// Where a place stands once the containers are taken out.
    fn now(&self, pointer: &str) -> String {
        for (list, _) in &self.taken {
            let Some(rest) = pointer.strip_prefix(list).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let (token, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let Ok(index) = token.parse::<usize>() else { continue };
            let before = self.taken.iter().filter(|(other, gone)| other == list && *gone < index).count();
            return format!("{list}/{}{tail}", index - before);
        }
        pointer.to_owned()
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

/// Note something at these lines, once for those that stand together.
fn add(notes: &mut BTreeMap<usize, String>, lines: &BTreeSet<usize>, note: &str) {
    let mut last = None;
    for line in lines {
        let together = last.replace(*line).is_some_and(|last| line - last <= NEAR);
        if together {
            continue;
        }
        let there = notes.entry(*line).or_default();
        if there.is_empty() {
            note.clone_into(there);
        } else if !there.split("; ").any(|one| one == note) {
            there.push_str("; ");
            there.push_str(note);
        }
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
