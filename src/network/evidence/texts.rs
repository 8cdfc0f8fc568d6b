//! The texts that the containers of a workload are given: variables, words of their command lines, files.
//!
//! What a Secret holds is read like any other text and never shown: evidence names its key.

use super::expand::{self, Variable, Variables};
use super::missing::Missing;
use super::node;
use crate::network::world::{DEFAULT_NAMESPACE, Object, Workload, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a text is to whom it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A value.
    Value,
    /// A command line or script.
    Command,
    /// A file.
    File,
}

/// One text. It may be a secret: there is no way to print it.
pub(super) struct Text<'w> {
    /// Where it stands, for people: `env DB_URL of container api`.
    pub(super) place: String,
    /// What it stands under, the nearest first; may be empty.
    pub(super) keys: Vec<Cow<'w, str>>,
    pub(super) value: Cow<'w, str>,
    pub(super) style: Style,
    /// Whether a Secret holds it, or a part of it.
    pub(super) secret: bool,
    /// The program that it is a word for, where its command line is a list of words.
    pub(super) program: Option<&'w str>,
}

/// What the containers of a workload are given.
#[derive(Default)]
pub(super) struct Given<'w> {
    /// The texts, each once.
    pub(super) texts: Vec<Text<'w>>,
    /// Objects that hold more and are no part of the run.
    pub(super) missing: BTreeSet<Missing>,
}

/// All texts of a workload's containers.
pub(super) fn of_workload<'w>(world: &'w World, workload: &'w Workload) -> Given<'w> {
    let mut given = Given::default();
    let pod = world.template(workload).get("spec").unwrap_or(&Value::Null);
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        for container in items(pod, list) {
            let reading = Reading { world, workload, container: text(container, "name").unwrap_or("?") };
            reading.container(container, &mut given);
        }
    }
    volumes(world, workload, pod, &mut given);
    given
}

struct Reading<'w> {
    world: &'w World,
    workload: &'w Workload,
    container: &'w str,
}

impl<'w> Reading<'w> {
    fn container(&self, container: &'w Value, given: &mut Given<'w>) {
        let mut variables = Variables::new();
        for source in items(container, "envFrom") {
            self.env_from(source, &mut variables, given);
        }
        for variable in items(container, "env") {
            self.env(variable, &mut variables, given);
        }
        // The port may be that of a later variable.
        for variable in items(container, "env").filter(|variable| field(variable).is_some_and(node::is_node)) {
            let Some(name) = text(variable, "name") else { continue };
            given.texts.extend(node::urls(name, &variables).into_iter().map(|url| Text {
                place: format!("env {name} of container {}", self.container),
                keys: vec![name.into()],
                value: Cow::Owned(url),
                style: Style::Value,
                secret: false,
                program: None,
            }));
        }
        let texts = &mut given.texts;
        let mut words: Vec<(&str, &'w Value)> = Vec::new();
        for list in ["command", "args"] {
            words.extend(items(container, list).map(|word| (list, word)));
        }
        self.words(&words, &variables, texts);
        for hook in ["lifecycle/postStart", "lifecycle/preStop", "livenessProbe", "readinessProbe", "startupProbe"] {
            let command = container.pointer(&format!("/{hook}/exec")).unwrap_or(&Value::Null);
            let words: Vec<_> = items(command, "command").map(|word| (hook, word)).collect();
            self.words(&words, &variables, texts);
        }
    }

    /// Words of a command line. A word behind a flag stands under it.
    fn words(&self, words: &[(&str, &'w Value)], variables: &Variables, texts: &mut Vec<Text<'w>>) {
        let program = words.first().and_then(|(_, word)| word.as_str());
        let mut flag: Option<&'w str> = None;
        for (index, (list, word)) in words.iter().enumerate() {
            let Some(word) = word.as_str() else { continue };
            let key = flag.take();
            flag = (word.starts_with('-') && !word.contains(['=', ' '])).then_some(word);
            // The program itself.
            if index == 0 && *list != "args" && !word.contains(char::is_whitespace) {
                continue;
            }
            let (value, secret) = match word.contains('$') {
                true => {
                    let inner = expand::of_kubelet(word, variables);
                    let whole = expand::of_shell(&inner.value, variables);
                    (Cow::Owned(whole.value), inner.secret || whole.secret)
                }
                false => (Cow::Borrowed(word), false),
            };
            texts.push(Text {
                place: format!("{list} of container {}", self.container),
                keys: key.map(Cow::Borrowed).into_iter().collect(),
                style: if value.trim().contains(char::is_whitespace) { Style::Command } else { Style::Value },
                value,
                secret,
                program: program.filter(|_| index > 0),
            });
        }
    }

    fn env(&self, variable: &'w Value, variables: &mut Variables, given: &mut Given<'w>) {
        let Some(name) = text(variable, "name") else { return };
        let place = format!("env {name} of container {}", self.container);
        if let Some(value) = text(variable, "value") {
            let known = expand::of_kubelet(value, variables);
            let (value, secret) = (Cow::Owned(known.value.clone()), known.secret);
            variables.insert(name.to_owned(), known);
            given.texts.push(Text {
                place,
                keys: vec![name.into()],
                value,
                style: Style::Value,
                secret,
                program: None,
            });
            return;
        }
        let from = variable.get("valueFrom").unwrap_or(&Value::Null);
        let mut plain = |value: String| drop(variables.insert(name.to_owned(), Variable { value, secret: false }));
        match field(variable) {
            Some(field) if node::is_node(field) => plain(node::HOST.to_owned()),
            Some("metadata.namespace") => plain(self.workload.namespace.clone()),
            // The first pod of a StatefulSet; of others nobody asks for the name in an address.
            Some("metadata.name") => plain(format!("{}-0", self.workload.name)),
            _ => {}
        }
        for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
            let Some(reference) = from.get(field) else { continue };
            let (Some(object), Some(key)) = (text(reference, "name"), text(reference, "key")) else { continue };
            let Some(found) = self.find(kind, object) else {
                given.missing.extend(Missing::of_key(kind, object, (name, key), &place));
                continue;
            };
            let Some(value) = value_of(found, key) else { continue };
            let secret = kind == "Secret";
            variables.insert(name.to_owned(), Variable { value: value.to_string(), secret });
            let place = format!("key {key} of {kind} {object} (env {name} of container {})", self.container);
            let keys = vec![name.into(), key.into()];
            given.texts.push(Text { place, keys, value, style: Style::Value, secret, program: None });
        }
    }

    fn env_from(&self, source: &'w Value, variables: &mut Variables, given: &mut Given<'w>) {
        let prefix = text(source, "prefix").unwrap_or_default();
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let Some(name) = source.get(field).and_then(|reference| text(reference, "name")) else { continue };
            let Some(found) = self.find(kind, name) else {
                given.missing.extend(Missing::of_all(kind, name, &format!("envFrom of container {}", self.container)));
                continue;
            };
            let secret = kind == "Secret";
            for (key, value) in values_of(found) {
                variables.insert(format!("{prefix}{key}"), Variable { value: value.to_string(), secret });
                let place = format!("key {key} of {kind} {name} (envFrom of container {})", self.container);
                let keys = vec![key.into()];
                given.texts.push(Text { place, keys, value, style: Style::Value, secret, program: None });
            }
        }
    }

    fn find(&self, kind: &str, name: &str) -> Option<&'w Object> {
        find(self.world, self.workload, kind, name)
    }
}

/// The object of a name in a workload's namespace; else one that states no namespace, as it may be applied anywhere.
fn find<'w>(world: &'w World, workload: &Workload, kind: &str, name: &str) -> Option<&'w Object> {
    let own = world.find(Some(&workload.namespace), "", kind, name);
    let unstated = || world.find(Some(DEFAULT_NAMESPACE), "", kind, name);
    own.or_else(|| unstated().filter(|object| object.identity.namespace.is_none()))
}

/// The files of the volumes that some container mounts.
fn volumes<'w>(world: &'w World, workload: &'w Workload, pod: &'w Value, given: &mut Given<'w>) {
    let containers = ["initContainers", "containers"].into_iter().flat_map(|list| items(pod, list));
    let mounted: Vec<&str> =
        containers.flat_map(|one| items(one, "volumeMounts")).filter_map(|mount| text(mount, "name")).collect();
    for volume in items(pod, "volumes") {
        if text(volume, "name").is_none_or(|name| !mounted.contains(&name)) {
            continue;
        }
        let projected = volume.get("projected").into_iter().flat_map(|projected| items(projected, "sources"));
        for source in std::iter::once(volume).chain(projected) {
            let map = source.get("configMap").and_then(|map| Some(("ConfigMap", map, text(map, "name")?)));
            let secret = source
                .get("secret")
                .and_then(|secret| Some(("Secret", secret, text(secret, "secretName").or(text(secret, "name"))?)));
            for (kind, reference, name) in map.into_iter().chain(secret) {
                let picked: Vec<&str> = items(reference, "items").filter_map(|item| text(item, "key")).collect();
                let Some(object) = find(world, workload, kind, name) else {
                    let place = format!("volume {}", text(volume, "name").unwrap_or("?"));
                    given.missing.extend(Missing::of_keys(kind, name, &picked, &place));
                    continue;
                };
                for (key, value) in values_of(object).filter(|(key, _)| picked.is_empty() || picked.contains(key)) {
                    let place = format!("key {key} of {kind} {name}");
                    let (keys, secret) = (vec![key.into()], kind == "Secret");
                    // A script has its variables at run time: what is known of them now are their defaults.
                    let value = match value.contains("${") {
                        true => Cow::Owned(expand::of_shell(&value, &Variables::new()).value),
                        false => value,
                    };
                    given.texts.push(Text { place, keys, value, style: Style::File, secret, program: None });
                }
            }
        }
    }
}

fn value_of<'w>(object: &'w Object, key: &str) -> Option<Cow<'w, str>> {
    values_of(object).find(|(own, _)| *own == key).map(|(_, value)| value)
}

/// The texts of a ConfigMap or Secret by their keys; what is no text is left out.
fn values_of(object: &Object) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
    let map = |field: &str| object.value.get(field).and_then(Value::as_object).into_iter().flatten();
    let coded = object.kind() == "Secret";
    let decoded = move |text: &str| String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok();
    let plain = map("data").filter_map(move |(key, value)| {
        let value = value.as_str()?;
        Some((key.as_str(), if coded { Cow::Owned(decoded(value)?) } else { Cow::Borrowed(value) }))
    });
    let stated = map("stringData").filter(move |_| coded);
    plain.chain(stated.filter_map(|(key, value)| Some((key.as_str(), Cow::Borrowed(value.as_str()?)))))
}

/// The field that the downward API gives a variable.
fn field(variable: &Value) -> Option<&str> {
    variable.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str)
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}
