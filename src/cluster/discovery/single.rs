//! Discovery group by group, for servers that do not tell of all at once.

use super::super::server::JSON;
use super::super::{Error, Resource, Server};
use super::Discovery;
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Groups {
    groups: Vec<Group>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Group {
    name: String,
    versions: Vec<Version>,
    preferred_version: Version,
}

#[derive(Deserialize, Default, PartialEq, Clone)]
#[serde(default)]
struct Version {
    version: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct List {
    resources: Vec<Served>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Served {
    name: String,
    singular_name: String,
    kind: String,
    namespaced: bool,
    verbs: Vec<String>,
    short_names: Vec<String>,
    categories: Vec<String>,
}

/// Ask for each group's resources. The answers are those of `/api` and `/apis`, of whichever form.
pub(super) async fn ask(server: &Server, core: &Value, named: &Value) -> Result<Discovery, Error> {
    let core = plain(server, "/api", core).await?;
    let named = plain(server, "/apis", named).await?;
    let mut versions: Vec<(String, String)> = Vec::new();
    let core = core.get("versions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    versions.extend(core.map(|version| (String::new(), version.to_owned())));
    for group in Groups::deserialize(&named).unwrap_or_default().groups {
        let mut of_group = group.versions;
        of_group.sort_by_key(|version| *version != group.preferred_version);
        versions.extend(of_group.into_iter().map(|version| (group.name.clone(), version.version)));
    }
    let answers = join_all(versions.iter().map(|(group, version)| async move {
        let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        server.read(&path, JSON).await
    }));
    let mut found = Discovery::default();
    for ((group, version), answer) in versions.iter().zip(answers.await) {
        match answer {
            Ok(list) => found.resources.extend(resources(group, version, &list)),
            Err(Error::Status(_)) => found.stale(group, version),
            Err(lost) => return Err(lost),
        }
    }
    Ok(found)
}

/// The plain form of an answer.
async fn plain(server: &Server, path: &str, answer: &Value) -> Result<Value, Error> {
    match answer.get("kind").and_then(Value::as_str) {
        Some("APIGroupDiscoveryList") => server.read(path, JSON).await,
        _ => Ok(answer.clone()),
    }
}

fn resources(group: &str, version: &str, list: &Value) -> Vec<Arc<Resource>> {
    let served = List::deserialize(list).unwrap_or_default().resources;
    let served = served.into_iter().filter(|served| !served.name.contains('/'));
    let resource = |served: Served| Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        singular: if served.singular_name.is_empty() { served.kind.to_lowercase() } else { served.singular_name },
        kind: served.kind,
        plural: served.name,
        short_names: served.short_names,
        categories: served.categories,
        namespaced: served.namespaced,
        verbs: served.verbs,
    };
    served.map(resource).map(Arc::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn subresources_are_left_out() {
        let list = json!({"resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get"], "shortNames": ["deploy"]},
            {"name": "deployments/status", "kind": "Deployment", "namespaced": true, "verbs": ["get"]},
        ]});
        let found = resources("apps", "v1", &list);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].singular.as_str(), found[0].short_names.len()), ("deployment", 1));
    }
}
