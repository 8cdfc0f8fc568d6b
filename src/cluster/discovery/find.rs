//! How a word of the command line finds its resource: the rules of kubectl's RESTMapper.

use super::super::{Error, Resource};
use super::Discovery;
use std::sync::Arc;

impl Discovery {
    /// The resource that a word names: `TYPE`, `TYPE.GROUP` or `TYPE.VERSION.GROUP`, where a type is a plural, a singular, a
    /// kind or a short name, in whatever case. Of several the server's favourite.
    pub fn find(&self, word: &str) -> Option<Arc<Resource>> {
        let word = word.to_lowercase();
        let parts: Vec<&str> = word.splitn(3, '.').collect();
        if let [name, version, group] = parts[..]
            && let Some(found) = self.first(name, |resource| resource.version == version && resource.group == group)
        {
            return Some(found);
        }
        match word.split_once('.') {
            None => self.first(&word, |_| true),
            // The whole name of a group comes before the beginning of one.
            Some((name, group)) => self
                .first(name, |resource| resource.group == group)
                .or_else(|| self.first(name, |resource| resource.group.starts_with(group))),
        }
    }

    /// As [`Self::find`]; kubectl's sentence where there is none.
    pub fn must_find(&self, word: &str) -> Result<Arc<Resource>, Error> {
        let missing = || {
            let place = |group: &str| format!(" in group {group:?}");
            let (name, group) = word.split_once('.').map_or((word, None), |(name, group)| (name, Some(group)));
            let place = group.filter(|group| !group.is_empty()).map(place).unwrap_or_default();
            Error::Other(format!("the server doesn't have a resource type {name:?}{place}"))
        };
        self.find(word).ok_or_else(missing)
    }

    /// The resources of a category, such as `all`, each in the version that the server likes best; none where it is no
    /// category.
    pub fn category(&self, word: &str) -> Vec<Arc<Resource>> {
        let mut found: Vec<Arc<Resource>> = Vec::new();
        for resource in &self.resources {
            let known = |other: &Arc<Resource>| other.group == resource.group && other.plural == resource.plural;
            if resource.categories.iter().any(|category| category == word) && !found.iter().any(known) {
                found.push(Arc::clone(resource));
            }
        }
        found
    }

    /// The resource of a manifest's `apiVersion` and `kind`.
    pub fn of_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        let is_it = |resource: &&Arc<Resource>| resource.kind == kind && resource.api_version() == api_version;
        self.resources.iter().find(is_it).cloned()
    }

    /// The first one of that name among those that fit: a full name comes before a short one.
    fn first(&self, name: &str, fits: impl Fn(&Resource) -> bool) -> Option<Arc<Resource>> {
        let fitting = || self.resources.iter().filter(|resource| fits(resource));
        let full = |resource: &&Arc<Resource>| resource.plural == name || resource.singular == name;
        let short = |resource: &&Arc<Resource>| resource.short_names.iter().any(|short| short == name);
        let kind = |resource: &&Arc<Resource>| resource.kind.to_lowercase() == name;
        let found = fitting().find(full).or_else(|| fitting().find(short)).or_else(|| fitting().find(kind));
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::aggregated;
    use super::*;
    use serde_json::{Value, json};

    fn served(resource: &str, kind: &str, short: &[&str], categories: &[&str]) -> Value {
        json!({"resource": resource, "responseKind": {"kind": kind}, "scope": "Namespaced", "verbs": ["get", "list"],
            "singularResource": kind.to_lowercase(), "shortNames": short, "categories": categories,
            "subresources": [{"subresource": "status"}]})
    }

    fn version(version: &str, resources: &[Value]) -> Value {
        json!({"version": version, "freshness": "Current", "resources": resources})
    }

    fn discovery() -> Discovery {
        let pods = served("pods", "Pod", &["po"], &["all"]);
        let group = |name: &str, versions: &[Value]| json!({"metadata": {"name": name}, "versions": versions});
        let deployments = served("deployments", "Deployment", &["deploy"], &["all"]);
        let answer = json!({"kind": "APIGroupDiscoveryList", "items": [
            group("", &[version("v1", &[pods.clone(), served("events", "Event", &["ev"], &[])])]),
            group("apps", &[version("v1", std::slice::from_ref(&deployments)), version("v1beta1", &[deployments])]),
            group("events.k8s.io", &[version("v1", &[served("events", "Event", &["ev"], &[])])]),
            group("metrics.k8s.io", &[version("v1beta1", &[served("pods", "PodMetrics", &[], &[])])]),
            group("po.example.com", &[version("v1", &[served("po", "Po", &[], &[])])]),
            json!({"metadata": {"name": "down.example.com"}, "versions": [{"version": "v1", "freshness": "Stale"}]}),
        ]});
        aggregated::read(&answer).unwrap()
    }

    #[test]
    fn words_find_what_kubectl_finds() {
        let discovery = discovery();
        let cases = [
            ("pods", "v1/pods"),
            ("pod", "v1/pods"),
            ("Pod", "v1/pods"),
            ("PODS", "v1/pods"),
            ("po", "po.example.com/v1/po"),
            ("deploy", "apps/v1/deployments"),
            ("Deployment.apps", "apps/v1/deployments"),
            ("deploy.app", "apps/v1/deployments"),
            ("deployments.v1beta1.apps", "apps/v1beta1/deployments"),
            ("events", "v1/events"),
            ("ev.events.k8s.io", "events.k8s.io/v1/events"),
            ("events.events.k8s.io", "events.k8s.io/v1/events"),
            ("pods.metrics.k8s.io", "metrics.k8s.io/v1beta1/pods"),
            ("podmetrics", "metrics.k8s.io/v1beta1/pods"),
        ];
        for (word, expected) in cases {
            let found = discovery.find(word).map(|found| format!("{}/{}", found.api_version(), found.plural));
            assert_eq!(found.as_deref(), Some(expected), "{word}");
        }
        for word in ["", "nope", "pods.nope", "pods/status", "deployments.v2.apps", "."] {
            assert_eq!(discovery.find(word), None, "{word}");
        }
        let error = discovery.must_find("foo.bar").unwrap_err().to_string();
        assert_eq!(error, "the server doesn't have a resource type \"foo\" in group \"bar\"");
        let error = discovery.must_find("foo").unwrap_err().to_string();
        assert_eq!(error, "the server doesn't have a resource type \"foo\"");
    }

    #[test]
    fn a_category_has_each_kind_once_and_a_server_that_is_down_is_noted() {
        let discovery = discovery();
        let all: Vec<String> = discovery.category("all").iter().map(|one| one.full_name()).collect();
        assert_eq!(all, ["pods", "deployments.apps"]);
        assert!(discovery.category("pods").is_empty());
        assert_eq!(discovery.notes().len(), 1);
        assert!(discovery.of_kind("apps/v1beta1", "Deployment").is_some());
        assert_eq!(discovery.of_kind("apps/v2", "Deployment"), None);
    }
}
