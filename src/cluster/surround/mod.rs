//! What stands around live workloads: the neighbours that rules want, the digests that pods run, what pods use.
//!
//! All of it is optional. A right that the user lacks costs precision, is told in one line, and is never an error.

mod kinds;
mod pods;
mod usage;
mod vertical;

pub use pods::digests;
pub use usage::usage;
pub use vertical::recommendations;

use super::{Discovery, Error, ListOptions, Live, Resource, Server};
use crate::workload::Neighbours;
use futures::{StreamExt, stream};
use kinds::{Reads, Row};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many lists are asked for at a time.
const AT_ONCE: usize = 6;

/// Where to look.
pub struct Place<'p> {
    /// The server.
    pub server: &'p Server,
    /// What it serves.
    pub discovery: &'p Discovery,
    /// The namespaces in question; `None` for all of them.
    pub namespaces: Option<&'p BTreeSet<String>>,
    /// How many objects are asked for at a time.
    pub chunk: u32,
}

/// What could not be read, to be told in one line.
#[derive(Debug, Default)]
pub struct Missing {
    /// The resources that may not be listed, by where: a namespace, or everywhere.
    forbidden: BTreeMap<String, BTreeSet<String>>,
    /// Other reasons.
    others: BTreeSet<String>,
}

/// The neighbours that the rules which run want.
pub async fn neighbours(place: &Place<'_>, runs: &dyn Fn(&str) -> bool, missing: &mut Missing) -> Neighbours {
    let mut all = Neighbours::default();
    let (later, first): (Vec<Row>, Vec<Row>) = kinds::wanted(runs).into_iter().partition(|row| row.behind.is_some());
    place.read(first, &mut all, missing).await;
    for row in later {
        if row.behind.as_ref().is_some_and(|kind| !all.of_kind(kind).is_empty()) {
            place.read(vec![row], &mut all, missing).await;
        }
    }
    all
}

impl Place<'_> {
    /// Where the objects of a resource are listed: in each namespace, or once.
    fn of(&self, resource: &Resource) -> Vec<Option<String>> {
        match self.namespaces.filter(|_| resource.namespaced) {
            Some(namespaces) => namespaces.iter().cloned().map(Some).collect(),
            None => vec![None],
        }
    }

    /// Read what these rows name.
    async fn read(&self, rows: Vec<Row>, all: &mut Neighbours, missing: &mut Missing) {
        let mut wanted: Vec<(Row, Arc<Resource>, Option<String>)> = Vec::new();
        for row in rows {
            // What is not served has no objects.
            let Some(resource) = self.discovery.of_kind(&row.api_version, &row.kind) else { continue };
            wanted.extend(self.of(&resource).into_iter().map(|at| (row.clone(), Arc::clone(&resource), at)));
        }
        let lists = stream::iter(wanted).map(|(row, resource, at)| async move {
            let mut found = Neighbours::default();
            let result = self.list(&row, &resource, at.as_deref(), &mut found).await;
            (resource, at, found, result)
        });
        let mut lists = lists.buffered(AT_ONCE);
        while let Some((resource, at, found, result)) = lists.next().await {
            all.surround(found);
            if result.as_ref().is_err_and(|error| !error.is_not_found()) {
                all.leave_out(&resource.kind);
            }
            missing.note(&resource, at.as_deref(), result);
        }
    }

    fn options(&self) -> ListOptions {
        ListOptions { chunk: self.chunk, ..ListOptions::default() }
    }

    async fn list(
        &self,
        row: &Row,
        resource: &Arc<Resource>,
        namespace: Option<&str>,
        found: &mut Neighbours,
    ) -> Result<(), Error> {
        let options = self.options();
        match row.reads {
            Reads::Whole => {
                let each = |live: Live| found.add_outside(live.reference.identity(), &live.value);
                self.server.list(resource, namespace, &options, each).await
            }
            Reads::Keys => {
                let each = |live: Live| {
                    if let Some(keys) = keys(&live.value) {
                        let data: Map<String, Value> = keys.into_iter().map(|key| (key, Value::Null)).collect();
                        found.add_outside(live.reference.identity(), &json!({"data": data}));
                    }
                };
                self.server.list_metadata(resource, namespace, &options, each).await
            }
        }
    }
}

/// The names of the keys of a Secret, as its field managers have them; `None` where they do not tell.
fn keys(metadata: &Value) -> Option<BTreeSet<String>> {
    let managers = metadata.pointer("/metadata/managedFields")?.as_array().filter(|all| !all.is_empty())?;
    let data = managers.iter().flat_map(|manager| {
        ["/fieldsV1/f:data", "/fieldsV1/f:stringData"].into_iter().filter_map(|at| manager.pointer(at)?.as_object())
    });
    let named = data.flat_map(Map::keys).filter_map(|field| field.strip_prefix("f:"));
    Some(named.map(str::to_owned).collect())
}

impl Missing {
    pub(in crate::cluster) fn note(&mut self, resource: &Resource, namespace: Option<&str>, result: Result<(), Error>) {
        let Err(error) = result else { return };
        let place = namespace.map_or("all namespaces".to_owned(), str::to_owned);
        match () {
            () if error.is_forbidden() => {
                let place = if resource.namespaced { place } else { "the cluster".to_owned() };
                self.forbidden.entry(place).or_default().insert(resource.plural.clone());
            }
            // It is not served any more.
            () if error.is_not_found() => {}
            () => drop(self.others.insert(format!("{} could not be read: {error}", resource.full_name()))),
        }
    }

    /// One line for all that may not be listed, and one for each other reason.
    pub fn told(&self) -> Vec<String> {
        let list = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
        let mut by_names: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (place, names) in &self.forbidden {
            by_names.entry(list(names)).or_default().push(place);
        }
        let parts: Vec<String> =
            by_names.into_iter().map(|(names, places)| format!("{names} in {}", places.join(", "))).collect();
        let mut told = Vec::new();
        if !parts.is_empty() {
            told.push(format!("may not list {}: what depends on them is less sure", parts.join("; ")));
        }
        told.extend(self.others.iter().cloned());
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Status;

    #[test]
    fn keys_are_told_by_the_managers_of_the_fields() {
        let managed = |fields: Value| json!({"metadata": {"managedFields": fields}});
        let two = managed(json!([
            {"fieldsV1": {"f:data": {".": {}, "f:password": {}}, "f:type": {}}},
            {"fieldsV1": {"f:data": {"f:user": {}}, "f:metadata": {}}},
        ]));
        let named: Vec<String> = keys(&two).unwrap().into_iter().collect();
        assert_eq!(named, ["password", "user"]);
        assert_eq!(keys(&managed(json!([]))), None);
        assert_eq!(keys(&json!({"metadata": {}})), None);
    }

    #[test]
    fn missing_rights_are_one_line() {
        let forbidden = || Err(Error::Status(Box::new(Status { code: 403, ..Status::default() })));
        let resource = |plural: &str| Resource { plural: plural.to_owned(), namespaced: true, ..Resource::default() };
        let mut missing = Missing::default();
        assert!(missing.told().is_empty());
        for namespace in ["bar", "shop"] {
            missing.note(&resource("secrets"), Some(namespace), forbidden());
            missing.note(&resource("limitranges"), Some(namespace), forbidden());
        }
        missing.note(&Resource { namespaced: false, ..resource("clusterroles") }, None, forbidden());
        let told = missing.told();
        assert_eq!(
            told,
            [
                "may not list clusterroles in the cluster; limitranges, secrets in bar, shop: what depends on them is less sure"
            ]
        );
    }
}
