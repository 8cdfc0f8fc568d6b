//! Live objects by the words of the command line, as kubectl's resource builder finds them.
//!
//! [`parse`] reads the words, [`select`] asks the server. Each object comes once, in the order asked for; what is run by
//! another object leads to the one on top. One that cannot be had never stops the others: its error is in the answer.

mod everything;
mod place;
mod top;
mod words;

pub use everything::others;
pub use place::Places;
pub use words::{Asked, Flags, WordError, parse};

use super::{Discovery, Error, ListOptions, Live, Reference, Resource, Server};
use crate::workload::KindTable;
use futures::{StreamExt, stream};
use std::sync::Arc;
use top::{Climb, Controller};

/// The kind and name of what controls an object.
pub fn controller(live: &Live) -> Option<(String, String)> {
    Controller::of(live).map(|controller| (controller.kind, controller.name))
}

/// How many objects are asked for by name at a time.
const AT_ONCE: usize = 8;
/// How many objects are handed on together.
const BATCH: usize = 500;

/// Where and how objects are looked for.
pub struct Scope<'s> {
    /// The server.
    pub server: &'s Server,
    /// What it serves.
    pub discovery: &'s Discovery,
    /// Which kinds hold pod templates.
    pub kinds: &'s KindTable,
    /// The namespace; `None` for all of them.
    pub namespace: Option<&'s str>,
    /// What lists are asked for.
    pub options: ListOptions,
}

/// What became of a selection beside the objects.
#[derive(Debug, Default)]
pub struct Told {
    /// What could not be had. The run then ends with exit code 2.
    pub errors: Vec<Error>,
    /// What a person should know: who was looked at instead of whom.
    pub notes: Vec<String>,
}

/// An object by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its resource.
    pub resource: Arc<Resource>,
    /// The namespace it stands in, where that is not the one of the [`Scope`].
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// Find what was asked for, and hand it on in batches.
///
/// # Errors
/// Where a type is unknown, or nothing could be asked at all. What one object or list alone cannot give is in [`Told`].
pub async fn select(scope: &Scope<'_>, asked: &Asked, take: &mut dyn FnMut(Vec<Live>)) -> Result<Told, Error> {
    match asked {
        Asked::Named(pairs) => {
            let wanted: Result<Vec<Wanted>, Error> = pairs
                .iter()
                .map(|(word, name)| {
                    Ok(Wanted { resource: scope.discovery.must_find(word)?, namespace: None, name: name.clone() })
                })
                .collect();
            named(scope, wanted?, take).await
        }
        Asked::Types(words) => listed(scope, scope.resources(words)?, take).await,
        Asked::Workloads => everything::workloads(scope, take).await,
    }
}

/// These objects.
pub async fn named(scope: &Scope<'_>, wanted: Vec<Wanted>, take: &mut dyn FnMut(Vec<Live>)) -> Result<Told, Error> {
    let references: Result<Vec<Reference>, Error> = wanted.into_iter().map(|one| scope.reference(one)).collect();
    let mut told = Told::default();
    let mut climb = Climb::new(scope.server, scope.discovery, scope.kinds);
    let got = stream::iter(references?).map(|reference| async move {
        let got = scope.server.get(&reference).await;
        (reference, got)
    });
    let mut got = got.buffered(AT_ONCE).chunks(BATCH);
    let mut places = Places::default();
    while let Some(batch) = got.next().await {
        let mut lives = Vec::new();
        for (reference, got) in batch {
            match got {
                Ok(live) => lives.push(live),
                Err(error) if error.is_not_found() => {
                    let missing = places.missing(scope.server, reference.namespace.as_deref()).await;
                    told.errors.push(missing.unwrap_or(error));
                }
                Err(error) => told.errors.push(error),
            }
        }
        take(climb.tops(lives).await);
    }
    told.notes = climb.notes();
    Ok(told)
}

/// All objects of these resources.
async fn listed(
    scope: &Scope<'_>,
    resources: Vec<Arc<Resource>>,
    take: &mut dyn FnMut(Vec<Live>),
) -> Result<Told, Error> {
    let mut told = Told::default();
    let mut climb = Climb::new(scope.server, scope.discovery, scope.kinds);
    for resource in resources {
        let mut run = Vec::new();
        let result = scope
            .list(
                &resource,
                &mut |live| {
                    if Controller::of(&live).is_some_and(|controller| controller.is_workload(scope.kinds)) {
                        run.push(top::stem(live));
                        return None;
                    }
                    climb.is_new(&live).then_some(live)
                },
                take,
            )
            .await;
        told.errors.extend(result.err().map(|error| of_list(error, &scope.options, &resource)));
        take(climb.tops(run).await);
    }
    told.notes = climb.notes();
    Ok(told)
}

impl Scope<'_> {
    /// List a resource, and hand on in batches what `pick` leaves of it.
    async fn list(
        &self,
        resource: &Arc<Resource>,
        pick: &mut dyn FnMut(Live) -> Option<Live>,
        take: &mut dyn FnMut(Vec<Live>),
    ) -> Result<(), Error> {
        let mut batch = Vec::new();
        let mut each = |live: Live| {
            batch.extend(pick(live));
            if batch.len() == BATCH {
                take(std::mem::take(&mut batch));
            }
        };
        let mut result = self.server.list(resource, self.namespace, &self.options, &mut each).await;
        if result.as_ref().is_err_and(|error| error.code() == GONE) {
            // The list grew too old between two pages: once more, in one piece. What was handed on is known.
            let options = ListOptions { chunk: 0, ..self.options.clone() };
            result = self.server.list(resource, self.namespace, &options, &mut each).await;
        }
        take(batch);
        result
    }

    /// The resources of these words; a category stands for several.
    fn resources(&self, words: &[String]) -> Result<Vec<Arc<Resource>>, Error> {
        let mut resources: Vec<Arc<Resource>> = Vec::new();
        for word in words {
            // Of a category only that counts which can be looked into.
            let mut found = self.discovery.category(word);
            let is_category = !found.is_empty();
            found.retain(|resource| self.kinds.knows(&resource.group, &resource.kind));
            if !is_category {
                found.push(self.discovery.must_find(word)?);
            }
            for resource in found {
                if !resources.contains(&resource) {
                    resources.push(resource);
                }
            }
        }
        Ok(resources)
    }

    fn reference(&self, wanted: Wanted) -> Result<Reference, Error> {
        let Wanted { resource, namespace, name } = wanted;
        let namespace = namespace.or_else(|| self.namespace.map(str::to_owned)).filter(|_| resource.namespaced);
        if resource.namespaced && namespace.is_none() {
            return Err(Error::Other("a resource cannot be retrieved by name across all namespaces".to_owned()));
        }
        Ok(Reference { resource, namespace, name })
    }
}

/// The HTTP status of a list that is too old to go on with.
const GONE: u16 = 410;

/// As kubectl words the failure of a list.
fn of_list(error: Error, options: &ListOptions, resource: &Resource) -> Error {
    let Error::Status(mut status) = error else { return error };
    if [400, 404].contains(&status.code) {
        let Resource { group, version, plural, .. } = resource;
        let named = format!("{group}/{version}, Resource={plural}");
        let ListOptions { labels, fields, .. } = options;
        status.message = match labels.is_empty() && fields.is_empty() {
            true => format!("Unable to list {named:?}: {}", status.message),
            false => format!(
                "Unable to find {named:?} that match label selector {labels:?}, field selector {fields:?}: {}",
                status.message
            ),
        };
    }
    Error::Status(status)
}
