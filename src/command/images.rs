//! What a run knows of images: the flags' sources, opened and read.

use super::{Console, UsageError};
use crate::cli::{self, ImageFacts};
use crate::image::{Images, read};
use crate::manifest::Stream;
use crate::profile::Profile;
use crate::workload::{Minor, World};
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

/// How long a registry may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one layer may take.
const TIME: Duration = Duration::from_secs(600);

/// What the profile and the program know of images, and what the flags let us read of those that are wanted. What cannot be
/// read is told and costs nothing else.
pub(super) fn known(
    flags: &cli::Images,
    profile: &Profile,
    wanted: impl FnOnce() -> BTreeSet<String>,
    console: &mut Console,
) -> anyhow::Result<Images> {
    let of = |contents| Images::new(profile.images.clone(), flags.image_facts == ImageFacts::Builtin, contents);
    if flags.image_source.is_empty() && !flags.inspect_images {
        return Ok(of(HashMap::new()));
    }
    let settings = || read::Settings {
        credentials: flags.registry_config.clone(),
        plain_http: flags.insecure_registry.clone(),
        certificates: std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()).map(PathBuf::from),
        patience: PATIENCE,
        time: TIME,
    };
    let options = read::Options {
        sources: flags.image_source.clone(),
        registries: flags.inspect_images.then(settings),
        cache: read::usual_folder(),
        platform: flags.platform.clone(),
        limits: read::Limits::default(),
    };
    let wanted = wanted();
    let wanted = wanted.iter().map(String::as_str).collect();
    let inspected = read::inspect(&wanted, &options).map_err(|error| UsageError(error.to_string()))?;
    inspected.warnings.iter().for_each(|warning| console.warn(warning));
    Ok(of(inspected.contents))
}

/// The image references of all containers. A workload whose value cannot be read has none; the plan says so.
pub(super) fn of_world(world: &World, streams: &[&Stream]) -> BTreeSet<String> {
    let mut wanted = BTreeSet::new();
    for object in world.objects.iter().filter(|object| object.is_workload()) {
        let Ok(value) = object.value(streams[object.manifest]) else { continue };
        let around = world.around(object, Minor::NEWEST);
        for pod in object.pods(&value, &around) {
            let images = pod.containers().iter().map(|container| container.image());
            wanted.extend(images.filter(|image| !image.is_empty()).map(str::to_owned));
        }
    }
    wanted
}
