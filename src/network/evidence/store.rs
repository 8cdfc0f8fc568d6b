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
    let found: Vec<(String, Vec<String>)> =
        images(world, workload).filter_map(|image| Some((kind(image)?, image_words(image)))).collect();
    let (kind, mut names) = found.into_iter().next()?;
    names.extend(cut(&workload.name));
    let is_copy = names.iter().any(|name| words().copies.iter().any(|copy| name == copy || ends_with(name, copy)));
    Some(Store { kind, is_copy })
}

/// The image by which a workload is one that calls pods all over the cluster: a controller of routes, or a scraper.
pub(in crate::network) fn calls_everybody<'w>(world: &'w World, workload: &Workload) -> Option<&'w str> {
    let known = |image: &&str| {
        let names = cut(Reference::cut(image).0);
        let is_tool =
            || names.iter().any(|name| ["exporter", "operator", "adapter", "reloader"].contains(&name.as_str()));
        names.iter().any(|name| words().callers.contains(name)) && !is_tool()
    };
    images(world, workload).find(known)
}

fn images<'w>(world: &'w World, workload: &Workload) -> impl Iterator<Item = &'w str> {
    let containers = world.template(workload).pointer("/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten().filter_map(|container| container.get("image")?.as_str())
}

fn kind(image: &str) -> Option<String> {
    let names = image_words(image);
    if names.iter().any(|name| words().tools.contains(name)) {
        return None;
    }
    let of = |name: &String| words().stores.iter().find(|store| name == *store || starts_with(name, store));
    // The longest word, and of equals the first in the alphabet: the set has no order.
    let longest = names.iter().filter_map(of).max_by(|one, two| (one.len(), two).cmp(&(two.len(), one)));
    // `catalogue-db`, `documentdb`: of a kind of its own.
    let last = || names.last().filter(|name| ["db", "database"].contains(&name.as_str()));
    let own = || names.iter().find(|name| name.len() > 3 && name.ends_with("db")).or_else(last);
    longest.or_else(own).cloned()
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
            ("weaveworksdemos/catalogue-db:0.3.0", Some("db")),
            ("registry.example/documentdb-local@sha256:0", Some("documentdb")),
            ("registry.example/documentdb:1", Some("documentdb")),
            ("shop/db-migrate", None),
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
