//! All objects of a run.

use super::flux;
use super::neighbours::{KUSTOMIZATION, KUSTOMIZE_VERSION};
use super::{Identity, KindTable, Minor, Neighbours, NetworkNeeds, Object, Surroundings};
use crate::image::Images;
use crate::manifest::{Document, Refusal, Stream};
use crate::resources::Recommendations;
use rayon::prelude::*;

/// Every object of the run that anything needs to know of, in the order they were read.
#[derive(Debug, Default)]
pub struct World {
    /// Every object that says what it is, workload or not; a `List` gives its items.
    pub objects: Vec<Object>,
    /// What other objects say about them.
    pub neighbours: Neighbours,
    /// What is known of images.
    pub images: Images,
    /// What sources say that containers need.
    pub recommendations: Recommendations,
    /// What its NetworkPolicies lack.
    pub network: NetworkNeeds,
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
            world.neighbours.extend(part.neighbours);
            refused.extend(refusal);
        }
        (world, refused)
    }

    /// Whether a manifest may hold an object of use, told without building any value. `also` says, of an apiVersion and a
    /// kind, whether objects are wanted that are neither workloads nor say something about them.
    pub fn wants(stream: &Stream, kinds: &KindTable, also: impl Fn(&str, &str) -> bool) -> bool {
        stream.documents().any(|document| matters(&document, kinds, &also))
    }

    /// What is known around the pods of one of its objects.
    pub fn around<'w>(&'w self, object: &'w Object, kubernetes: Minor) -> Surroundings<'w> {
        let identity = Some(&object.identity);
        let Self { images, neighbours, recommendations, network, .. } = self;
        Surroundings { kubernetes, identity, object: Some(object), images, neighbours, recommendations, network }
    }

    /// The objects of one manifest, added to the world.
    ///
    /// What cannot be read (an alias bomb) is refused; the rest is still taken, and the first refusal is returned.
    pub fn add(&mut self, manifest: usize, stream: &Stream, kinds: &KindTable) -> Result<(), Refusal> {
        // Without aliases there are no more items than bytes.
        let items = stream.text().len().min(MOST_ITEMS);
        let flux = flux::is_in(stream.text());
        let (objects, neighbours) = (Vec::new(), Neighbours::default());
        let mut reading = Reading { manifest, kinds, objects, neighbours, refused: None, items, flux };
        for document in stream.opened().documents() {
            reading.take(document, String::new(), None);
        }
        self.objects.append(&mut reading.objects);
        self.neighbours.extend(reading.neighbours);
        reading.refused.map_or(Ok(()), Err)
    }
}

/// One manifest being read. Lists are walked in the text, one item's value at a time.
struct Reading<'k> {
    manifest: usize,
    kinds: &'k KindTable,
    objects: Vec<Object>,
    neighbours: Neighbours,
    refused: Option<Refusal>,
    /// How many more items of lists may be looked at.
    items: usize,
    /// Whether Flux writes any of it.
    flux: bool,
}

/// With aliases a list can go on without end; no real one is longer than this.
const MOST_ITEMS: usize = 1_000_000;
/// Lists in lists in lists.
const DEEPEST: usize = 16;

impl Reading<'_> {
    /// Take the object at `base`, or the items of a list. `item_of` is the typed list it stands in (its apiVersion and its
    /// items' kind): the items of such a list need not repeat them.
    fn take(&mut self, document: Document<'_>, base: String, item_of: Option<(&str, &str)>) {
        let stated = |key: &str| document.scalar(&format!("{base}/{key}")).filter(|text| !text.is_empty());
        let item_of = item_of.or(unnamed_kustomization(&document).filter(|_| base.is_empty()));
        let Some(api_version) = stated("apiVersion").or(item_of.map(|(api_version, _)| api_version.into())) else {
            return;
        };
        let Some(kind) = stated("kind").or(item_of.map(|(_, kind)| kind.into())) else { return };

        if let Some(item_kind) = kind.strip_suffix("List").filter(|_| is_list(document, &base)) {
            let item_of = (!item_kind.is_empty()).then_some((&*api_version, item_kind));
            for index in 0.. {
                let item = format!("{base}/items/{index}");
                if document.span(&item, false).is_none() {
                    return;
                }
                if self.items == 0 || item.matches("/items/").count() > DEEPEST {
                    let position = document.stream().position(document.nearest(&base).start);
                    let message = "this list goes on without end: do its aliases lead back into it?".to_owned();
                    self.refused.get_or_insert(Refusal { position, message });
                    return;
                }
                self.items -= 1;
                self.take(document, item, item_of);
            }
        }

        let group = Identity::group_of(&api_version);
        let known = self.kinds.knows(group, &kind);
        let (manifest, index) = (self.manifest, document.index());
        if !known && !Neighbours::wants(group, &kind) {
            let identity = Identity::read(api_version.into_owned(), kind.into_owned(), |path| stated(path));
            self.objects.push(Object::other(manifest, index, base, identity));
            return;
        }
        match document.value_at(&base) {
            Some(Ok(value)) => {
                let identity = Identity::of(api_version.into_owned(), kind.into_owned(), &value);
                let mut object = Object::other(manifest, index, base, identity);
                if known {
                    let (group, kind) = (object.identity.group(), &*object.identity.kind);
                    object.templates = self.kinds.templates(group, kind, &value);
                    object.pod_security_context = self.kinds.takes_pod_security_context(group, kind);
                }
                if self.flux {
                    object.marked = flux::marked(lines_of(document, &object.base));
                }
                self.neighbours.add(&object, &value);
                self.objects.push(object);
            }
            Some(Err(refusal)) => drop(self.refused.get_or_insert(refusal)),
            None => {}
        }
    }
}

/// The `apiVersion` and kind of a kustomization that need not state them: it has a list of files.
fn unnamed_kustomization(document: &Document<'_>) -> Option<(&'static str, &'static str)> {
    let has = |pointer: &str| document.scalar(pointer).is_some();
    let unnamed = !has("/kind") && !has("/apiVersion");
    (unnamed && (has("/resources/0") || has("/bases/0"))).then_some((KUSTOMIZE_VERSION, KUSTOMIZATION))
}

/// The text of the object at `base`, the comment behind its last value included.
fn lines_of<'d>(document: Document<'d>, base: &str) -> &'d str {
    let text = document.stream().text();
    let span = document.nearest(base);
    let end = text[span.end..].find('\n').map_or(text.len(), |line| span.end + line);
    &text[span.start..end]
}

/// Whether there is a list under `items`.
fn is_list(document: Document<'_>, base: &str) -> bool {
    let items = format!("{base}/items");
    document.span(&format!("{items}/0"), false).is_some() && document.scalar(&items).is_none()
}

/// Whether the document may hold an object of use, told without building its value.
fn matters(document: &Document<'_>, kinds: &KindTable, also: &impl Fn(&str, &str) -> bool) -> bool {
    let (Some(kind), Some(api_version)) = (document.scalar("/kind"), document.scalar("/apiVersion")) else {
        return unnamed_kustomization(document).is_some();
    };
    let group = Identity::group_of(&api_version);
    let wanted = |kind: &str| kinds.knows(group, kind) || Neighbours::wants(group, kind) || also(&api_version, kind);
    match kind.strip_suffix("List") {
        Some("") => true,
        Some(item_kind) => wanted(item_kind) || wanted(&kind),
        None => wanted(&kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(text: String) -> Result<World, Refusal> {
        let stream = Stream::read(text).unwrap();
        let mut world = World::default();
        world.add(0, &stream, &KindTable::builtin())?;
        assert!(world.objects.iter().all(|object| object.value(&stream).unwrap().is_object()));
        Ok(world)
    }

    fn world(value: Value) -> Vec<(String, String)> {
        let world = read(value.to_string()).unwrap();
        let workloads = world.objects.iter().filter(|object| object.is_workload());
        workloads.map(|object| (object.base.clone(), object.identity.to_string())).collect()
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
        for value in
            [json!({}), json!(null), json!([1]), json!({"kind": "Pod"}), json!({"apiVersion": "v1", "kind": 3})]
        {
            assert!(world(value.clone()).is_empty(), "{value}");
        }
        // A kind whose name ends in List but that holds no list is an object like any other.
        assert!(world(json!({"apiVersion": "v1", "kind": "PodList", "items": {"a": 1}})).is_empty());
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let itself = "apiVersion: v1\nkind: List\nitems: &a\n  - apiVersion: v1\n    kind: List\n    items: *a\n";
        assert!(read(itself.to_owned()).unwrap_err().message.contains("without end"));
        let mut bomb = "apiVersion: v1\nkind: List\nitems:\n".to_owned();
        for level in 1..9 {
            let items = if level == 1 { "1, ".repeat(10) } else { format!("*l{}, ", level - 1).repeat(10) };
            bomb += &format!("  - &l{level} {{apiVersion: v1, kind: List, items: [{items}]}}\n");
        }
        assert!(read(bomb).unwrap_err().message.contains("without end"));
    }
}
