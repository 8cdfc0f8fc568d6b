//! Manifests as the world that policies are about, with the place of each object.

use super::super::Console;
use super::super::reading::{Sources, aside, gather, refused_source};
use crate::manifest::Stream;
use crate::network::{self, World};
use crate::report;
use crate::report::network::Place;
use crate::report::phrase::count;
use crate::source::Manifest;
use crate::workload::{self, KindTable, Object};

/// How many skipped files are named before they are only counted.
const NAMED: usize = 3;

/// What was read.
pub(super) struct Read {
    /// Whatever has to do with traffic.
    pub(super) world: World,
    /// Whether something could not be read, which was told.
    pub(super) failed: bool,
    manifests: Vec<Manifest>,
    objects: Vec<Object>,
    /// The places of the world's objects among them.
    places: Vec<usize>,
}

impl Read {
    /// Read what is named. What cannot be used is told.
    pub(super) fn of(sources: Sources, console: &mut Console) -> anyhow::Result<Self> {
        let kinds = KindTable::builtin();
        let wants = |api_version: &str, kind: &str| network::world::wants(api_version, kind);
        let gathered = gather(sources, &|stream| workload::World::wants(stream, &kinds, wants), console)?;
        let mut failed = !gathered.refused.is_empty();
        for refused in gathered.refused {
            console.error(&report::aside(&refused_source(refused)));
        }
        for skipped in gathered.skipped.iter().take(NAMED) {
            let one = aside(&skipped.origin, None, format!("skipped: {}", skipped.why));
            console.warn(&report::aside(&one));
        }
        if let Some(more) = gathered.skipped.len().checked_sub(NAMED).filter(|more| *more > 0) {
            console.warn(&format!("{} more skipped", count(more, "file")));
        }
        let manifests = gathered.manifests;
        let streams: Vec<&Stream> = manifests.iter().map(|manifest| &manifest.stream).collect();
        let (all, unread) = workload::World::of(&streams, &kinds);
        let run = network::Run::of(&all, &streams, &kinds);
        for (manifest, refusal) in unread.into_iter().chain(run.refused) {
            failed = true;
            let one = aside(&manifests[manifest].origin, Some(refusal.position), refusal.message);
            console.error(&report::aside(&one));
        }
        Ok(Self { world: run.world, failed, manifests, objects: all.objects, places: run.places })
    }

    /// Where a value of an object stands; `input` is the object's place in the list that the world was made of.
    pub(super) fn place(&self, input: usize, pointer: &str) -> Place {
        let object = &self.objects[self.places[input]];
        let manifest = &self.manifests[object.manifest];
        let document = manifest.stream.document(object.document);
        let nearest = document.map(|document| document.nearest(&format!("{}{pointer}", object.base)));
        let position = manifest.stream.position(nearest.map_or(0, |span| span.start));
        Place { file: manifest.origin.to_string(), position }
    }
}
