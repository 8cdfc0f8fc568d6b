//! Manifests and indexes: OCI image specification (`manifest.md`, `image-index.md`) and Docker's schema 2.

use super::{Digest, Limits, Platform, Trouble};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What a registry or an index may hold under a name.
pub(super) enum Manifest {
    /// One image.
    Image(Image),
    /// The images for several platforms, or of a layout.
    Index(Vec<Descriptor>),
}

/// An image by its parts.
pub(super) struct Image {
    pub(super) config: Descriptor,
    /// Lowest first.
    pub(super) layers: Vec<Descriptor>,
}

/// A part by its digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    digest: String,
    #[serde(default)]
    media_type: String,
    platform: Option<Stated>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Stated {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: String,
}

impl Descriptor {
    pub(super) fn digest(&self) -> Result<Digest, Trouble> {
        Digest::parse(&self.digest).ok_or_else(|| Trouble::damaged("it names a part by something other than sha256"))
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }

    /// What goes with an image without being one: signatures, attestations.
    fn is_beside(&self) -> bool {
        self.annotation("vnd.docker.reference.type").is_some()
            || self.platform.as_ref().is_some_and(|platform| platform.os == "unknown")
    }

    fn is_for(&self, wanted: &Platform) -> bool {
        self.platform.as_ref().is_some_and(|stated| {
            stated.os == wanted.os
                && stated.architecture == wanted.architecture
                && (wanted.variant.is_empty() || stated.variant.is_empty() || stated.variant == wanted.variant)
        })
    }
}

impl fmt::Display for Stated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.os, self.architecture)?;
        if self.variant.is_empty() { Ok(()) } else { write!(out, "/{}", self.variant) }
    }
}

/// The media types that are asked for.
pub(super) const ACCEPTED: &[&str] = &[
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

impl Manifest {
    /// The platforms that an index has images for; none for the manifest of one image.
    pub(super) fn platforms(&self) -> Vec<String> {
        let Self::Index(images) = self else { return Vec::new() };
        let images = images.iter().filter(|image| !image.is_beside());
        let mut platforms: Vec<String> =
            images.filter_map(|image| Some(image.platform.as_ref()?.to_string())).collect();
        platforms.sort();
        platforms.dedup();
        platforms
    }

    /// Told by what it holds: media types are left out or wrong often enough.
    pub(super) fn parse(json: &[u8], limits: &Limits) -> Result<Self, Trouble> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Any {
            schema_version: Option<u64>,
            manifests: Option<Vec<Descriptor>>,
            config: Option<Descriptor>,
            layers: Option<Vec<Descriptor>>,
        }
        let any: Any =
            serde_json::from_slice(json).map_err(|error| Trouble::damaged(format!("its manifest: {error}")))?;
        match (any.manifests, any.config, any.layers) {
            (Some(manifests), ..) => Ok(Self::Index(manifests)),
            (None, Some(config), Some(layers)) => {
                if layers.len() > limits.layers {
                    return Err(Trouble::refused(format!("it has more than {} layers", limits.layers)));
                }
                Ok(Self::Image(Image { config, layers }))
            }
            _ if any.schema_version == Some(1) => Err(Trouble::refused("its manifest has the form from before 2016")),
            _ => Err(Trouble::damaged("its manifest names no config and no layers")),
        }
    }
}

/// The image for a platform among those of an index.
pub(super) fn choose<'d>(index: &'d [Descriptor], platform: &Platform) -> Result<&'d Descriptor, Trouble> {
    let images: Vec<&Descriptor> = index.iter().filter(|one| !one.is_beside()).collect();
    if let Some(found) = images.iter().find(|one| one.is_for(platform)) {
        return Ok(found);
    }
    match images.as_slice() {
        // Nothing to choose from, and not said to be for another.
        [one] if one.platform.is_none() => Ok(one),
        _ => Err(Trouble::refused(format!("it is not there for {platform}"))),
    }
}

impl Image {
    /// Whether it is a container image: registries hold charts and other things, too.
    pub(super) fn must_run(&self) -> Result<(), Trouble> {
        let kind = self.config.media_type.as_str();
        let known = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", ""];
        if known.contains(&kind) {
            Ok(())
        } else {
            Err(Trouble::refused(format!("it is no container image but {kind}")))
        }
    }
}
