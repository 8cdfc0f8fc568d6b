//! From objects back to documents: the values that the splice engine writes.

use super::Plan;
use crate::manifest::{Refusal, Stream};
use crate::workload::World;
use serde_json::Value;

/// The documents of one manifest that change, each with the value it should have: what [`crate::manifest::splice`] takes.
/// A document that is a `List` is put together from its objects.
///
/// Values are made on demand, one manifest at a time, so that a run never holds all of them.
pub fn after_values(
    plan: &Plan,
    world: &World,
    manifest: usize,
    stream: &Stream,
) -> Result<Vec<(usize, Value)>, Refusal> {
    let of = |index: usize| &world.objects[index];
    // Objects are in the order of their manifests.
    let begin = plan.objects.partition_point(|planned| of(planned.object).manifest < manifest);
    let end = plan.objects.partition_point(|planned| of(planned.object).manifest <= manifest);
    let mut documents: Vec<(usize, Value)> = Vec::new();
    for planned in plan.objects[begin..end].iter().filter(|planned| planned.has_changes()) {
        let object = of(planned.object);
        if object.base.is_empty() {
            documents.push((object.document, planned.after(object)));
            continue;
        }
        if documents.last().is_none_or(|(index, _)| *index != object.document)
            && let Some(document) = stream.document(object.document)
        {
            documents.push((object.document, document.value()?));
        }
        if let Some(item) = documents.last_mut().and_then(|(_, value)| value.pointer_mut(&object.base)) {
            planned.write(item);
        }
    }
    Ok(documents)
}
