//! Where a value stands in an object: through the keys of its lists' items, so that it is found again after the lists have
//! grown or stand in another order.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// The steps from an object to a value in it. In JSON: `["containers", {"name": "web"}, "image"]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(pub(super) Vec<Step>);

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// To the item of a list whose fields have these values.
    Item(Map<String, Value>),
}

impl Step {
    fn is(&self, item: &Value) -> bool {
        match self {
            Self::Key(_) => false,
            Self::Item(keys) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
        }
    }

    /// The key, if it leads into a mapping.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Item(_) => None,
        }
    }

    fn down<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Key(key) => value.as_object()?.get(key),
            Self::Item(_) => value.as_array()?.iter().find(|item| self.is(item)),
        }
    }

    fn down_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        match self {
            Self::Key(key) => value.as_object_mut()?.get_mut(key),
            Self::Item(_) => value.as_array_mut()?.iter_mut().find(|item| self.is(item)),
        }
    }
}

impl From<Vec<Step>> for Path {
    fn from(steps: Vec<Step>) -> Self {
        Self(steps)
    }
}

impl Path {
    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The value there.
    pub fn find<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(object, |here, step| step.down(here))
    }

    /// Whether there can be a value: all that it stands in is there. A list's item that is gone took what it held along; a
    /// mapping that is gone can be made again.
    pub fn has_place(&self, object: &Value) -> bool {
        let mut here = object;
        for (index, step) in self.0.iter().enumerate() {
            let rest = &self.0[index + 1..];
            here = match step.down(here) {
                Some(inner) if !rest.is_empty() => inner,
                _ if rest.iter().any(|step| matches!(step, Step::Item(_))) => return false,
                _ => {
                    return if matches!(step, Step::Key(_)) {
                        here.is_object()
                    } else {
                        rest.is_empty() && here.is_array()
                    };
                }
            };
        }
        true
    }

    /// Put a value there. Mappings on the way are made; an item that is new goes to `index`, or to the end.
    pub fn put(&self, object: &mut Value, value: Value, index: Option<usize>) {
        let Some((last, above)) = self.0.split_last() else { return };
        let mut here = object;
        for step in above {
            if let (Step::Key(key), Some(map)) = (step, here.as_object_mut()) {
                map.entry(key).or_insert_with(|| Value::Object(Map::new()));
            }
            let Some(inner) = step.down_mut(here) else { return };
            here = inner;
        }
        match (last, here) {
            (Step::Key(key), Value::Object(map)) => drop(map.insert(key.clone(), value)),
            (Step::Item(_), Value::Array(list)) => match list.iter_mut().find(|item| last.is(item)) {
                Some(item) => *item = value,
                None => list.insert(index.unwrap_or(list.len()).min(list.len()), value),
            },
            _ => {}
        }
    }

    /// Take what is there away.
    pub fn remove(&self, object: &mut Value) {
        let Some((last, above)) = self.0.split_last() else { return };
        match (last, above.iter().try_fold(object, |here, step| step.down_mut(here))) {
            (Step::Key(key), Some(Value::Object(map))) => drop(map.shift_remove(key)),
            (Step::Item(_), Some(Value::Array(list))) => list.retain(|item| !last.is(item)),
            _ => {}
        }
    }

    /// The steps from a mapping below the object on; `None` where this stands elsewhere.
    pub fn below(&self, keys: &[&str]) -> Option<Self> {
        let begins = |(step, key): (&Step, &&str)| matches!(step, Step::Key(own) if own == key);
        let within = self.0.len() >= keys.len() && self.0.iter().zip(keys).all(begins);
        within.then(|| Self(self.0[keys.len()..].to_vec()))
    }
}

impl fmt::Display for Path {
    /// `spec.template.spec.containers[web].securityContext.runAsUser`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if plain(key) => write!(out, "{}{key}", if index == 0 { "" } else { "." })?,
                Step::Key(key) => write!(out, "[{key:?}]")?,
                Step::Item(keys) => {
                    let values =
                        keys.values().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                    write!(out, "[{}]", values.collect::<Vec<_>>().join("/"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(steps: Value) -> Path {
        serde_json::from_value(steps).unwrap()
    }

    #[test]
    fn an_item_is_found_wherever_it_stands() {
        let image = path(json!(["containers", {"name": "web"}, "image"]));
        let object = json!({"containers": [{"name": "proxy", "image": "p"}, {"name": "web", "image": "w"}]});
        assert_eq!(image.find(&object), Some(&json!("w")));
        assert_eq!(image.to_string(), "containers[web].image");
        assert_eq!(
            path(json!(["a", "b/c", {"containerPort": 80, "protocol": "TCP"}])).to_string(),
            "a[\"b/c\"][80/TCP]"
        );
    }

    #[test]
    fn mappings_are_made_and_items_are_not() {
        let mut object = json!({"containers": [{"name": "web"}]});
        let user = path(json!(["containers", {"name": "web"}, "securityContext", "runAsUser"]));
        assert!(user.has_place(&object));
        user.put(&mut object, json!(1), None);
        assert_eq!(object, json!({"containers": [{"name": "web", "securityContext": {"runAsUser": 1}}]}));
        let gone = path(json!(["containers", {"name": "old"}, "securityContext", "runAsUser"]));
        assert!(!gone.has_place(&object));
        gone.put(&mut object, json!(1), None);
        assert_eq!(object["containers"].as_array().unwrap().len(), 1);
        assert!(!path(json!(["initContainers", {"name": "x"}, "image"])).has_place(&object), "neither list nor item");
        assert!(!path(json!(["volumes", {"name": "x"}])).has_place(&object), "no list for it");
    }

    #[test]
    fn items_come_and_go() {
        let mut object = json!({"env": [{"name": "A"}, {"name": "C"}]});
        path(json!(["env", {"name": "B"}])).put(&mut object, json!({"name": "B", "value": "$(A)"}), Some(1));
        assert_eq!(object, json!({"env": [{"name": "A"}, {"name": "B", "value": "$(A)"}, {"name": "C"}]}));
        path(json!(["env", {"name": "A"}])).remove(&mut object);
        assert_eq!(object, json!({"env": [{"name": "B", "value": "$(A)"}, {"name": "C"}]}));
    }
}
