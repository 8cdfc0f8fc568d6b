//! Everything of a cluster that says something about traffic.
//!
//! A peer may be anywhere, so all namespaces are read where the user may. Where not, the one that is asked about is, and
//! what is not known then is told. Kinds that are not served have no objects.

use super::select::{self, Asked, Scope};
use super::surround::Missing;
use super::{Discovery, Error, ListOptions, Live, Resource, Server};
use crate::export::without_token;
use crate::network::world::{TrafficKind, lean, traffic_kind};
use crate::workload::KindTable;
use futures::{StreamExt, future, stream};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// How many lists are asked for at a time.
const AT_ONCE: usize = 6;
/// The HTTP status of a list that is too old to go on with.
const GONE: u16 = 410;
/// Kinds without which nothing can be said.
const ESSENTIAL: [&str; 2] = ["Service", "NetworkPolicy"];

/// What is asked for.
pub struct Wanted<'w> {
    /// The server.
    pub server: &'w Server,
    /// What it serves.
    pub discovery: &'w Discovery,
    /// Which kinds hold pod templates.
    pub kinds: &'w KindTable,
    /// The namespaces that are asked about; `None` for all.
    pub namespaces: Option<&'w BTreeSet<String>>,
    /// Whether it matters what workloads need, beside what policies allow.
    pub needs: bool,
    /// How many objects are asked for at a time.
    pub chunk: u32,
}

/// What was read.
#[derive(Default)]
pub struct Found {
    /// The objects, without what the server notes about them. Secrets are among them: never to be printed.
    pub lives: Vec<Live>,
    /// Kinds of which there may be more.
    pub unread: BTreeSet<String>,
    /// What could not be had and must be known.
    pub errors: Vec<Error>,
    /// What a person should know, a sentence each.
    pub told: Vec<String>,
}

/// How much of a kind could be read.
enum Extent {
    Everywhere,
    /// The namespaces that are asked about.
    There,
}

type Listed = Result<(Vec<Live>, Extent), Error>;

/// Ask for it.
///
/// # Errors
/// Where nothing could be asked at all. What one kind alone cannot give is in [`Found`].
pub async fn read(wanted: &Wanted<'_>) -> Result<Found, Error> {
    let lists = wanted.kinds_served();
    let lists = stream::iter(lists)
        .map(|(resource, row)| async move {
            let listed = wanted.kind(&resource, row).await;
            (resource, row, listed)
        })
        .buffered(AT_ONCE)
        .collect::<Vec<_>>();
    let (workloads, lists) = future::join(wanted.workloads(), lists).await;
    let mut found = Found::default();
    let (mut missing, mut elsewhere) = (Missing::default(), BTreeSet::new());
    let Workloads { lives, told, extent } = workloads?;
    (found.lives, found.errors, found.told) = (lives, told.errors, told.notes);
    if matches!(extent, Extent::There) {
        elsewhere.insert("workloads".to_owned());
    }
    for (resource, row, listed) in lists {
        match listed {
            // What is not known of the set-up is said where it counts.
            Ok((_, Extent::There)) | Err(_) if wanted.is_setting(row) => {
                found.unread.insert(resource.kind.clone());
            }
            Ok((lives, extent)) => {
                found.lives.extend(lives);
                if matches!(extent, Extent::There) {
                    elsewhere.insert(resource.plural.clone());
                }
            }
            Err(error) if ESSENTIAL.contains(&resource.kind.as_str()) => found.errors.push(error),
            Err(error) => {
                found.unread.insert(resource.kind.clone());
                missing.note(&resource, wanted.place().as_deref(), Err(error));
            }
        }
    }
    if !elsewhere.is_empty() {
        let names: Vec<String> = elsewhere.into_iter().collect();
        let place = wanted.place().unwrap_or_default();
        found.told.push(format!(
            "may not list {} outside of namespace {place}: who calls from there, or is called there, is not known",
            names.join(", ")
        ));
    }
    found.told.extend(missing.told());
    // One object may be served under several groups.
    let mut uids = HashSet::new();
    found.lives.retain(|live| live.uid().is_empty() || uids.insert(live.uid().to_owned()));
    for live in &mut found.lives {
        let kind = &live.reference.resource.kind;
        lean(kind, &mut live.value);
        if kind == "Pod" {
            without_token(&mut live.value);
        }
    }
    Ok(found)
}

/// Workloads, and what was said of them.
struct Workloads {
    lives: Vec<Live>,
    told: select::Told,
    extent: Extent,
}

impl Wanted<'_> {
    /// The kinds that the server serves, each group's in the version that it likes best.
    fn kinds_served(&self) -> Vec<(Arc<Resource>, &'static TrafficKind)> {
        let resources = self.discovery.resources();
        let lists = |resource: &Resource| resource.verbs.iter().any(|verb| verb == "list");
        // The same by another name, and deprecated.
        let slices = resources.iter().any(|resource| resource.kind == "EndpointSlice" && lists(resource));
        let mut known = HashSet::new();
        let mut served = Vec::new();
        for resource in resources.iter().filter(|resource| lists(resource)) {
            let Resource { group, kind, .. } = &**resource;
            let Some(row) = traffic_kind(group, kind).filter(|row| self.needs || !row.needs || row.settings.is_some())
            else {
                continue;
            };
            if !(slices && kind == "Endpoints") && known.insert((group, kind)) {
                served.push((Arc::clone(resource), row));
            }
        }
        served
    }

    /// Whether only those objects of a kind matter that set up the network.
    fn is_setting(&self, row: &TrafficKind) -> bool {
        !self.needs && row.needs && row.settings.is_some()
    }

    /// The namespaces for a sentence.
    fn place(&self) -> Option<String> {
        self.namespaces.map(|names| names.iter().cloned().collect::<Vec<_>>().join(", "))
    }

    /// The objects of a kind: of all namespaces, or where that is forbidden of those asked about.
    async fn kind(&self, resource: &Arc<Resource>, row: &TrafficKind) -> Listed {
        let refusal = match self.list(resource, None, row).await {
            Ok(lives) => return Ok((lives, Extent::Everywhere)),
            // It is not served any more.
            Err(error) if error.is_not_found() => return Ok((Vec::new(), Extent::Everywhere)),
            Err(error) => error,
        };
        let Some(namespaces) = self.namespaces.filter(|_| refusal.is_forbidden() && resource.namespaced) else {
            return Err(refusal);
        };
        let mut all = Vec::new();
        for namespace in namespaces {
            all.extend(self.list(resource, Some(namespace), row).await?);
        }
        Ok((all, Extent::There))
    }

    async fn list(
        &self,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        row: &TrafficKind,
    ) -> Result<Vec<Live>, Error> {
        let mut chunk = self.chunk;
        loop {
            let fields = row.settings.as_ref().filter(|_| self.is_setting(row)).unwrap_or(&row.fields);
            let options = ListOptions { labels: row.labels.clone(), fields: fields.clone(), chunk };
            let mut lives = Vec::new();
            match self.server.list(resource, namespace, &options, |live| lives.push(live)).await {
                // The list grew too old between two pages: once more, in one piece.
                Err(error) if error.code() == GONE && chunk > 0 => chunk = 0,
                Err(error) => return Err(error),
                Ok(()) => return Ok(lives),
            }
        }
    }

    /// The workloads that nobody runs: of all namespaces, or where that fails of those asked about.
    async fn workloads(&self) -> Result<Workloads, Error> {
        let everywhere = self.workloads_in(None).await;
        let Some(namespaces) = self.namespaces else { return everywhere };
        if everywhere.as_ref().is_ok_and(|all| all.told.errors.is_empty()) {
            return everywhere;
        }
        let mut all = Workloads { lives: Vec::new(), told: select::Told::default(), extent: Extent::There };
        for namespace in namespaces {
            let Workloads { lives, told, .. } = self.workloads_in(Some(namespace)).await?;
            all.lives.extend(lives);
            all.told.errors.extend(told.errors);
            all.told.notes.extend(told.notes);
        }
        Ok(all)
    }

    async fn workloads_in(&self, namespace: Option<&str>) -> Result<Workloads, Error> {
        let Self { server, discovery, kinds, .. } = *self;
        let options = ListOptions { chunk: self.chunk, ..ListOptions::default() };
        let scope = Scope { server, discovery, kinds, namespace, options };
        let mut lives = Vec::new();
        let told = select::select(&scope, &Asked::Workloads, &mut |batch| lives.extend(batch)).await?;
        Ok(Workloads { lives, told, extent: Extent::Everywhere })
    }
}
