//! Digests behind tags: what a lock file, a source or a registry says that a tag names.

use super::Reference;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The digest behind the tag of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pin {
    /// `sha256:...`, of the index where there is one, so that every platform finds its image.
    pub digest: String,
    /// `linux/amd64`: what the index holds. Empty where the digest is that of an image for one platform.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// What said so.
    pub source: PinSource,
    /// Its name: a file, `oci:DIR`, the host of a registry.
    pub origin: String,
    /// When that was true, RFC 3339; empty where nobody noted it.
    #[serde(default)]
    pub resolved_at: String,
}

/// What can say which digest a tag names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PinSource {
    /// A lock file.
    Lock,
    /// A layout or archive of images.
    Source,
    /// The registry itself, in this run.
    Registry,
    /// A pod that runs it.
    Pod,
}

impl Pin {
    /// Whether the registry said so in this run.
    pub fn is_of_registry(&self) -> bool {
        self.source == PinSource::Registry
    }
}

/// The pins of a run, by the name and tag of the image in full.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    by_name: BTreeMap<String, Pin>,
    /// Whether the user gave something that should know every image: a lock file, or leave to ask the registries.
    pub complete: bool,
}

impl Pins {
    /// Note a pin; one that is there already stays.
    pub fn add(&mut self, reference: &Reference, pin: Pin) {
        if let Some(name) = name(reference) {
            self.by_name.entry(name).or_insert(pin);
        }
    }

    /// The pin of an image, whatever digest the reference states; `None` where it states a digest and no tag.
    pub fn get(&self, reference: &Reference) -> Option<&Pin> {
        self.by_name.get(&name(reference)?)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }
}

/// Name and tag in full.
fn name(reference: &Reference) -> Option<String> {
    let tag = reference.tag()?;
    Some(format!("{}:{tag}", reference.repository()))
}
