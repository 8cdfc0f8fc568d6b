//! API versions that Kubernetes no longer serves, or will not for long: a table, read from `retired.yaml`.

use super::{Minor, is_empty_selector, lookup, selector_of, selects};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// One row: kinds of an API version, and what becomes of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The old `apiVersion`.
    pub api: String,
    kinds: Vec<String>,
    /// The minor that calls it deprecated.
    pub deprecated: u8,
    /// The first minor that does not serve it.
    pub removed: u8,
    /// The successors, the newest first; none where nothing replaces it.
    #[serde(default)]
    pub becomes: Vec<Successor>,
    same: Option<Same>,
    /// What else changes with the version, a clause; empty where nothing does.
    #[serde(default)]
    pub changes: String,
}

/// An API version that takes the place of an old one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Successor {
    /// Its `apiVersion`.
    pub api: String,
    /// The first minor that serves it.
    pub since: u8,
}

/// When the version string may be exchanged by itself.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Same {
    selector: Option<Selector>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    filled: Vec<String>,
    #[serde(default)]
    rests_on: BTreeMap<String, String>,
}

/// What the old version made of a `spec.selector` that is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Selector {
    /// The labels of the template.
    Defaulted,
    /// Nothing: it had to be stated.
    Required,
}

/// What it takes for an object to become one of the new version.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exchange<'r> {
    /// The selector to state, where the old version took one by itself.
    pub selector: Option<Value>,
    /// What is another now for what runs, for the object relies on a default that is another.
    pub rests_on: Vec<&'r str>,
}

static TABLE: LazyLock<HashMap<(&str, &str), &Retired>> = LazyLock::new(|| {
    static ROWS: LazyLock<Vec<Retired>> =
        // The file is part of the program; a test proves that it reads.
        LazyLock::new(|| serde_yaml::from_str(include_str!("retired.yaml")).unwrap_or_default());
    let keys = |row: &'static Retired| row.kinds.iter().map(move |kind| ((row.api.as_str(), kind.as_str()), row));
    ROWS.iter().flat_map(keys).collect()
});

impl Retired {
    /// What is known of a kind in an API version; `None` where it is served without an end in sight.
    pub fn of(api_version: &str, kind: &str) -> Option<&'static Self> {
        TABLE.get(&(api_version, kind)).copied()
    }

    /// Whether this Kubernetes does not serve it.
    pub fn is_removed(&self, kubernetes: Minor) -> bool {
        kubernetes.at_least(self.removed)
    }

    /// The newest successor that this Kubernetes serves.
    pub fn successor(&self, kubernetes: Minor) -> Option<&Successor> {
        self.becomes.iter().find(|one| kubernetes.at_least(one.since))
    }

    /// What it takes to exchange the version of this object and nothing that it says. `None` where more must change.
    pub fn exchange(&self, object: &Value) -> Option<Exchange<'_>> {
        let same = self.same.as_ref()?;
        let selector = match same.selector {
            Some(selector) => same_selector(selector, object)?,
            None => None,
        };
        let fits = same.absent.iter().all(|path| !is_stated(object, path))
            && same.filled.iter().all(|path| lookup(object, path).is_some_and(|one| !is_empty_selector(one)));
        let rests_on = same.rests_on.iter().filter(|(path, _)| !is_stated(object, path));
        fits.then(|| Exchange { selector, rests_on: rests_on.map(|(_, what)| what.as_str()).collect() })
    }
}

/// The selector to state, if any; `None` where that is for a person to say.
fn same_selector(selector: Selector, object: &Value) -> Option<Option<Value>> {
    let none = Map::new();
    let labels = lookup(object, "/spec/template/metadata/labels").and_then(Value::as_object).unwrap_or(&none);
    match lookup(object, "/spec/selector").filter(|stated| !stated.is_null()) {
        Some(stated) => selects(stated, &labels.clone().into()).then_some(None),
        None => (selector == Selector::Defaulted && !labels.is_empty()).then(|| Some(selector_of(labels))),
    }
}

/// Whether anything but `null` stands at a path, in which `*` is every item of a list.
fn is_stated(value: &Value, path: &str) -> bool {
    match path.split_once("/*") {
        Some((list, rest)) => {
            let items = lookup(value, list).and_then(Value::as_array);
            items.into_iter().flatten().any(|item| is_stated(item, rest))
        }
        None => lookup(value, path).is_some_and(|found| !found.is_null()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::KindTable;
    use serde_json::json;

    #[test]
    fn the_table_reads_and_every_row_is_well_formed() {
        let rows: Vec<Retired> = serde_yaml::from_str(include_str!("retired.yaml")).unwrap();
        let pairs: usize = rows.iter().map(|row| row.kinds.len()).sum();
        assert_eq!(TABLE.len(), pairs, "a kind of an API version stands twice");
        for row in &rows {
            assert!(row.deprecated < row.removed, "{row:?}");
            // Nobody is sent to a version that is itself retired by then.
            for successor in &row.becomes {
                let kinds = row.kinds.iter().filter_map(|kind| Retired::of(&successor.api, kind));
                assert!(kinds.into_iter().all(|next| next.removed > row.removed), "{row:?}");
            }
            assert!(row.becomes.is_sorted_by(|one, other| one.since > other.since), "{row:?}");
            assert!(row.same.is_none() || !row.becomes.is_empty(), "{row:?}");
            // Where more than the version may have to change, it says what; where not, there is nothing to say.
            let always = row
                .same
                .as_ref()
                .is_some_and(|same| same.selector.is_none() && same.absent.is_empty() && same.filled.is_empty());
            assert_eq!(always, row.changes.is_empty(), "{row:?}");
            assert!(!row.changes.ends_with('.'), "{row:?}");
        }
    }

    #[test]
    fn a_workload_of_an_old_version_is_one_before_and_after() {
        let kinds = KindTable::builtin();
        let group = |api: &str| api.split_once('/').map_or("", |(group, _)| group).to_owned();
        let rows = TABLE.values().filter(|row| row.same.as_ref().is_some_and(|same| same.selector.is_some()));
        let mut checked = 0;
        for (row, kind) in rows.flat_map(|row| row.kinds.iter().map(move |kind| (row, kind))) {
            assert!(kinds.knows(&group(&row.api), kind), "{} {kind}", row.api);
            assert!(row.becomes.iter().all(|one| kinds.knows(&group(&one.api), kind)), "{} {kind}", row.api);
            checked += 1;
        }
        assert!(checked > 6);
    }

    #[test]
    fn a_star_stands_for_every_item() {
        let object =
            json!({"subjects": [{"kind": "User"}, {"kind": "User", "apiVersion": "v1"}], "spec": {"group": null}});
        assert!(is_stated(&object, "/subjects/*/apiVersion") && is_stated(&object, "/subjects/*/kind"));
        assert!(!is_stated(&object, "/subjects/*/apiGroup") && !is_stated(&object, "/spec/group"));
    }
}
