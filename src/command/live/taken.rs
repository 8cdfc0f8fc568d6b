//! Live objects become manifests: the text that a person would see, and beside it what is needed to find the object again.

use crate::cluster::{Live, Reference, owner};
use crate::export::{neat, without_token};
use crate::manifest::Stream;
use crate::report::{Aside, AsideSort};
use crate::source::{LiveOrigin, Manifest, Origin};
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
    let file = file_name(&live);
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
    let mut value = neat(&live.value);
    if handle.reference.resource.kind == "Pod" {
        without_token(&mut value);
    }
    let stream = Stream::of_value(&value).map_err(|refusal| Aside {
        name: name.clone(),
        position: None,
        why: refusal.message,
        sort: AsideSort::Text,
    })?;
    let stream = stream.folded();
    Ok(Read { manifest: Manifest::detached(Origin::Live(LiveOrigin { object: name, file }), stream), handle, fixed })
}

/// The name that kubectl gives the file of an object in a diff.
pub(in crate::command) fn file_name(live: &Live) -> String {
    let Reference { resource, namespace, name } = &live.reference;
    let parts =
        [resource.group.as_str(), &resource.version, &resource.kind, namespace.as_deref().unwrap_or_default(), name];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn an_object_is_a_file_of_a_diff() {
        let resource = |group| Arc::new(Resource::builtin(group, "v1", "Deployment", "deployments", true));
        let named =
            |group| file_name(&Live::new(&resource(group), json!({"metadata": {"name": "web", "namespace": "shop"}})));
        assert_eq!(
            (named("apps").as_str(), named("").as_str()),
            ("apps.v1.Deployment.shop.web", "v1.Deployment.shop.web")
        );
    }
}
