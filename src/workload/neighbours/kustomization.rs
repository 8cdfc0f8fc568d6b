//! Kustomizations: what they make of the images of the manifests that they list.

use super::{Neighbour, Neighbours};
use crate::image::Reference;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The API group of kustomizations.
pub const GROUP: &str = "kustomize.config.k8s.io";
/// The `apiVersion` of a kustomization that states none, as kustomize fills it in.
pub(in crate::workload) const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
/// The kind of one that states none.
pub(in crate::workload) const KIND: &str = "Kustomization";
/// Lists by which things come in that no manifest of the run shows.
const UNSEEN: &[&str] = &["/bases/0", "/components/0", "/generators/0", "/helmCharts/0", "/transformers/0"];

/// Which manifests a kustomization lists, by their index in the run.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// Those that the run has.
    pub manifests: BTreeSet<usize>,
    /// Whether these, and files without workloads, are all that it lists.
    pub complete: bool,
}

/// A kustomization of the run.
#[derive(Debug, Clone, Copy)]
pub struct Kustomization<'n> {
    /// The object.
    pub neighbour: &'n Neighbour,
    all: &'n Neighbours,
}

/// An entry of its `images`.
#[derive(Debug, Clone, Copy)]
pub struct ImageEntry<'n> {
    /// Its place in the list.
    pub index: usize,
    /// The images that it is for: their name as manifests spell it, without tag and digest.
    pub name: &'n str,
    value: &'n Value,
}

impl<'n> ImageEntry<'n> {
    /// The entry at a place of the list; `None` where it names no image.
    pub fn of(index: usize, value: &'n Value) -> Option<Self> {
        Some(Self { index, name: value.get("name")?.as_str()?, value })
    }

    /// Whether it states a field.
    pub fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    /// A field of it that is a string.
    pub fn text(&self, key: &str) -> Option<&'n str> {
        self.value.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The name that the images get.
    pub fn new_name(&self) -> &'n str {
        self.text("newName").unwrap_or(self.name)
    }

    /// What it makes of an image, cut into name and the `:tag@digest` behind it; `None` where the name is another one.
    pub fn applied(&self, name: &str, rest: &str) -> Option<String> {
        if name != self.name {
            return None;
        }
        let (tag, digest) = (self.text("newTag"), self.text("digest"));
        let rest = match (tag, digest) {
            (None, None) => rest.to_owned(),
            _ => [tag.map(|tag| format!(":{tag}")), digest.map(|digest| format!("@{digest}"))]
                .into_iter()
                .flatten()
                .collect(),
        };
        Some(format!("{}{rest}", self.new_name()))
    }
}

impl<'n> Kustomization<'n> {
    /// The entries of its `images`.
    pub fn entries(&self) -> impl Iterator<Item = ImageEntry<'n>> + use<'n> {
        let items = self.neighbour.list("/images").iter().enumerate();
        items.filter_map(|(index, value)| ImageEntry::of(index, value))
    }

    /// The images of its own manifests by their names, each with the one `:tag` that all containers with the name give it
    /// (empty for none). None where it may bring in more than the run has seen.
    pub fn images(&self) -> BTreeMap<&'n str, &'n str> {
        let listed = self.all.listed.get(&self.neighbour.manifest).filter(|listed| listed.complete);
        let unseen = |list: &&str| self.neighbour.at(list).is_some();
        let Some(listed) = listed.filter(|_| !UNSEEN.iter().any(unseen)) else { return BTreeMap::new() };
        let workloads = self.all.workloads.all.iter().filter(|one| listed.manifests.contains(&one.manifest));
        let mut images: BTreeMap<&str, Option<&str>> = BTreeMap::new();
        for workload in workloads {
            for image in images_of(workload) {
                let (name, rest) = Reference::cut(image);
                // What another tool writes, and what is pinned in its own place, has to stay there.
                let free = !workload.marked.contains(image) && !workload.is_keels() && !rest.contains('@');
                let same = images.entry(name).or_insert(Some(rest));
                *same = same.filter(|other| free && *other == rest);
            }
        }
        images.into_iter().filter_map(|(name, rest)| Some((name, rest?))).collect()
    }
}

/// The images of a workload's containers, as they are written.
fn images_of(workload: &Neighbour) -> impl Iterator<Item = &str> {
    workload.list("/templates").iter().flat_map(|template| {
        let lists = ["/spec/initContainers", "/spec/containers"].into_iter();
        let items = lists.filter_map(|list| template.pointer(list)?.as_array()).flatten();
        items.filter_map(|item| item.get("image")?.as_str())
    })
}

impl Neighbours {
    /// Note which manifests the kustomizations list, by the index of their own.
    pub fn set_listed(&mut self, listed: BTreeMap<usize, Listed>) {
        self.listed = listed;
    }

    /// Add one.
    pub(super) fn add_kustomization(&mut self, neighbour: Neighbour) {
        let index = self.kustomizations.len();
        for image in neighbour.list("/images").iter().filter_map(|image| image.get("name")?.as_str()) {
            self.named.entry(image.to_owned()).or_insert(index);
        }
        self.kustomizations.push(neighbour);
    }

    /// All kustomizations and components of the run.
    pub fn kustomizations(&self) -> impl Iterator<Item = Kustomization<'_>> {
        self.kustomizations.iter().map(|neighbour| Kustomization { neighbour, all: self })
    }

    /// The kustomization in this manifest.
    pub fn kustomization_in(&self, manifest: usize) -> Option<Kustomization<'_>> {
        self.kustomizations().find(|one| one.neighbour.manifest == manifest)
    }

    /// The kustomization that lists this manifest.
    pub fn kustomization_of(&self, manifest: usize) -> Option<Kustomization<'_>> {
        let (own, _) = self.listed.iter().find(|(_, listed)| listed.manifests.contains(&manifest))?;
        self.kustomization_in(*own)
    }

    /// The entry that an image of this name, in this manifest, meets: one of the kustomization that lists it, else one of any
    /// other of the run, which may build on that.
    pub fn image_entry(&self, manifest: Option<usize>, name: &str) -> Option<ImageEntry<'_>> {
        let first = &self.kustomizations[*self.named.get(name)?];
        let own = manifest.and_then(|manifest| self.kustomization_of(manifest));
        let own = own.and_then(|own| own.entries().find(|entry| entry.name == name));
        own.or_else(|| Kustomization { neighbour: first, all: self }.entries().find(|entry| entry.name == name))
    }

    /// The images that the kustomizations make, as far as their tags are known.
    pub fn kustomized_images(&self) -> BTreeSet<String> {
        let of = |one: Kustomization<'_>| {
            let images = one.images();
            let made = move |entry: ImageEntry<'_>| {
                let rest = images.get(entry.name).copied();
                let known = entry.text("newTag").is_some() || rest.is_some();
                entry.applied(entry.name, rest.unwrap_or_default()).filter(|_| known)
            };
            one.entries().filter_map(made).collect::<Vec<_>>()
        };
        self.kustomizations().flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::neighbours;
    use super::*;
    use serde_json::json;

    fn world(kustomization: Value, images: &[&str]) -> Neighbours {
        let containers: Vec<Value> = images.iter().map(|image| json!({"image": image})).collect();
        let pod = json!({"kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}});
        let mut kustomization = kustomization;
        kustomization["apiVersion"] = json!(API_VERSION);
        kustomization["kind"] = json!(KIND);
        let mut all = neighbours(&[kustomization, pod]);
        let listed = Listed { manifests: BTreeSet::from([0]), complete: true };
        all.set_listed(BTreeMap::from([(0, listed)]));
        all
    }

    #[test]
    fn what_an_entry_makes_of_an_image() {
        let all = world(
            json!({"images": [{"name": "a", "newTag": "2"}, {"name": "b", "newName": "m/b"},
            {"name": "c", "newTag": "3", "digest": "sha256:x"}, {"name": "d", "digest": "sha256:y"}]}),
            &["a:1", "b:1", "c", "d:1"],
        );
        let made: Vec<String> = all.kustomized_images().into_iter().collect();
        assert_eq!(made, ["a:2", "c:3@sha256:x", "d@sha256:y", "m/b:1"]);
        assert!(all.image_entry(Some(0), "a").is_some() && all.image_entry(None, "docker.io/library/a").is_none());
    }

    #[test]
    fn an_image_with_two_tags_or_unseen_others_is_nobodys() {
        let images = |kustomization: Value, images: &[&str]| {
            let all = world(kustomization, images);
            let one = all.kustomization_in(0).unwrap();
            one.images().into_iter().map(|(name, rest)| format!("{name}{rest}")).collect::<Vec<_>>()
        };
        let used = ["a:1", "a:2", "b:1", "b:1", "c", "d:1@sha256:x"];
        assert_eq!(images(json!({}), &used), ["b:1", "c"]);
        assert_eq!(images(json!({"bases": ["../base"]}), &used), [""; 0]);
        assert_eq!(images(json!({"components": ["x"]}), &used), [""; 0]);
    }
}
