//! What sources say that containers need: a table by workload and container.

use super::{Quantity, Resource};
use crate::workload::Identity;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

/// The sources of a run, in the order in which they are asked.
#[derive(Debug, Default)]
pub struct Recommendations {
    sources: Vec<Source>,
}

/// What one source knows.
#[derive(Debug, Default)]
pub struct Source {
    entries: Vec<Entry>,
    /// Entries of one container name, by that name; under `*` those of any.
    by_container: HashMap<String, Vec<usize>>,
}

/// Who an entry is about. A part that is `*` fits any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The namespace.
    pub namespace: String,
    /// The kind of the workload, such as `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The container's name.
    pub container: String,
}

/// What a source knows of a container.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Who it is about.
    pub key: Key,
    /// What it should ask for.
    pub requests: BTreeMap<Resource, Recommended>,
    /// What it should have at most.
    pub limits: BTreeMap<Resource, Recommended>,
    /// Whether that was measured; otherwise a person has written it and it is taken word for word.
    pub measured: bool,
    /// Why not to rely on it, a clause: too little data, no answer.
    pub doubt: Option<String>,
}

/// An amount with where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recommended {
    /// How much.
    pub amount: Quantity,
    /// Where it is from, for people: `krr: max over 14 d plus 15 %`.
    pub from: String,
}

/// The part of a key that fits any.
const ANY: &str = "*";

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}/{}/{}", self.namespace, self.kind, self.name, self.container)
    }
}

impl Recommendations {
    /// Ask these, in this order.
    pub fn new(sources: Vec<Source>) -> Self {
        Self { sources }
    }

    /// What the first source says that knows a container of a workload.
    pub fn of(&self, workload: &Identity, container: &str) -> Option<&Entry> {
        self.sources.iter().find_map(|source| source.find(workload, container))
    }
}

impl Source {
    /// A source of these entries. Of those that fit a container the first counts that has an amount.
    pub fn new(entries: Vec<Entry>) -> Self {
        let mut by_container: HashMap<String, Vec<usize>> = HashMap::new();
        let tells = |entry: &Entry| !entry.requests.is_empty() || !entry.limits.is_empty();
        for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| tells(entry)) {
            by_container.entry(entry.key.container.clone()).or_default().push(index);
        }
        Self { entries, by_container }
    }

    /// All it knows.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A manifest that states no namespace is that of any namespace, if the source knows the container in one only.
    fn find(&self, workload: &Identity, container: &str) -> Option<&Entry> {
        let named = |name: &str| self.by_container.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut candidates = [named(container), named(ANY)].concat();
        candidates.sort_unstable();
        let fits = |pattern: &str, text: &str| pattern == ANY || pattern == text;
        let candidates = candidates.into_iter().map(|index| &self.entries[index]);
        let mut fitting =
            candidates.filter(|entry| fits(&entry.key.kind, &workload.kind) && fits(&entry.key.name, &workload.name));
        match workload.namespace.as_deref() {
            Some(namespace) => fitting.find(|entry| fits(&entry.key.namespace, namespace)),
            None => {
                let first = fitting.next()?;
                let same = |entry: &Entry| [ANY, &first.key.namespace].contains(&entry.key.namespace.as_str());
                (first.key.namespace == ANY || fitting.all(same)).then_some(first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(keys: &[&str]) -> Source {
        let entry = |key: &&str| {
            let parts: Vec<String> = key.split('/').map(str::to_owned).collect();
            let [namespace, kind, name, container] = parts.try_into().unwrap();
            let key = Key { namespace, kind, name, container };
            let amount = Recommended { amount: Quantity::ZERO, from: String::new() };
            let requests = BTreeMap::from([(Resource::Cpu, amount)]);
            Entry { key, requests, limits: BTreeMap::new(), measured: true, doubt: None }
        };
        Source::new(keys.iter().map(entry).collect())
    }

    fn who(namespace: Option<&str>) -> Identity {
        let namespace = namespace.map(str::to_owned);
        Identity { api_version: "apps/v1".into(), kind: "Deployment".into(), namespace, name: "web".into() }
    }

    fn found<'s>(source: &'s Source, namespace: Option<&str>, container: &str) -> Option<&'s str> {
        source.find(&who(namespace), container).map(|entry| entry.key.namespace.as_str())
    }

    #[test]
    fn the_first_that_fits_counts() {
        let source = source(&["shop/Deployment/web/web", "*/Deployment/*/*", "test/Deployment/web/web"]);
        assert_eq!(found(&source, Some("shop"), "web"), Some("shop"));
        assert_eq!(found(&source, Some("test"), "web"), Some("*"));
        assert_eq!(found(&source, Some("shop"), "proxy"), Some("*"));
    }

    #[test]
    fn without_a_namespace_only_one_may_be_meant() {
        let two = source(&["shop/Deployment/web/web", "test/Deployment/web/web", "test/Deployment/web/proxy"]);
        assert_eq!(found(&two, None, "web"), None);
        assert_eq!(found(&two, None, "proxy"), Some("test"));
        assert_eq!(found(&two, Some("other"), "web"), None);
        assert_eq!(found(&source(&["*/*/*/*", "shop/Deployment/web/web"]), None, "web"), Some("*"));
    }

    #[test]
    fn the_first_source_that_knows_the_container_is_asked() {
        let all = Recommendations::new(vec![source(&["a/Job/x/x"]), source(&["*/Deployment/web/web"])]);
        assert_eq!(all.of(&who(Some("a")), "web").unwrap().key.namespace, "*");
        assert!(all.of(&who(Some("a")), "db").is_none());
    }
}
