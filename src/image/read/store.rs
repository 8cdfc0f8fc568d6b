//! An opened `--image-source`, and which of its images a reference means.

use super::archive::Archive;
use super::blobs::{self, Found};
use super::docker::Saved;
use super::layout::Layout;
use super::source::{Form, Source};
use super::{Limits, Platform, Trouble};
use crate::image::{Contents, Pin, PinSource, Reference};

/// The images of a source.
pub(super) struct Store {
    source: Source,
    inside: Inside,
    images: Vec<Found>,
}

enum Inside {
    Oci(Layout),
    Docker(Saved),
}

impl Store {
    /// Open a source and list its images.
    pub(super) fn open(source: &Source, limits: &Limits) -> Result<Self, Trouble> {
        let (path, selected) = source.split();
        let inside = match source.form {
            Form::Oci => Inside::Oci(Layout::folder(&path)?),
            Form::OciArchive => Inside::Oci(Layout::Archive(Archive::open(&path, limits)?)),
            Form::DockerArchive => Inside::Docker(Saved::open(Archive::open(&path, limits)?, limits)?),
        };
        let mut images = match &inside {
            Inside::Oci(layout) => layout.images(limits)?,
            Inside::Docker(saved) => saved.images(limits)?,
        };
        if let Some(selected) = &selected {
            let wanted = Reference::parse(selected).ok();
            let meant = |name: &String| name == selected || wanted.is_some() && Reference::parse(name).ok() == wanted;
            // The others keep their place in the list.
            images.iter_mut().filter(|image| !image.names.iter().any(meant)).for_each(|image| image.hidden = true);
            if images.iter().all(|image| image.hidden) {
                return Err(Trouble::Unreadable(format!("it holds no image {selected:?}")));
            }
        }
        let store = Self { source: source.clone(), inside, images };
        match store.shown().count() {
            0 => Err(Trouble::Unreadable("it holds no image".to_owned())),
            1 => Ok(store),
            _ if source.image.is_some() => {
                Err(Trouble::Unreadable("it holds several images: say which by :TAG behind it".to_owned()))
            }
            _ => Ok(store),
        }
    }

    /// The place of the image that a reference means.
    pub(super) fn find(&self, name: &Reference) -> Option<usize> {
        if let Some(image) = &self.source.image {
            let same = Reference::parse(image).is_ok_and(|image| means(&image, name));
            return self.shown().map(|(index, _)| index).next().filter(|_| same);
        }
        let is_it = |image: &Found| {
            name.digest() == Some(image.digest.as_str())
                || image.names.iter().filter_map(|name| Reference::parse(name).ok()).any(|image| means(&image, name))
        };
        self.shown().find(|(_, image)| is_it(image)).map(|(index, _)| index)
    }

    /// Read the image at a place.
    pub(super) fn read(&self, index: usize, platform: &Platform, limits: &Limits) -> Result<Contents, Trouble> {
        let origin = self.source.to_string();
        match &self.inside {
            Inside::Docker(saved) => saved.read(index, origin, limits),
            Inside::Oci(layout) => {
                let (digest, image) = layout.manifest(&self.images[index].digest, platform, limits)?;
                blobs::read(layout, origin, digest, &image, limits)
            }
        }
    }

    /// The digest of the image at a place, if it says which one a registry would give it. What `docker save` writes does not.
    pub(super) fn pin(&self, index: usize, limits: &Limits) -> Option<Result<Pin, Trouble>> {
        let Inside::Oci(layout) = &self.inside else { return None };
        let digest = &self.images[index].digest;
        let pin = |platforms| Pin {
            digest: digest.as_str().to_owned(),
            platforms,
            source: PinSource::Source,
            origin: self.source.to_string(),
            resolved_at: String::new(),
        };
        Some(layout.platforms(digest, limits).map(pin))
    }

    /// What to tell whoever has no image in it: its names, or that it has none.
    pub(super) fn unused(&self) -> String {
        let source = &self.source;
        if let Some(image) = &source.image {
            return format!("{source}: nothing asks for {image}");
        }
        let names: Vec<&str> = self.shown().flat_map(|(_, image)| &image.names).map(String::as_str).collect();
        let whole: Vec<&str> = names.into_iter().filter(|name| name.contains([':', '/'])).collect();
        if whole.is_empty() {
            return format!("{source}: its image does not say its name: write --image-source IMAGE={source}");
        }
        let more = if whole.len() > 3 { format!(" and {} more", whole.len() - 3) } else { String::new() };
        format!("{source}: nothing asks for {}{more}", whole[..whole.len().min(3)].join(", "))
    }

    fn shown(&self) -> impl Iterator<Item = (usize, &Found)> {
        self.images.iter().enumerate().filter(|(_, image)| !image.hidden)
    }
}

/// Whether a name in a source is the image that a manifest asks for. Where the manifest states a digest it alone counts: a
/// source with the same tag may hold another build.
fn means(offered: &Reference, wanted: &Reference) -> bool {
    offered.repository() == wanted.repository()
        && match wanted.digest() {
            Some(digest) => offered.digest() == Some(digest),
            None => offered.tag() == wanted.tag(),
        }
}
