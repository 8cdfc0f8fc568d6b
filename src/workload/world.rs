//! All objects of a run.

use super::{Identity, KindTable, Object};
use crate::manifest::{Document, Refusal, Stream};
use rayon::prelude::*;
use serde_json::Value;

/// Every object of the run that anything needs to know of, in the order they were read.
#[derive(Debug, Default)]
pub struct World {
    /// The objects; a `List` gives its items.
    pub objects: Vec<Object>,
}

impl World {
    /// The objects of all manifests of a run, and the manifests of which a document cannot be read, by index.
    pub fn of(streams: &[&Stream], kinds: &KindTable) -> (Self, Vec<(usize, Refusal)>) {
        let read = |(manifest, stream): (usize, &&Stream)| {
            let mut world = Self::default();
            let refused = world.add(manifest, stream, kinds).err().map(|refusal| (manifest, refusal));
            (world, refused)
        };
        let parts: Vec<_> = streams.par_iter().enumerate().map(read).collect();
        let (mut world, mut refused) = (Self::default(), Vec::new());
        for (part, refusal) in parts {
            world.objects.extend(part.objects);
            refused.extend(refusal);
        }
        (world, refused)
    }

    /// The objects of one manifest, added to the world.
    ///
    /// A document whose value cannot be read (an alias bomb) is refused; the others are still taken, and the first
    /// refusal is returned.
    pub fn add(&mut self, manifest: usize, stream: &Stream, kinds: &KindTable) -> Result<(), Refusal> {
        let mut refused = Ok(());
        for document in stream.documents().filter(|document| matters(document, kinds)) {
            match document.value() {
                Ok(value) => {
                    let place = Place { manifest, document: document.index(), base: String::new() };
                    self.take(value, place, None, kinds);
                }
                Err(refusal) => refused = refused.and(Err(refusal)),
            }
        }
        refused
    }

    /// Take an object, or the items of a list. `item_of` is the typed list it stands in (its apiVersion and its items'
    /// kind): the items of such a list need not repeat them.
    fn take(&mut self, mut value: Value, place: Place, item_of: Option<(&str, &str)>, kinds: &KindTable) {
        let stated = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(api_version) = stated("apiVersion").or(item_of.map(|(api_version, _)| api_version)) else { return };
        let Some(kind) = stated("kind").or(item_of.map(|(_, kind)| kind)) else { return };
        let (api_version, kind) = (api_version.to_owned(), kind.to_owned());

        if let Some(item_kind) = kind.strip_suffix("List")
            && let Some(Value::Array(items)) = value.get_mut("items").map(Value::take)
        {
            let item_of = (!item_kind.is_empty()).then_some((api_version.as_str(), item_kind));
            for (index, item) in items.into_iter().enumerate() {
                let base = format!("{}/items/{index}", place.base);
                self.take(item, Place { base, ..place }, item_of, kinds);
            }
            return;
        }

        let identity = Identity::of(api_version, kind, &value);
        let templates = kinds.templates(identity.group(), &identity.kind, &value);
        let Place { manifest, document, base } = place;
        let object = Object { manifest, document, base, identity, value, templates };
        if is_of_use(&object) {
            self.objects.push(object);
        }
    }
}

/// Where a value stands in the run.
struct Place {
    manifest: usize,
    document: usize,
    base: String,
}

/// Whether the document may hold an object of use, told without building its value.
fn matters(document: &Document<'_>, kinds: &KindTable) -> bool {
    let (Some(kind), Some(api_version)) = (document.scalar("/kind"), document.scalar("/apiVersion")) else {
        return false;
    };
    let group = Identity::group_of(&api_version);
    match kind.strip_suffix("List") {
        Some("") => true,
        Some(item_kind) => kinds.knows(group, item_kind) || kinds.knows(group, &kind),
        None => kinds.knows(group, &kind),
    }
}

/// Whether a rule may want the object. Until rules look beyond the workload itself, only workloads do.
fn is_of_use(object: &Object) -> bool {
    object.is_workload()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn world(value: Value) -> Vec<(String, String)> {
        let mut world = World::default();
        let place = Place { manifest: 0, document: 0, base: String::new() };
        world.take(value, place, None, &KindTable::builtin());
        world.objects.iter().map(|object| (object.base.clone(), object.identity.to_string())).collect()
    }

    fn of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(base, identity)| ((*base).to_owned(), (*identity).to_owned())).collect()
    }

    #[test]
    fn a_list_gives_its_items_and_nested_lists_theirs() {
        let pod = |name: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {}});
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Service"}, pod("a"),
            {"apiVersion": "v1", "kind": "List", "items": [pod("b"), "no object", pod("c")]},
        ]});
        assert_eq!(
            world(list),
            of(&[("/items/1", "Pod a"), ("/items/2/items/0", "Pod b"), ("/items/2/items/2", "Pod c")])
        );
    }

    #[test]
    fn items_of_a_typed_list_need_not_say_what_they_are() {
        let list = json!({"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [
            {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": {}}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "job-"}},
        ]});
        assert_eq!(world(list), of(&[("/items/0", "Deployment shop/web"), ("/items/1", "Pod job-")]));
        assert!(world(json!({"apiVersion": "v1", "kind": "List", "items": [{"spec": {}}]})).is_empty());
    }

    #[test]
    fn what_does_not_say_what_it_is_is_ignored() {
        for value in [json!({}), json!(null), json!([1]), json!({"kind": "Pod"}), json!({"apiVersion": "v1", "kind": 3})] {
            assert!(world(value.clone()).is_empty(), "{value}");
        }
        // A kind whose name ends in List but that holds no list is an object like any other.
        assert!(world(json!({"apiVersion": "v1", "kind": "PodList", "items": {"a": 1}})).is_empty());
    }
}
