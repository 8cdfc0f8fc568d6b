//! The changes of live objects for a diff program of the user's own.

use super::LiveSession;
use crate::cluster::Reference;
use crate::command::external_diff::{Pair, Program};
use crate::command::{Console, Exit};
use crate::report::Mask;
use crate::source::interrupt;

impl LiveSession {
    /// Have the program show what changes. Secrets are masked in what it gets.
    pub(in crate::command) fn show_outside(&self, program: &Program, console: &mut Console) -> anyhow::Result<Exit> {
        console.finish()?;
        let files = self.session.files();
        // Behind the objects stand the policies of namespaces.
        let handles = self.handles.iter().map(Some).chain(std::iter::repeat(None));
        let pairs = files.iter().zip(handles).filter_map(|(file, handle)| {
            let (before, after) = (file.stream.text(), file.after?);
            let mask_after = Mask::of_changed(file.mask(), after);
            Some(Pair {
                name: handle.map_or_else(|| file.diff_name.to_owned(), |handle| file_name(&handle.reference)),
                before: file.mask().piece(0, before).into_owned(),
                after: mask_after.piece(0, after).into_owned(),
            })
        });
        let pairs: Vec<Pair> = pairs.collect();
        if pairs.is_empty() {
            return Ok(Exit::Done);
        }
        interrupt::install()?;
        program.run(&pairs)
    }
}

/// `apps.v1.Deployment.shop.web`, as kubectl names the file of an object.
fn file_name(reference: &Reference) -> String {
    let resource = &reference.resource;
    let group = if resource.group.is_empty() { String::new() } else { format!("{}.", resource.group) };
    let namespace = reference.namespace.as_deref().unwrap_or_default();
    format!("{group}{}.{}.{namespace}.{}", resource.version, resource.kind, reference.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use std::sync::Arc;

    #[test]
    fn files_are_named_as_kubectl_names_them() {
        let of = |group: &str, kind: &str, namespace: Option<&str>| {
            let resource = Arc::new(Resource::builtin(group, "v1", kind, "x", namespace.is_some()));
            file_name(&Reference { resource, namespace: namespace.map(str::to_owned), name: "web".to_owned() })
        };
        assert_eq!(of("apps", "Deployment", Some("shop")), "apps.v1.Deployment.shop.web");
        assert_eq!(of("", "Pod", Some("shop")), "v1.Pod.shop.web");
        assert_eq!(of("", "Namespace", None), "v1.Namespace..web");
    }
}
