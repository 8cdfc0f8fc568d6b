//! From objects back to documents: the values that the splice engine writes.
//!
//! Values are made on demand, one document at a time if the caller wants, so that a run never has to hold all of them.

use super::{Plan, Planned};
use crate::manifest::{Refusal, Stream};
use crate::workload::{Object, World};
use serde_json::Value;
use std::cmp::Ordering;

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
