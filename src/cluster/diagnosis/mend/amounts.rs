//! Limits that are too low, doubled.

use super::{Groups, Mended, Place};
use crate::resources::Quantity;
use crate::workload::{Container, Field};

/// Double a limit.
pub(super) fn raise(place: &Place<'_>, what: &str, groups: &Groups) -> Option<Mended> {
    let edits = place.with_pod(|pod, container| {
        let limit = |container: &Container<'_>| doubled(&container.field(&format!("resources/limits/{what}")));
        match (what, container) {
            ("sizeLimit", _) => {
                let volume = pod.volume(groups.get("volume")?)?;
                Some(vec![doubled(&volume.field.field("emptyDir/sizeLimit"))?])
            }
            (_, Some(container)) => Some(vec![limit(container)?]),
            // It is about the pod: the sum of its containers.
            (_, None) => Some(pod.containers().iter().filter_map(limit).collect()),
        }
    })?;
    let (_, from, to) = edits.first()?;
    let name = if what == "sizeLimit" { "size limit" } else { what };
    let words = format!("raise the {name}{} from {from} to {to}", if what == "sizeLimit" { "" } else { " limit" });
    place.with(edits.iter().map(|(pointer, _, to)| (pointer.clone(), to.to_string().into())).collect(), words)
}

/// Where a quantity stands, it, and twice as much.
fn doubled(field: &Field<'_>) -> Option<(String, Quantity, Quantity)> {
    let old = Quantity::of(field.value?)?;
    Some((field.pointer.clone(), old, old.times(2)))
}
