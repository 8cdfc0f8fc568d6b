//! Environment variables that come from Secrets, and what stands against giving a program a file instead.

use super::image::start_of;
use crate::workload::{Container, Field, Pod};

/// A variable whose value is a key of a Secret.
pub(in crate::rules) struct Variable<'a> {
    /// Its entry under `env`, or the entry under `envFrom` that brings it.
    pub(in crate::rules) entry: Field<'a>,
    /// Whether that is an entry under `env`.
    pub(in crate::rules) is_listed: bool,
    pub(in crate::rules) name: String,
    pub(in crate::rules) secret: &'a str,
    pub(in crate::rules) key: &'a str,
    /// Whether the Secret or the key may be missing.
    pub(in crate::rules) optional: bool,
}

/// An entry under `envFrom`: all keys of a Secret or ConfigMap.
pub(in crate::rules) struct Source<'a> {
    pub(in crate::rules) entry: Field<'a>,
    /// `Secret` or `ConfigMap`.
    pub(in crate::rules) kind: &'static str,
    pub(in crate::rules) name: &'a str,
    prefix: &'a str,
    optional: bool,
    /// Where the object is part of the input.
    keys: Option<Vec<&'a str>>,
}

/// The variables under `env` that come from Secrets.
pub(in crate::rules) fn variables<'a>(container: &Container<'a>) -> Vec<Variable<'a>> {
    let read = |entry: Field<'a>| {
        let reference = entry.field("valueFrom/secretKeyRef");
        Some(Variable {
            name: entry.field("name").as_str()?.to_owned(),
            secret: reference.field("name").as_str()?,
            key: reference.field("key").as_str()?,
            optional: reference.field("optional").as_bool() == Some(true),
            is_listed: true,
            entry,
        })
    };
    container.field("env").items().into_iter().filter_map(read).collect()
}

/// The entries under `envFrom`.
pub(in crate::rules) fn sources<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Vec<Source<'a>> {
    let read = |entry: Field<'a>| {
        let (kind, reference) = [("Secret", "secretRef"), ("ConfigMap", "configMapRef")]
            .into_iter()
            .map(|(kind, key)| (kind, entry.field(key)))
            .find(|(_, reference)| reference.is_stated())?;
        let name = reference.field("name").as_str()?;
        let keys = pod.around().and_then(|around| {
            let mut all = around.neighbours.beside(kind, around.namespace());
            let object = all.find(|one| one.identity.name == name)?;
            Some(object.list("/keys").iter().filter_map(|key| key.as_str()).collect())
        });
        let prefix = entry.field("prefix").as_str().unwrap_or_default();
        Some(Source { kind, name, prefix, keys, optional: reference.field("optional").as_bool() == Some(true), entry })
    };
    container.field("envFrom").items().into_iter().filter_map(read).collect()
}

impl<'a> Source<'a> {
    /// The variables that it brings; `None` where its object is not part of the input.
    pub(in crate::rules) fn variables(&self) -> Option<Vec<Variable<'a>>> {
        let variable = |key: &&'a str| Variable {
            entry: self.entry.clone(),
            is_listed: false,
            name: format!("{}{key}", self.prefix),
            secret: self.name,
            key,
            optional: self.optional,
        };
        Some(self.keys.as_ref()?.iter().map(variable).collect())
    }

    /// Whether it brings a variable; `None` where that cannot be told.
    fn brings(&self, name: &str) -> Option<bool> {
        let Some(key) = name.strip_prefix(self.prefix) else { return Some(false) };
        self.keys.as_ref().map(|keys| keys.contains(&key))
    }
}

/// Why a program that would read the variable from a file named by `file` cannot be told to, a clause that says what to do.
pub(in crate::rules) fn obstacle(
    pod: &Pod<'_>,
    container: &Container<'_>,
    variable: &Variable<'_>,
    file: &str,
    exclusive: bool,
) -> Option<String> {
    let Variable { name, secret, key, .. } = variable;
    let fine = |text: &str, more: &[u8]| {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
        !text.is_empty() && !text.starts_with("..") && text != "." && text.bytes().all(fine)
    };
    if !fine(secret, b"-.") || !fine(key, b"-._") {
        return Some(format!(
            "Secret {secret} and its key {key} have no names that a file could have: correct them first"
        ));
    }
    if variable.optional {
        return Some(format!(
            "the value of {name} is optional, and a program that is told of a file wants it to be there: take `optional` \
             away once the Secret always has it"
        ));
    }
    let set = |wanted: &str| {
        let items = container.field("env").items();
        items.iter().filter(|item| item.field("name").as_str() == Some(wanted)).count()
    };
    if set(name) > usize::from(variable.is_listed) {
        return Some(format!("{name} is set twice: take out what does not count"));
    }
    if set(file) > 0 {
        let then = if exclusive { ", and the program ends when it finds both" } else { "" };
        return Some(format!("{file} is set as well as {name}{then}: take out {name}"));
    }
    if let Some(place) = mention(container, name) {
        return Some(format!("{place} uses {name}, which would be gone: let it read the file {file} names"));
    }
    for source in sources(pod, container) {
        let (kind, from) = (source.kind, source.name);
        for wanted in [name.as_str(), file] {
            if source.entry.pointer == variable.entry.pointer && wanted == name {
                continue;
            }
            match source.brings(wanted) {
                Some(false) => {}
                Some(true) => {
                    let then = if exclusive { ": with both the program ends" } else { "" };
                    return Some(format!(
                        "`envFrom` brings {wanted} from {kind} {from} as well{then}; take it out there"
                    ));
                }
                None => {
                    return Some(format!(
                        "`envFrom` takes all of {kind} {from}, which is not in the input and may hold {wanted} too: name under \
                         `env` what the program needs of it"
                    ));
                }
            }
        }
    }
    None
}

/// Where else in a container a variable is used: its command, its hooks and probes, other variables.
fn mention(container: &Container<'_>, name: &str) -> Option<&'static str> {
    let start = start_of(container);
    let uses = |text: &str| names(text, name);
    if start.command.iter().chain(&start.args).any(|word| uses(word)) {
        return Some("the command");
    }
    if start.hooks.iter().flatten().any(|word| uses(word)) {
        return Some("a probe or hook");
    }
    start.env.values().any(|value| uses(value)).then_some("another variable")
}

/// Whether a text names a variable: not as a part of a longer name.
fn names(text: &str, name: &str) -> bool {
    let part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}

/// A hook or probe that runs a script which is mounted and may use any variable.
pub(in crate::rules) fn unseen_hook<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<&'a str> {
    let brought = |volume: &str| {
        pod.volume(volume).is_some_and(|it| ["configMap", "secret", "projected"].iter().any(|kind| it.is(kind)))
    };
    let start = start_of(container);
    let mounts: Vec<&str> =
        container.mounts().iter().filter(|mount| brought(mount.volume)).map(|mount| mount.path).collect();
    let mounted = |word: &&'a str| mounts.iter().any(|mount| word.contains(mount.trim_end_matches('/')));
    start.hooks.into_iter().flatten().find(mounted)
}
