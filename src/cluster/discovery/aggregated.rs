//! The answer that tells of all groups at once: `APIGroupDiscoveryList`, KEP-3352.

use super::super::Resource;
use super::Discovery;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// What is asked for; an old server answers with the plain list of groups.
pub(super) const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                                 application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

#[derive(Deserialize, Default)]
#[serde(default)]
struct List {
    kind: String,
    items: Vec<Group>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Group {
    metadata: Metadata,
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Version {
    version: String,
    freshness: String,
    resources: Vec<Served>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Served {
    resource: String,
    response_kind: Kind,
    scope: String,
    singular_resource: String,
    verbs: Vec<String>,
    short_names: Vec<String>,
    categories: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Kind {
    kind: String,
}

/// The resources of an answer; `None` where it is another one.
pub(super) fn read(answer: &Value) -> Option<Discovery> {
    let list = List::deserialize(answer).ok().filter(|list| list.kind == "APIGroupDiscoveryList")?;
    let mut found = Discovery::default();
    for group in list.items {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                found.stale(&name, &version.version);
            }
            let resources = version.resources.into_iter().map(|served| resource(&name, &version.version, served));
            // One without a kind serves subresources alone.
            found.resources.extend(resources.filter(|resource| !resource.kind.is_empty()).map(Arc::new));
        }
    }
    Some(found)
}

fn resource(group: &str, version: &str, served: Served) -> Resource {
    let kind = served.response_kind.kind;
    Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        singular: if served.singular_resource.is_empty() { kind.to_lowercase() } else { served.singular_resource },
        kind,
        plural: served.resource,
        short_names: served.short_names,
        categories: served.categories,
        namespaced: served.scope == "Namespaced",
        verbs: served.verbs,
    }
}
