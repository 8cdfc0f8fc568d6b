//! What a run knows of images: the flags' sources, opened and read.

use super::{Console, UsageError, lock};
use crate::cli::{self, ImageFacts};
use crate::image::read::Inspected;
use crate::image::{Images, Mirrors, Pin, Reference, read};
use crate::manifest::Stream;
use crate::profile::{Profile, RuleSetting};
use crate::rules::{Rule, image_digest, image_registry};
use crate::workload::{Minor, World};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// How long a registry may take to be reached.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one layer may take.
const TIME: Duration = Duration::from_secs(600);

/// What the profile and the program know of images, and what the flags let us read of those that are wanted. What cannot be
/// read is told and costs nothing else. `running` are digests that pods run; all other sources of them count before.
pub(super) fn known(
    flags: &cli::Images,
    profile: &Profile,
    running: Vec<(Reference, Pin)>,
    wanted: impl FnOnce() -> BTreeSet<String>,
    console: &mut Console,
) -> anyhow::Result<Images> {
    let lock = flags.image_lock.as_deref().map(lock::read).transpose()?;
    let reads = !flags.image_source.is_empty() || flags.inspect_images;
    if flags.image_lock_output.is_some() && !reads && lock.is_none() {
        let message = "--image-lock-output has nothing to write: add --inspect-images, which asks the registries";
        return Err(UsageError(message.to_owned()).into());
    }
    let wanted = if reads || flags.image_lock_output.is_some() { wanted() } else { BTreeSet::new() };
    let inspected = if reads { inspect(flags, profile, &wanted, console)? } else { Inspected::default() };
    let mut pins = lock.map(|lock| lock.pins()).unwrap_or_default();
    for (image, pin) in inspected.pins.into_iter().collect::<BTreeMap<_, _>>() {
        if let Ok(reference) = Reference::parse(&image) {
            pins.add(&reference, pin);
        }
    }
    running.into_iter().for_each(|(reference, pin)| pins.add(&reference, pin));
    pins.complete = flags.image_lock.is_some() || flags.inspect_images;
    if let Some(path) = &flags.image_lock_output {
        lock::write(path, &wanted, &pins, console)?;
    }
    let images = Images::new(profile.images.clone(), flags.image_facts == ImageFacts::Builtin, inspected.contents);
    Ok(images.pinned(pins).mirrored(mirrors(profile)))
}

/// Read the images that are wanted.
fn inspect(
    flags: &cli::Images,
    profile: &Profile,
    wanted: &BTreeSet<String>,
    console: &mut Console,
) -> anyhow::Result<Inspected> {
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
        // Digests behind tags cost one more question each.
        pins: flags.image_lock_output.is_some() || asks_for(profile, &image_digest::RULE),
        platform: flags.platform.clone(),
        limits: read::Limits::default(),
    };
    let wanted = wanted.iter().map(String::as_str).collect();
    let inspected = read::inspect(&wanted, &options).map_err(|error| UsageError(error.to_string()))?;
    inspected.warnings.iter().for_each(|warning| console.warn(warning));
    Ok(inspected)
}

fn asks_for(profile: &Profile, rule: &Rule) -> bool {
    profile.runs(rule.id)
}

/// The mirrors of the profile, so that what is known of an image is known of its copy, too.
fn mirrors(profile: &Profile) -> Mirrors {
    let settings = profile.rules.iter().filter(|setting| setting.rule.id == image_registry::RULE.id);
    let read = |setting: &RuleSetting| Mirrors::read(setting.parameters.get("mirrors")?).ok();
    settings.filter_map(read).find(|mirrors| !mirrors.is_empty()).unwrap_or_default()
}

/// The image references of all containers, and those that kustomizations make of them. A workload whose value cannot be read has none; the plan says so.
pub(super) fn of_world(world: &World, streams: &[&Stream]) -> BTreeSet<String> {
    let mut wanted = world.neighbours.kustomized_images();
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
