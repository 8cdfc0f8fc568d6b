//! What a verb of `network` looks at as the world that policies are about, with the place of each object.

use super::super::reading::{Sources, aside, gather, refused_source};
use super::super::words::sources;
use super::super::{Console, UsageError};
use crate::cli::NetworkInput;
use crate::manifest::Stream;
use crate::network::known::Known;
use crate::network::{self, World};
use crate::report;
use crate::report::network::Place;
use crate::report::phrase::count;
use crate::source::Manifest;
use crate::workload::{self, KindTable, Object};
use serde_json::Value;
use std::collections::BTreeSet;

/// How many skipped files are named before they are only counted.
const NAMED: usize = 3;

/// What is asked of a cluster, beside what policies allow.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(not(feature = "cluster"), allow(dead_code))]
pub(super) struct Wanted {
    /// What workloads need.
    pub(super) needs: bool,
    /// Which addresses pods have.
    pub(super) addresses: bool,
}

/// What was read.
#[derive(Default)]
pub(super) struct Read {
    /// Whatever has to do with traffic.
    pub(super) world: World,
    /// Whether something could not be read, which was told.
    pub(super) failed: bool,
    /// The namespaces that are asked about: the others are there as peers. `None` for all.
    pub(super) about: Option<BTreeSet<String>>,
    /// What a cluster shows of its own parts; nothing where it is manifests.
    pub(super) known: Known,
    /// What a person should know of the cluster, a sentence each.
    pub(super) notes: Vec<String>,
    /// So many objects at the begin of the list that the world was made of are those of a cluster, the others of manifests.
    pub(super) lives: usize,
    /// The Pods of a cluster, by `metadata` and `status`, where their addresses were asked for.
    pub(super) pods: Vec<Value>,
    pub(super) manifests: Vec<Manifest>,
    pub(super) objects: Vec<Object>,
    /// The places of those objects of the world that are of manifests among them.
    pub(super) places: Vec<usize>,
}

impl Read {
    /// Read the manifests that are named, else the cluster. What cannot be used is told.
    pub(super) fn open(
        source: &NetworkInput,
        verb: &str,
        wanted: Wanted,
        console: &mut Console,
    ) -> anyhow::Result<Self> {
        match source.has_files() {
            true => Self::manifests(source, verb, console),
            #[cfg(feature = "cluster")]
            false => super::live::read(source, wanted, console),
            #[cfg(not(feature = "cluster"))]
            false => {
                let _ = wanted;
                Err(UsageError(super::super::opened::NO_CLUSTERS.to_owned()).into())
            }
        }
    }

    /// Read the manifests.
    pub(super) fn manifests(source: &NetworkInput, verb: &str, console: &mut Console) -> anyhow::Result<Self> {
        let given = [("-A", source.all_namespaces), ("-n", source.connection.namespace.is_some())];
        if let Some((flag, _)) = given.into_iter().find(|(_, given)| *given) {
            let why = format!("{flag} picks among the objects of a cluster, not among manifests");
            return Err(UsageError(why).into());
        }
        Self::of(sources(&source.input, &[], verb, console)?, console)
    }

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
        let (objects, places) = (all.objects, run.places);
        Ok(Self { world: run.world, failed, manifests, objects, places, ..Self::default() })
    }

    /// Where a value of an object stands; `input` is the object's place in the list that the world was made of.
    pub(super) fn place(&self, input: usize, pointer: &str) -> Place {
        let Some(input) = input.checked_sub(self.lives) else { return Place::Field(report::phrase::path(pointer)) };
        let object = &self.objects[self.places[input]];
        let manifest = &self.manifests[object.manifest];
        let document = manifest.stream.document(object.document);
        let nearest = document.map(|document| document.nearest(&format!("{}{pointer}", object.base)));
        let position = manifest.stream.position(nearest.map_or(0, |span| span.start));
        Place::File { file: manifest.origin.to_string(), position }
    }

    /// Whether a namespace is asked about.
    pub(super) fn is_about(&self, namespace: &str) -> bool {
        self.about.as_ref().is_none_or(|about| about.contains(namespace))
    }

    /// How many workloads are asked about.
    pub(super) fn workloads(&self) -> usize {
        self.world.workloads.iter().filter(|workload| self.is_about(&workload.namespace)).count()
    }
}
