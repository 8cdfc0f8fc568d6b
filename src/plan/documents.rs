//! From objects back to documents: the values that the splice engine writes.
//!
//! Values are made on demand, one document at a time if the caller wants, so that a run never has to hold all of them.

use super::{Added, Plan, Planned};
use crate::manifest::{Change, Refusal, Splicer, Stream};
use crate::workload::{Object, World};
use rayon::prelude::*;
use serde_json::Value;
use std::cmp::Ordering;

/// A part of a text: the index of a document, and, where it is an item of the document's list, its index and pointer.
type PartPlace<'o> = (usize, Option<(usize, &'o str)>);

/// The new text of a manifest, verified; `None` when nothing in it changes. `stream` is its text.
///
/// It is made part by part, so that no more than a document's values are held at once, or an item's of a large list.
pub fn new_text(plan: &Plan, world: &World, manifest: usize, stream: &Stream) -> Result<Option<String>, Refusal> {
    let within = between(plan, world, |object| object.manifest.cmp(&manifest));
    let changing: Vec<&Planned> = within.iter().filter(|planned| planned.has_changes()).collect();
    let added = added_to(plan, world, manifest);
    if changing.is_empty() && added.is_empty() {
        return Ok(None);
    }
    // A document that gets new items is changed as a whole.
    let growing: Vec<usize> = growing(added, world).map(|(document, _)| document).collect();
    let place = |planned: &&Planned| match &world.objects[planned.object] {
        Object { document, .. } if growing.contains(document) => (*document, None),
        object => part_of(stream, object),
    };
    let groups = changing.chunk_by(|one, other| place(one) == place(other));
    let mut parts: Vec<_> = groups.map(|group| (place(&group[0]), group)).collect();
    for document in growing.iter().copied() {
        if parts.iter().all(|((known, _), _)| *known != document) {
            parts.push(((document, None), &[]));
        }
    }
    let splicer = Splicer::new(stream);
    let change = |((document, item), planned): &(PartPlace<'_>, &[&Planned])| {
        let (document, item) = (*document, *item);
        let Some(text) = stream.document(document) else { return Ok(None) };
        let (part, base) = match item.and_then(|(index, base)| Some((text.item(index)?, base))) {
            Some((part, base)) => (part, base.len()),
            None => (text.whole(), 0),
        };
        let before = part.value()?;
        let mut after = before.clone();
        for planned in *planned {
            if let Some(place) = after.pointer_mut(&world.objects[planned.object].base[base..]) {
                planned.apply(place);
            }
        }
        if item.is_none() {
            grow(&mut after, added, world, document);
        }
        splicer.change(&part, before, &after).map(Some)
    };
    let changes: Vec<Result<Option<Change>, Refusal>> = parts.par_iter().map(change).collect();
    let changes: Result<Vec<Option<Change>>, Refusal> = changes.into_iter().collect();
    let mut changes: Vec<Change> = changes?.into_iter().flatten().collect();
    let documents: Vec<&Added> = added.iter().filter(|added| added.list.is_none()).collect();
    for group in documents.chunk_by(|one, other| behind(one, world) == behind(other, world)) {
        let values: Vec<&Value> = group.iter().map(|added| &added.value).collect();
        if let Some(document) = stream.document(behind(group[0], world)) {
            changes.push(splicer.append(document, &values)?);
        }
    }
    let text = splicer.finish(changes);
    Ok((text != stream.text()).then_some(text))
}

/// The part of the text that an object is changed with: its document, or the item of a list, by index and pointer, that it
/// is or stands in.
fn part_of<'o>(stream: &Stream, object: &'o Object) -> PartPlace<'o> {
    let item = || {
        let index = object.base.strip_prefix("/items/")?.split('/').next()?;
        let base = &object.base[.."/items/".len() + index.len()];
        let index = index.parse().ok()?;
        stream.document(object.document)?.item(index).map(|_| (index, base))
    };
    (object.document, item())
}

/// The document behind which a new one stands, or which holds its list.
fn behind(added: &Added, world: &World) -> usize {
    world.objects[added.object].document
}

/// The new objects of a manifest. They stand in the order of the objects they go with.
fn added_to<'p>(plan: &'p Plan, world: &World, manifest: usize) -> &'p [Added] {
    let of = |added: &Added| world.objects[added.object].manifest;
    let begin = plan.added.partition_point(|added| of(added) < manifest);
    let end = plan.added.partition_point(|added| of(added) <= manifest);
    &plan.added[begin..end]
}

/// The new items of lists: their document, and the object.
fn growing<'a>(added: &'a [Added], world: &World) -> impl Iterator<Item = (usize, &'a Added)> {
    added.iter().filter(|added| added.list.is_some()).map(|added| (behind(added, world), added))
}

/// Give the lists of a document their new items.
fn grow(value: &mut Value, added: &[Added], world: &World, document: usize) {
    for (_, added) in growing(added, world).filter(|(of, _)| *of == document) {
        let items = added.list.as_ref().and_then(|list| value.pointer_mut(&format!("{list}/items")));
        if let Some(Value::Array(items)) = items {
            items.push(added.value.clone());
        }
    }
}

/// The `List` that an object stands in, as a JSON pointer within its document; `None` where it stands in none that takes
/// objects of every kind.
pub(super) fn list_of<'o>(stream: &Stream, object: &'o Object) -> Option<&'o str> {
    let list = &object.base[..object.base.rfind("/items/")?];
    let kind = stream.document(object.document)?.scalar(&format!("{list}/kind"))?;
    (kind == "List").then_some(list)
}

/// The place, in the new text of a manifest, of a document that stands at `document` in the old one.
pub fn place_after(plan: &Plan, world: &World, manifest: usize, document: usize) -> usize {
    let added = added_to(plan, world, manifest).iter().filter(|added| added.list.is_none());
    document + added.filter(|added| behind(added, world) < document).count()
}

/// The documents of a manifest that change, by index.
pub fn changing_documents(plan: &Plan, world: &World, manifest: usize) -> Vec<usize> {
    let within = between(plan, world, |object| object.manifest.cmp(&manifest));
    let changing = within.iter().filter(|planned| planned.has_changes());
    let mut documents: Vec<usize> = changing.map(|planned| world.objects[planned.object].document).collect();
    documents.extend(growing(added_to(plan, world, manifest), world).map(|(document, _)| document));
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// The value that one document of a manifest should have. A document that is a `List` gets those of all its objects.
/// `stream` is the manifest's text.
pub fn after_value(
    plan: &Plan,
    world: &World,
    manifest: usize,
    stream: &Stream,
    document: usize,
) -> Result<Value, Refusal> {
    let mut value = stream.document(document).map_or(Ok(Value::Null), |document| document.value())?;
    for planned in between(plan, world, |object| (object.manifest, object.document).cmp(&(manifest, document))) {
        if let Some(place) = value.pointer_mut(&world.objects[planned.object].base) {
            planned.apply(place);
        }
    }
    grow(&mut value, added_to(plan, world, manifest), world, document);
    Ok(value)
}

/// All documents of a manifest that change, each with the value it should have: what [`crate::manifest::splice`] takes.
pub fn after_values(
    plan: &Plan,
    world: &World,
    manifest: usize,
    stream: &Stream,
) -> Result<Vec<(usize, Value)>, Refusal> {
    let documents = changing_documents(plan, world, manifest).into_iter();
    documents.map(|index| Ok((index, after_value(plan, world, manifest, stream, index)?))).collect()
}

/// The part of the plan that `place` calls equal. Objects stand in the order of their manifests and documents.
fn between<'p>(plan: &'p Plan, world: &World, place: impl Fn(&Object) -> Ordering) -> &'p [Planned] {
    let of = |planned: &Planned| place(&world.objects[planned.object]);
    let begin = plan.objects.partition_point(|planned| of(planned) == Ordering::Less);
    let end = plan.objects.partition_point(|planned| of(planned) != Ordering::Greater);
    &plan.objects[begin..end]
}
