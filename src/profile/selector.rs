//! Which objects a setting or an exception is for.

use crate::workload::Object;
use globset::{Glob, GlobMatcher};
use std::fmt;

/// A glob over names: `*` any text, `?` any character, `[a-c]`, `{a,b}`. Upper and lower case differ.
#[derive(Clone)]
pub struct Pattern {
    matcher: GlobMatcher,
}

impl Pattern {
    /// Read a glob. The error says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        match Glob::new(text) {
            Ok(glob) => Ok(Self { matcher: glob.compile_matcher() }),
            Err(error) => Err(error.kind().to_string()),
        }
    }

    /// Whether it matches the whole of `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.matcher.glob().glob()
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// Which objects something is for. Every stated part must match; a part that is empty matches all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Globs over `metadata.namespace`; an object that states none is in `default`.
    pub namespaces: Vec<Pattern>,
    /// Kinds.
    pub kinds: Vec<String>,
    /// Globs over `metadata.name`.
    pub names: Vec<Pattern>,
    /// Labels that must be there, with globs for values.
    pub labels: Vec<(String, Pattern)>,
}

impl Selector {
    /// Whether it selects an object.
    pub fn selects(&self, object: &Object) -> bool {
        let identity = &object.identity;
        let namespace = identity.namespace.as_deref().unwrap_or("default");
        let any = |patterns: &[Pattern], text: &str| patterns.is_empty() || patterns.iter().any(|one| one.matches(text));
        any(&self.namespaces, namespace)
            && (self.kinds.is_empty() || self.kinds.contains(&identity.kind))
            && any(&self.names, &identity.name)
            && self
                .labels
                .iter()
                .all(|(key, pattern)| object.metadata("labels", key).is_some_and(|value| pattern.matches(value)))
    }
}

impl fmt::Display for Selector {
    /// `namespaces kube-*; kinds DaemonSet; labels app=web`, or `all objects`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patterns = |list: &[Pattern]| list.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>();
        let labels: Vec<String> = self.labels.iter().map(|(key, value)| format!("{key}={}", value.as_str())).collect();
        let parts = [
            ("namespaces", patterns(&self.namespaces)),
            ("kinds", self.kinds.clone()),
            ("names", patterns(&self.names)),
            ("labels", labels),
        ];
        let stated: Vec<String> = parts
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(part, list)| format!("{part} {}", list.join(", ")))
            .collect();
        out.write_str(if stated.is_empty() { "all objects" } else { "" })?;
        out.write_str(&stated.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Identity;
    use serde_json::json;

    fn object(namespace: Option<&str>) -> Object {
        let value = json!({"metadata": {"name": "web-1", "namespace": namespace,
            "labels": {"app.kubernetes.io/name": "web", "tier": "front"}}});
        let identity = Identity::of("apps/v1".into(), "Deployment".into(), &value);
        Object { manifest: 0, document: 0, base: String::new(), identity, value, templates: vec![] }
    }

    fn globs(list: &[&str]) -> Vec<Pattern> {
        list.iter().map(|one| Pattern::new(one).unwrap()).collect()
    }

    #[test]
    fn every_stated_part_must_match() {
        let selector = Selector {
            namespaces: globs(&["kube-*", "shop"]),
            kinds: vec!["Deployment".into()],
            names: globs(&["web-?"]),
            labels: vec![("tier".into(), Pattern::new("fr*").unwrap())],
        };
        let shop = object(Some("shop"));
        assert!(selector.selects(&shop));
        assert!(!selector.selects(&object(Some("other"))));
        assert!(!Selector { kinds: vec!["Pod".into()], ..selector.clone() }.selects(&shop));
        assert!(!Selector { names: globs(&["web"]), ..selector.clone() }.selects(&shop));
        let label = |key: &str, glob: &str| vec![(key.to_owned(), Pattern::new(glob).unwrap())];
        assert!(!Selector { labels: label("tier", "back"), ..selector.clone() }.selects(&shop));
        assert!(!Selector { labels: label("absent", "*"), ..selector.clone() }.selects(&shop));
        assert!(Selector { labels: label("app.kubernetes.io/name", "web"), ..selector }.selects(&shop));
    }

    #[test]
    fn no_namespace_is_the_default_one_and_nothing_stated_is_everything() {
        let default = Selector { namespaces: globs(&["default"]), ..Selector::default() };
        assert!(default.selects(&object(None)) && !default.selects(&object(Some("shop"))));
        assert!(Selector::default().selects(&object(None)));
    }

    #[test]
    fn a_broken_glob_says_why() {
        assert!(Pattern::new("a[").unwrap_err().contains("class"));
    }
}
