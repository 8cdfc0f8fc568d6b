//! What a run knows of images: the flags' sources, opened and read.

use super::{Console, UsageError};
use crate::cli::{self, ImageFacts};
use crate::image::{Images, read};
use crate::manifest::Stream;
use crate::profile::Profile;
use crate::workload::{Minor, World};
use std::collections::{BTreeSet, HashMap};

/// What the flags allow to know of the images of a run's manifests.
pub(super) fn known(
    flags: &cli::Images,
    profile: &Profile,
    world: &World,
    streams: &[&Stream],
    console: &mut Console,
) -> anyhow::Result<Images> {
    // Only to read images must they be looked for.
    let wanted = if flags.image_source.is_empty() { BTreeSet::new() } else { wanted(world, streams) };
    of(flags, profile, &wanted, console)
}

/// What the flags allow to know of these images. What cannot be read is told and costs nothing else.
pub(super) fn of(
    flags: &cli::Images,
    profile: &Profile,
    wanted: &BTreeSet<String>,
    console: &mut Console,
) -> anyhow::Result<Images> {
    let of = |contents| Images::new(profile.images.clone(), flags.image_facts == ImageFacts::Builtin, contents);
    if flags.image_source.is_empty() {
        return Ok(of(HashMap::new()));
    }
    let options = read::Options {
        sources: flags.image_source.clone(),
        platform: flags.platform.clone(),
        limits: read::Limits::default(),
    };
    let wanted = wanted.iter().map(String::as_str).collect();
    let inspected = read::inspect(&wanted, &options).map_err(|error| UsageError(error.to_string()))?;
    inspected.warnings.iter().for_each(|warning| console.warn(warning));
    Ok(of(inspected.contents))
}

/// The image references of all containers. A workload whose value cannot be read has none; the plan says so.
fn wanted(world: &World, streams: &[&Stream]) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    for object in &world.objects {
        let Ok(value) = object.value(streams[object.manifest]) else { continue };
        let around = world.around(object, Minor::NEWEST);
        for pod in object.pods(&value, &around) {
            let images = pod.containers().iter().map(|container| container.image());
            wanted.extend(images.filter(|image| !image.is_empty()).map(str::to_owned));
        }
    }
    wanted
}
