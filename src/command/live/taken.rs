//! Live objects become manifests: the text that a person would see, and beside it what is needed to find the object again.

use crate::cluster::{Live, Reference};
use crate::manifest::Stream;
use crate::report::Aside;
use crate::source::{Manifest, Origin};
use rayon::prelude::*;
use serde_json::Value;

/// An object that was read, without what it holds.
#[derive(Debug, Clone)]
pub(in crate::command) struct Handle {
    /// Which one.
    pub(in crate::command) reference: Reference,
    /// Another object of the same name has another one.
    pub(in crate::command) uid: String,
    /// Any change makes it another one.
    pub(in crate::command) resource_version: String,
    /// A change of what is asked for makes it another one; 0 where the kind counts none.
    pub(in crate::command) generation: u64,
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) manifests: Vec<Manifest>,
    /// One for each manifest.
    pub(super) handles: Vec<Handle>,
    /// Those that cannot be changed where they are, and why.
    pub(super) fixed: Vec<(usize, String)>,
    pub(super) refused: Vec<Aside>,
}

/// One object, read.
struct Read {
    manifest: Manifest,
    handle: Handle,
    fixed: Option<String>,
}

/// The annotation of a pod that a kubelet runs from a file of its node.
const MIRROR: &str = "/metadata/annotations/kubernetes.io~1config.mirror";
/// What is left out of the text: who keeps it is the server.
const SERVERS: [&str; 7] =
    ["creationTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields", "resourceVersion", "selfLink", "uid"];
/// Annotations of the same kind.
const NOTES: [&str; 2] = ["deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"];

impl Taken {
    /// Take a batch; of each object only its text is kept.
    pub(super) fn take(&mut self, lives: Vec<Live>) {
        for read in lives.into_par_iter().map(read).collect::<Vec<_>>() {
            match read {
                Ok(Read { manifest, handle, fixed }) => {
                    self.fixed.extend(fixed.map(|why| (self.manifests.len(), why)));
                    self.manifests.push(manifest);
                    self.handles.push(handle);
                }
                Err(refused) => self.refused.push(refused),
            }
        }
    }
}

fn read(mut live: Live) -> Result<Read, Aside> {
    let name = live.reference.identity().to_string();
    let fixed = live.value.pointer(MIRROR).map(|_| {
        "a kubelet runs it from a file of its node, where alone it can be changed".to_owned()
    });
    let handle = Handle {
        uid: live.uid().to_owned(),
        resource_version: live.resource_version().to_owned(),
        generation: live.generation(),
        reference: live.reference,
    };
    let value = neat(&mut live.value);
    let stream = Stream::of_value(value).map_err(|refusal| Aside {
        name: name.clone(),
        position: None,
        why: refusal.message,
        unbuilt: false,
    })?;
    Ok(Read { manifest: Manifest::detached(Origin::Live(name), stream), handle, fixed })
}

/// Take out what no person writes. All that is left stands where it stood.
pub(super) fn neat(value: &mut Value) -> &Value {
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("status");
    }
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        SERVERS.iter().for_each(|field| drop(metadata.shift_remove(*field)));
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            NOTES.iter().for_each(|note| drop(annotations.shift_remove(*note)));
            if annotations.is_empty() {
                metadata.shift_remove("annotations");
            }
        }
    }
    value
}
