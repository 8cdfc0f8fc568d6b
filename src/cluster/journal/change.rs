//! What changes between two values, value by value, so that each can be taken back by itself.

use super::claimed::claimants;
use super::hidden::{Secrets, hash};
use super::path::{Path, Step};
use super::{LAST_APPLIED, lists};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One value that changes.
///
/// A mapping or a list that comes or goes stands here as an empty one beside what it holds. An item of a list with keys that
/// comes or goes is one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Where.
    pub path: Path,
    /// What was there; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Kept>,
    /// What is to be there; `None` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Kept>,
    /// What the server made of it, where that is something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Kept>,
    /// Where in its list an item stood that goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
    /// Whether others asked for it as well when it was written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// A value as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// As it is.
    Value(Value),
    /// It holds a secret: a hash that tells whether a value is that one.
    Sha256(String),
}

impl Changed {
    /// Whether it is only the place of others that comes.
    pub fn is_new_place(&self) -> bool {
        self.before.is_none() && self.after.as_ref().is_some_and(Kept::is_place)
    }

    /// Whether it is only the place of others that goes.
    pub fn is_old_place(&self) -> bool {
        self.after.is_none() && self.before.as_ref().is_some_and(Kept::is_place)
    }

    /// The others that ask for what the run wrote, as the object is now, and did not then. `run` is the run that wrote it.
    pub fn claimants(&self, object: &Value, run: &str) -> Vec<String> {
        if self.shared { Vec::new() } else { claimants(self, object, run) }
    }

    /// Whether a value is what the run wrote.
    pub fn wrote(&self, value: &Value, run: &str) -> bool {
        [&self.after, &self.stored].into_iter().flatten().any(|kept| kept.is(value, run))
    }
}

impl Kept {
    /// Whether this is it. `run` is the run that keeps it.
    pub fn is(&self, value: &Value, run: &str) -> bool {
        match self {
            Self::Value(own) => own == value,
            Self::Sha256(own) => *own == hash(value, run),
        }
    }

    /// Whether it is an empty mapping or list: the place of others, no value.
    pub fn is_place(&self) -> bool {
        matches!(self, Self::Value(value) if is_place(value))
    }
}

fn is_place(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// What changes from one object to another, in the objects' order; what holds others before them. The server's own fields
/// and the mark of the run do not count.
pub(super) fn between(before: Option<&Value>, after: Option<&Value>, run: &str) -> Vec<Changed> {
    let secrets = Secrets::of(before, after);
    let mut walk = Walk { path: Vec::new(), pointers: Default::default(), found: Vec::new(), secrets, run };
    walk.value(before, after);
    walk.found
}

struct Walk<'w> {
    path: Vec<Step>,
    /// JSON pointers of this place in the one and in the other object.
    pointers: [String; 2],
    found: Vec<Changed>,
    secrets: Secrets,
    run: &'w str,
}

impl Walk<'_> {
    fn value(&mut self, before: Option<&Value>, after: Option<&Value>) {
        if before == after {
            return;
        }
        let all = |is: fn(&Value) -> bool| [before, after].into_iter().flatten().all(is);
        if all(Value::is_object) {
            return self.map(before, after);
        }
        if all(Value::is_array)
            && let Some(Step::Key(field)) = self.path.last()
            && let items = [before, after].map(|list| list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice))
            && let Some(keys) = lists::keys(field, items)
        {
            self.place(before, after, json!([]));
            return self.list(items, keys);
        }
        self.note(before, after, None);
    }

    /// Note that what holds others comes or goes.
    fn place(&mut self, before: Option<&Value>, after: Option<&Value>, empty: Value) {
        match (before, after) {
            (None, Some(_)) => self.note(None, Some(&empty), None),
            (Some(_), None) => self.note(Some(&empty), None, None),
            _ => {}
        }
    }

    fn map(&mut self, before: Option<&Value>, after: Option<&Value>) {
        self.place(before, after, json!({}));
        let maps = [before, after].map(|value| value.and_then(Value::as_object));
        let keys = |map: Option<&Map<String, Value>>| map.into_iter().flat_map(Map::keys).cloned().collect::<Vec<_>>();
        let mut names = keys(maps[0]);
        names.extend(keys(maps[1]).into_iter().filter(|key| maps[0].is_none_or(|map| !map.contains_key(key))));
        for key in names {
            let [before, after] = maps.map(|map| map.and_then(|map| map.get(&key)));
            if !self.is_the_servers(&key) {
                let token = crate::workload::escape(&key).into_owned();
                self.below(Step::Key(key), [&token, &token], |walk| walk.value(before, after));
            }
        }
    }

    /// Whether a field is written by the server, or is the mark that every run leaves.
    fn is_the_servers(&self, key: &str) -> bool {
        let above: Vec<&str> = self.path.iter().map(|step| if let Step::Key(key) = step { key } else { "" }).collect();
        match above[..] {
            [] => key == "status",
            ["metadata"] => SERVERS.contains(&key),
            ["metadata", "annotations"] => key == LAST_APPLIED,
            _ => false,
        }
    }

    fn list(&mut self, lists: [&[Value]; 2], keys: &[String]) {
        let position = |list: &[Value], key: &Map<String, Value>| {
            list.iter().position(|item| lists::key_of(item, keys).as_ref() == Some(key))
        };
        for (old, item) in lists[0].iter().enumerate() {
            let Some(key) = lists::key_of(item, keys) else { continue };
            let new = position(lists[1], &key);
            let after = new.map(|new| &lists[1][new]);
            let tokens = [old.to_string(), new.map_or_else(|| NOWHERE.to_owned(), |new| new.to_string())];
            self.below(Step::Item(key), [&tokens[0], &tokens[1]], |walk| match after {
                Some(after) => walk.value(Some(item), Some(after)),
                None => walk.note(Some(item), None, Some(old)),
            });
        }
        for (new, item) in lists[1].iter().enumerate() {
            let Some(key) = lists::key_of(item, keys).filter(|key| position(lists[0], key).is_none()) else { continue };
            self.below(Step::Item(key), [NOWHERE, &new.to_string()], |walk| walk.note(None, Some(item), None));
        }
    }

    fn below(&mut self, step: Step, tokens: [&str; 2], go: impl FnOnce(&mut Self)) {
        let lengths = [self.pointers[0].len(), self.pointers[1].len()];
        self.path.push(step);
        for (pointer, token) in self.pointers.iter_mut().zip(tokens) {
            pointer.push('/');
            pointer.push_str(token);
        }
        go(self);
        self.path.pop();
        self.pointers.iter_mut().zip(lengths).for_each(|(pointer, length)| pointer.truncate(length));
    }

    fn note(&mut self, before: Option<&Value>, after: Option<&Value>, index: Option<usize>) {
        let hide = ![before, after].into_iter().flatten().all(is_place) && self.secrets.at(&self.pointers);
        let kept = |value: &Value| {
            if hide { Kept::Sha256(hash(value, self.run)) } else { Kept::Value(value.clone()) }
        };
        let (before, after) = (before.map(kept), after.map(kept));
        self.found.push(Changed { path: Path(self.path.clone()), before, after, stored: None, index, shared: false });
    }
}

/// No index of a list.
const NOWHERE: &str = "-";

/// What the server writes of an object's metadata.
const SERVERS: [&str; 8] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &Value, after: &Value) -> Vec<String> {
        let one = |kept: &Option<Kept>| match kept {
            None => "-".to_owned(),
            Some(Kept::Value(value)) => value.to_string(),
            Some(Kept::Sha256(_)) => "hidden".to_owned(),
        };
        let changes = between(Some(before), Some(after), "run");
        changes.iter().map(|it| format!("{} {} {}", it.path, one(&it.before), one(&it.after))).collect()
    }

    #[test]
    fn each_value_by_itself_and_items_by_their_keys() {
        let before = json!({"metadata": {"generation": 1, "labels": {"a": "x"}}, "status": {"x": 1},
            "spec": {"containers": [{"name": "web", "args": ["-a", "b"]}, {"name": "log"}]}});
        let after = json!({"metadata": {"generation": 2, "labels": {"a": "x"}, "annotations": {LAST_APPLIED: "{}"}},
            "spec": {"securityContext": {"runAsUser": 1}, "volumes": [{"name": "tmp", "emptyDir": {}}],
                "containers": [{"name": "log", "env": [{"name": "A", "value": "1"}]}, {"name": "web", "args": ["-a"]}]}});
        assert_eq!(
            told(&before, &after),
            [
                "metadata.annotations - {}",
                "spec.containers[web].args [\"-a\",\"b\"] [\"-a\"]",
                "spec.containers[log].env - []",
                "spec.containers[log].env[A] - {\"name\":\"A\",\"value\":\"1\"}",
                "spec.securityContext - {}",
                "spec.securityContext.runAsUser - 1",
                "spec.volumes - []",
                "spec.volumes[tmp] - {\"name\":\"tmp\",\"emptyDir\":{}}",
            ]
        );
    }

    #[test]
    fn no_secret_is_kept() {
        let of = |env: Value, data: &str| {
            json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": data},
                "spec": {"containers": [{"name": "web", "env": env}]}})
        };
        let before = of(json!([{"name": "DB_PASSWORD", "value": "S3cure!pa55"}, {"name": "A", "value": "1"}]), "b25l");
        let after = of(json!([{"name": "DB_PASSWORD", "valueFrom": {}}, {"name": "A", "value": "2"}]), "dHdv");
        let changes = between(Some(&before), Some(&after), "run");
        let text = serde_json::to_string(&changes).unwrap();
        assert!(!text.contains("S3cure") && !text.contains("b25l") && !text.contains("dHdv"), "{text}");
        assert!(told(&before, &after).contains(&"spec.containers[web].env[A].value \"1\" \"2\"".to_owned()));
        let password = changes.iter().find(|it| it.path.to_string().ends_with("env[DB_PASSWORD].value")).unwrap();
        assert!(password.before.as_ref().unwrap().is(&json!("S3cure!pa55"), "run"));
        assert!(!password.before.as_ref().unwrap().is(&json!("other"), "run"));
        assert_eq!(serde_json::from_str::<Vec<Changed>>(&text).unwrap(), changes);
    }

    #[test]
    fn what_is_made_is_all_there() {
        let account = json!({"kind": "ServiceAccount", "metadata": {"name": "web", "labels": {"a": "b"}}});
        let changes = between(None, Some(&account), "run");
        assert!(changes.iter().any(|it| it.path.to_string() == "metadata.labels.a"), "{changes:?}");
    }
}
