//! Live objects become manifests: the text that a person would see, and beside it what is needed to find the object again.

use crate::cluster::{Live, Reference, owner};
use crate::export::neat;
use crate::manifest::Stream;
use crate::report::Aside;
use crate::source::{Manifest, Origin};
use rayon::prelude::*;

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
    /// Who manages it, where that is another tool or a controller.
    pub(in crate::command) managed_by: Option<String>,
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

fn read(live: Live) -> Result<Read, Aside> {
    let name = live.reference.identity().to_string();
    let fixed = live
        .value
        .pointer(MIRROR)
        .map(|_| "a kubelet runs it from a file of its node, where alone it can be changed".to_owned());
    let handle = Handle {
        uid: live.uid().to_owned(),
        resource_version: live.resource_version().to_owned(),
        generation: live.generation(),
        managed_by: Some(owner::told_by(&live)).filter(|owner| owner.managed).and_then(|owner| owner.manager),
        reference: live.reference,
    };
    let stream = Stream::of_value(&neat(&live.value)).map_err(|refusal| Aside {
        name: name.clone(),
        position: None,
        why: refusal.message,
        unbuilt: false,
    })?;
    Ok(Read { manifest: Manifest::detached(Origin::Live(name), stream), handle, fixed })
}
