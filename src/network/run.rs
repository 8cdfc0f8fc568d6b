//! From the objects of a run to the world that policies are about.

use super::world::{World, lean, lean_template, wants};
use crate::manifest::{Refusal, Stream};
use crate::workload::{self, Identity, KindTable};
use serde_json::Value;

/// The world of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// Whatever has to do with traffic.
    pub world: World,
    /// For each [`Object::input`](super::world::Object::input) of the world its place among the objects of the run.
    pub places: Vec<usize>,
    /// The manifests of which an object cannot be read, by index.
    pub refused: Vec<(usize, Refusal)>,
}

impl Run {
    /// What of the objects of a run has to do with traffic. `streams` are the texts of its manifests.
    pub fn of(run: &workload::World, streams: &[&Stream], kinds: &KindTable) -> Self {
        let (mut values, mut places, mut refused): (Vec<(Identity, Value)>, Vec<usize>, Vec<_>) = Default::default();
        for (place, object) in run.objects.iter().enumerate() {
            if !object.is_workload() && !wants(&object.identity.api_version, &object.identity.kind) {
                continue;
            }
            match object.value(streams[object.manifest]) {
                Ok(mut value) => {
                    // A policy may be written anew, whole.
                    if object.identity.kind != "NetworkPolicy" {
                        lean(&object.identity.kind, &mut value);
                    }
                    for pointer in kinds.templates(object.identity.group(), &object.identity.kind, &value) {
                        value.pointer_mut(&pointer).into_iter().for_each(lean_template);
                    }
                    values.push((object.identity.clone(), value));
                    places.push(place);
                }
                Err(refusal) => refused.push((object.manifest, refusal)),
            }
        }
        Self { world: World::of(values, kinds), places, refused }
    }
}
