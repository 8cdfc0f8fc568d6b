//! Where a secret goes that stands in plain text: which Secret, under which key.

use crate::rules::{Assessment, Draft, Elsewhere};
use crate::secrets::{Concealed, ORIGIN, SecretValue, Sight};
use crate::workload::{Neighbour, Whole, lookup};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What of one workload moves into its Secret.
pub(in crate::rules) struct Extraction<'w> {
    root: &'w Value,
    namespace: Option<String>,
    origin: String,
    secret: String,
    /// The keys with their values; `None` for one whose value stands in the Secret already.
    keys: BTreeMap<String, Option<Concealed>>,
    /// The names of variables that were given to containers, by the container's pointer.
    variables: BTreeSet<(String, String)>,
}

/// A value that moves.
pub(in crate::rules) struct Moved {
    /// The Secret.
    pub(in crate::rules) secret: String,
    set: Vec<(String, Option<Value>)>,
    value: SecretValue,
}

impl<'w> Extraction<'w> {
    /// For a workload. `None` for one without a name, after which its Secret could be called.
    pub(in crate::rules) fn of(object: &Whole<'w>) -> Option<Self> {
        let identity = object.identity;
        let root = object.root().value?;
        let name = identity.name.trim_end_matches('-');
        if name.is_empty() || identity.kind == "ConfigMap" {
            return None;
        }
        let origin = format!("{}/{}", identity.kind, identity.name);
        let namespace = identity.namespace.as_deref();
        let neighbours = object.around.neighbours;
        let taken = |secret: &str| neighbours.named("Secret", namespace, secret).any(|one| !is_own(one, &origin));
        let twin = neighbours
            .workloads(namespace)
            .any(|one| one.identity.name == identity.name && one.identity.kind != identity.kind);
        let kind = identity.kind.to_lowercase();
        let first = if twin { format!("{name}-{kind}-secrets") } else { format!("{name}-secrets") };
        let others = (2..).map(|number| format!("{first}-{number}"));
        let secret = std::iter::once(first.clone()).chain(others).find(|secret| !taken(secret))?;
        let mut keys = BTreeMap::new();
        references(root, &secret, &mut keys);
        Some(Self { root, namespace: identity.namespace.clone(), origin, secret, keys, variables: BTreeSet::new() })
    }

    /// How the secrets of one scalar move; `None` where they cannot.
    pub(in crate::rules) fn moves(&mut self, pointer: &str, sights: &[Sight]) -> Option<Moved> {
        let container = container_of(pointer)?;
        let text = lookup(self.root, pointer)?.as_str()?;
        let path: Vec<&str> = pointer[container.len()..].split('/').skip(1).collect();
        match path[..] {
            ["env", index, "value"] => self.variable(container, index, text),
            ["args" | "command", _] => self.word(container, pointer, text, sights),
            _ => None,
        }
    }

    fn variable(&mut self, container: &str, index: &str, text: &str) -> Option<Moved> {
        let entry = format!("{container}/env/{index}");
        let name = lookup(self.root, &entry)?.get("name")?.as_str()?;
        if self.in_probe(container, name) {
            return None;
        }
        let (key, value) = self.key(container, name, text)?;
        let from = json!({"secretKeyRef": {"name": self.secret, "key": key}});
        Some(self.moved(vec![(format!("{entry}/value"), None), (format!("{entry}/valueFrom"), Some(from))], key, value))
    }

    /// `--flag=value`, or the word behind a flag.
    fn word(&mut self, container: &str, pointer: &str, text: &str, sights: &[Sight]) -> Option<Moved> {
        let [sight] = sights else { return None };
        let start = match &sight.part {
            None => 0,
            Some(part) => part.start,
        };
        let to_the_end = sight.part.as_ref().is_none_or(|part| part.end == text.len());
        let flag = start == 0 || (text.starts_with('-') && text[..start].ends_with('='));
        let plain = flag && to_the_end && !text[..start].contains(char::is_whitespace) && !text.contains('\n');
        let words: Vec<String> =
            sight.name.as_deref()?.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_uppercase).collect();
        if !plain || !text.is_char_boundary(start) {
            return None;
        }
        let stem = format!("SECRET_{}", words.join("_").trim_matches('_'));
        let numbered = (2..).map(|number| format!("{stem}_{number}"));
        let name = std::iter::once(stem.clone()).chain(numbered).find(|name| !self.has_variable(container, name))?;
        let (key, value) = self.key(container, &name, &text[start..])?;
        self.variables.insert((container.to_owned(), name.clone()));
        let from = json!({"name": name, "valueFrom": {"secretKeyRef": {"name": self.secret, "key": key}}});
        let word = format!("{}$({name})", &text[..start]);
        Some(self.moved(
            vec![(pointer.to_owned(), Some(word.into())), (format!("{container}/env/-"), Some(from))],
            key,
            value,
        ))
    }

    fn moved(&self, set: Vec<(String, Option<Value>)>, key: String, value: Concealed) -> Moved {
        let (secret, namespace, origin) = (self.secret.clone(), self.namespace.clone(), self.origin.clone());
        Moved { secret: secret.clone(), set, value: SecretValue { namespace, secret, origin, key, value } }
    }

    /// Whether the command of a probe names a variable: the kubelet puts only values that stand in the manifest there.
    fn in_probe(&self, container: &str, name: &str) -> bool {
        let reference = format!("$({name})");
        ["livenessProbe", "readinessProbe", "startupProbe"].iter().any(|probe| {
            let command = lookup(self.root, &format!("{container}/{probe}/exec/command")).and_then(Value::as_array);
            command.into_iter().flatten().filter_map(Value::as_str).any(|word| word.contains(&reference))
        })
    }

    fn has_variable(&self, container: &str, name: &str) -> bool {
        let list = lookup(self.root, &format!("{container}/env")).and_then(Value::as_array);
        list.into_iter().flatten().any(|one| one.get("name").is_some_and(|it| it == name))
            || self.variables.contains(&(container.to_owned(), name.to_owned()))
    }

    /// The key that a value gets. `None` where Kubernetes would put other variables into the value.
    fn key(&mut self, container: &str, name: &str, text: &str) -> Option<(String, Concealed)> {
        // `$(A)` is replaced in a variable and in a word, and not in what comes from a Secret; `$$` stands for `$`.
        if text.replace("$$", "").contains("$(") {
            return None;
        }
        let value = Concealed::new(text.replace("$$", "$"));
        let fit = |text: &str| -> String {
            text.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect()
        };
        let own = lookup(self.root, container).and_then(|one| one.get("name")?.as_str()).unwrap_or("container");
        let (plain, long) = (fit(name), fit(&format!("{own}.{name}")));
        let numbered = (2..).map(|number| format!("{long}.{number}"));
        let free = |key: &String| self.keys.get(key).is_none_or(|known| known.as_ref() == Some(&value));
        let key = [plain, long.clone()].into_iter().chain(numbered).find(free)?;
        self.keys.insert(key.clone(), Some(value.clone()));
        Some((key, value))
    }
}

impl Moved {
    /// Write it into a finding.
    pub(in crate::rules) fn propose(self, mut draft: Draft<'_>, assessment: &Assessment) {
        for (pointer, value) in self.set {
            draft = draft.put(pointer, value, assessment.clone());
        }
        draft.along(Elsewhere::Secret(self.value));
    }
}

fn is_own(secret: &Neighbour, origin: &str) -> bool {
    secret.at("/metadata/annotations").and_then(|it| it.get(ORIGIN)).is_some_and(|it| it == origin)
}

/// The keys of a Secret that variables refer to already.
fn references(value: &Value, secret: &str, keys: &mut BTreeMap<String, Option<Concealed>>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let name = value.get("name").filter(|_| key == "secretKeyRef");
                if name.is_some_and(|name| name == secret)
                    && let Some(key) = value.get("key").and_then(Value::as_str)
                {
                    keys.insert(key.to_owned(), None);
                }
                references(value, secret, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|item| references(item, secret, keys)),
        _ => {}
    }
}

/// The pointer of the container that a place is in.
pub(in crate::rules) fn container_of(pointer: &str) -> Option<&str> {
    let lists = ["/initContainers/", "/containers/", "/ephemeralContainers/"];
    let list = lists.iter().find_map(|list| Some(pointer.find(list)? + list.len()))?;
    let end = pointer[list..].find('/').map_or(pointer.len(), |end| list + end);
    Some(&pointer[..end])
}
