//! Which program a workload runs, told by its images, and the words it is started with.

use crate::image::Reference;
use crate::network::world::{Workload, World};
use serde_json::Value;

/// The containers of a workload that run as long as its pods do.
fn containers<'w>(world: &'w World, workload: &Workload) -> impl Iterator<Item = &'w Value> {
    world.template(workload).pointer("/spec/containers").and_then(Value::as_array).into_iter().flatten()
}

/// The images of a workload.
pub(super) fn images<'w>(world: &'w World, workload: &Workload) -> impl Iterator<Item = &'w str> {
    containers(world, workload).filter_map(|container| container.get("image")?.as_str())
}

/// Whether a workload runs an image of one of these repositories, as they end: `ingress-nginx/controller` is that of any
/// registry.
pub(super) fn runs(world: &World, workload: &Workload, repositories: &[String]) -> bool {
    images(world, workload).any(|image| repositories.iter().any(|wanted| is_of(image, wanted)))
}

/// Whether an image is of a repository that ends so.
pub(super) fn is_of(image: &str, wanted: &str) -> bool {
    let (repository, _) = Reference::cut(image);
    repository.strip_suffix(wanted).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The words that the containers of a workload are started with.
pub(super) fn words<'w>(world: &'w World, workload: &Workload) -> impl Iterator<Item = &'w str> {
    let lists = containers(world, workload).flat_map(|container| ["command", "args"].map(|list| container.get(list)));
    lists.flatten().filter_map(Value::as_array).flatten().filter_map(Value::as_str)
}
