//! The images of a kustomization that have no digest, and the fields of it that would give them one.

use super::updater;
use crate::image::{Pin, Reference};
use crate::workload::{Field, ImageEntry, Whole};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An image that a kustomization makes, or could make, without a digest.
pub(in crate::rules) struct Unpinned<'a> {
    /// Its entry under `images`; the list where it has none yet.
    pub(in crate::rules) field: Field<'a>,
    /// The image that the containers get.
    pub(in crate::rules) image: Reference,
    /// What is known of its digest.
    pub(in crate::rules) pin: Option<Pin>,
    /// What to do instead, where another tool writes it.
    pub(in crate::rules) updater: Option<&'static str>,
    /// The name that an entry of its own would have.
    new: Option<&'a str>,
    has_tag: bool,
}

impl<'a> Unpinned<'a> {
    /// What gives it a digest. With a digest and no `newTag` kustomize would take the tag away.
    pub(in crate::rules) fn fields(&self, digest: &str) -> Vec<(Field<'a>, Value)> {
        let tag = self.image.tag().unwrap_or_default();
        match self.new {
            Some(name) => vec![(self.field.field("-"), json!({"name": name, "newTag": tag, "digest": digest}))],
            None => {
                let tag = (!self.has_tag).then(|| (self.field.field("newTag"), tag.into()));
                tag.into_iter().chain([(self.field.field("digest"), digest.into())]).collect()
            }
        }
    }
}

/// The images of a kustomization that have no digest: those of its entries whose tag is known, then those of its own
/// manifests that no kustomization of the run names.
pub(in crate::rules) fn unpinned<'a>(object: &Whole<'a>) -> Vec<Unpinned<'a>> {
    let around = object.around;
    let Some(place) = around.object else { return Vec::new() };
    let Some(kustomization) = around.neighbours.kustomization_in(place.manifest) else { return Vec::new() };
    let images = kustomization.images();
    // The object as it is now: the run may have mended it since its neighbours were noted.
    let list = object.field("images");
    let items = list.items();
    let entries: Vec<ImageEntry<'a>> =
        items.iter().enumerate().filter_map(|(index, item)| ImageEntry::of(index, item.value?)).collect();
    let unpinned = |field, image: Reference, new, has_tag| {
        let marked = |text: &str| place.marked.contains(text);
        let flux = marked(image.tag().unwrap_or_default()) || marked(image.repository());
        Unpinned {
            field,
            pin: around.images.of(&image.to_string()).pin,
            updater: flux.then_some(updater::FLUX_ADVICE).or_else(|| updater::argo_cd(around, &image)),
            image,
            new,
            has_tag,
        }
    };
    let of_entries = entries.iter().filter_map(|entry| {
        let image = made(entry, &images)?;
        Some(unpinned(list.field(&entry.index.to_string()), image, None, entry.has("newTag")))
    });
    let named = |name: &str| {
        entries.iter().any(|entry| entry.name == name)
            || around.neighbours.image_entry(Some(place.manifest), name).is_some()
    };
    let of_manifests = images.iter().filter(|(name, _)| !named(name)).filter_map(|(name, rest)| {
        let image = Reference::parse(&format!("{name}{rest}")).ok()?;
        Some(unpinned(list.clone(), image, Some(*name), false))
    });
    of_entries.chain(of_manifests).collect()
}

/// The image that an entry makes, where that is known and has no digest. `tagSuffix` makes one that stands nowhere.
fn made(entry: &ImageEntry<'_>, images: &BTreeMap<&str, &str>) -> Option<Reference> {
    if entry.has("digest") || entry.has("tagSuffix") {
        return None;
    }
    let rest = match entry.text("newTag") {
        Some(tag) => format!(":{tag}"),
        None => (*images.get(entry.name)?).to_owned(),
    };
    Reference::parse(&format!("{}{rest}", entry.new_name())).ok().filter(|image| image.digest().is_none())
}
