//! From objects back to documents: the values that the splice engine writes.
//!
//! Values are made on demand, one document at a time if the caller wants, so that a run never has to hold all of them.

use super::{Plan, Planned};
use crate::manifest::{Change, Refusal, Splicer, Stream};
use crate::workload::{Object, World};
use rayon::prelude::*;
use serde_json::Value;
use std::cmp::Ordering;

/// The new text of a manifest, verified; `None` when nothing in it changes. `stream` is its text.
///
/// It is made part by part, so that no more than a document's values are held at once, or an item's of a large list.
pub fn new_text(plan: &Plan, world: &World, manifest: usize, stream: &Stream) -> Result<Option<String>, Refusal> {
    let within = between(plan, world, |object| object.manifest.cmp(&manifest));
    let changing: Vec<&Planned> = within.iter().filter(|planned| planned.has_changes()).collect();
    if changing.is_empty() {
        return Ok(None);
    }
    let place = |planned: &&Planned| part_of(stream, &world.objects[planned.object]);
    let parts: Vec<&[&Planned]> = changing.chunk_by(|one, other| place(one) == place(other)).collect();
    let splicer = Splicer::new(stream);
    let change = |planned: &&[&Planned]| {
        let (document, item) = place(&planned[0]);
        let Some(document) = stream.document(document) else { return Ok(None) };
        let (part, base) = match item.and_then(|(index, base)| Some((document.item(index)?, base))) {
            Some((part, base)) => (part, base.len()),
            None => (document.whole(), 0),
        };
        let before = part.value()?;
        let mut after = before.clone();
        for planned in *planned {
            if let Some(place) = after.pointer_mut(&world.objects[planned.object].base[base..]) {
                planned.apply(place);
            }
        }
        splicer.change(&part, before, &after).map(Some)
    };
    let changes: Vec<Result<Option<Change>, Refusal>> = parts.par_iter().map(change).collect();
    let changes: Result<Vec<Option<Change>>, Refusal> = changes.into_iter().collect();
    let text = splicer.finish(changes?.into_iter().flatten().collect());
    Ok((text != stream.text()).then_some(text))
}

/// The part of the text that an object is changed with: its document, or the item of a list, by index and pointer, that it
/// is or stands in.
fn part_of<'o>(stream: &Stream, object: &'o Object) -> (usize, Option<(usize, &'o str)>) {
    let item = || {
        let index = object.base.strip_prefix("/items/")?.split('/').next()?;
        let base = &object.base[.."/items/".len() + index.len()];
        let index = index.parse().ok()?;
        stream.document(object.document)?.item(index).map(|_| (index, base))
    };
    (object.document, item())
}

/// The documents of a manifest that change, by index.
pub fn changing_documents(plan: &Plan, world: &World, manifest: usize) -> Vec<usize> {
    let within = between(plan, world, |object| object.manifest.cmp(&manifest));
    let changing = within.iter().filter(|planned| planned.has_changes());
    let mut documents: Vec<usize> = changing.map(|planned| world.objects[planned.object].document).collect();
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
