//! Which workloads are data stores, told by their images: they answer and do not call.

use super::words::{cut, words};
use crate::image::Reference;
use crate::network::world::{Workload, World};
use serde_json::Value;

/// A data store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::network) struct Store {
    /// What it is: `redis`.
    pub(in crate::network) kind: String,
    /// Whether it copies another one, which it then has to reach.
    pub(in crate::network) is_copy: bool,
}

/// The store that a workload is; `None` where its images are no stores.
pub(in crate::network) fn store_of(world: &World, workload: &Workload) -> Option<Store> {
    let containers = world.template(workload).pointer("/spec/containers").and_then(Value::as_array)?;
    let images = containers.iter().filter_map(|container| container.get("image")?.as_str());
    let found: Vec<(String, Vec<String>)> =
        images.filter_map(|image| Some((kind(image)?, image_words(image)))).collect();
    let (kind, mut names) = found.into_iter().next()?;
    names.extend(cut(&workload.name));
    let is_copy = names.iter().any(|name| words().copies.iter().any(|copy| name == copy || ends_with(name, copy)));
    Some(Store { kind, is_copy })
}

fn kind(image: &str) -> Option<String> {
    let names = image_words(image);
    if names.iter().any(|name| words().tools.contains(name)) {
        return None;
    }
    let of = |name: &String| words().stores.iter().find(|store| name == *store || starts_with(name, store));
    let mut kinds: Vec<&String> = names.iter().filter_map(of).collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(kind.len()));
    kinds.first().map(|kind| (*kind).clone())
}

/// The words of the last part of an image's path: `gb-redis-follower` of `registry.example/x/gb-redis-follower:v2`.
fn image_words(image: &str) -> Vec<String> {
    let (repository, _) = Reference::cut(image);
    cut(repository.rsplit('/').next().unwrap_or(repository))
}

/// `redisslave` is a redis, `natsort` no nats.
fn starts_with(name: &str, store: &str) -> bool {
    let rest = name.strip_prefix(store);
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()) || words().copies.contains(rest))
}

fn ends_with(name: &str, copy: &str) -> bool {
    copy.len() > 4 && name.ends_with(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_told_by_its_image() {
        for (image, wanted) in [
            ("mongo", Some("mongo")),
            ("registry.example:5000/x/gb-redisslave:v1", Some("redis")),
            ("mysql:5.6", Some("mysql")),
            ("weaveworksdemos/catalogue-db:0.3.0", None),
            ("rabbitmq:3.6.8-management", Some("rabbitmq")),
            ("oliver006/redis_exporter", None),
            ("mongo-express", None),
            ("postgres15", Some("postgres")),
            ("shop/natsort", None),
        ] {
            assert_eq!(kind(image).as_deref(), wanted, "{image}");
        }
    }
}
