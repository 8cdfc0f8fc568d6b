//! Environment variables that come from Secrets, and what stands against giving a program a file instead.

use super::image::start_of;
use crate::image::Known;
use crate::image::advice::Start;
use crate::workload::{Container, Field, Pod};
use std::collections::{HashMap, HashSet};

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
fn sources<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Vec<Source<'a>> {
    let read = |entry: Field<'a>| {
        let (kind, reference) = [("Secret", "secretRef"), ("ConfigMap", "configMapRef")]
            .into_iter()
            .map(|(kind, key)| (kind, entry.field(key)))
            .find(|(_, reference)| reference.is_stated())?;
        let name = reference.field("name").as_str()?;
        let keys = pod.around().and_then(|around| {
            let object = around.neighbours.named(kind, around.namespace(), name).next()?;
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

/// A container, with what stands against giving its program files.
pub(in crate::rules) struct Reader<'a> {
    pub(in crate::rules) known: Known,
    pub(in crate::rules) start: Start<'a>,
    pub(in crate::rules) sources: Vec<Source<'a>>,
    /// How often each name is set under `env`.
    set: HashMap<&'a str, usize>,
    /// The words in its command, its hooks and probes, and the values of its variables, each with where it stands.
    words: HashMap<&'a str, &'static str>,
    /// The variables that patches of the same input set in it.
    patched: HashSet<&'a str>,
    /// A word of a hook or probe that runs a script which is mounted, and which may use any variable.
    pub(in crate::rules) script: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(in crate::rules) fn of(pod: &Pod<'a>, container: &Container<'a>) -> Self {
        let start = start_of(container);
        let mut set = HashMap::new();
        for item in container.field("env").items() {
            *set.entry(item.field("name").as_str().unwrap_or_default()).or_default() += 1;
        }
        let texts = start.env.values().map(|text| (*text, "another variable"));
        let texts = texts.chain(start.hooks.iter().flatten().map(|text| (*text, "a probe or hook")));
        let texts = texts.chain(start.command.iter().chain(&start.args).map(|text| (*text, "the command")));
        let words = texts.flat_map(|(text, place)| words(text).map(move |word| (word, place))).collect();
        let script = mounted_script(pod, container, &start);
        let sources = sources(pod, container);
        // Patches are looked for among all workloads of the run: only where there is a variable that may go.
        let has_any = !variables(container).is_empty() || sources.iter().any(|source| source.kind == "Secret");
        let around = pod.around().filter(|_| has_any).and_then(|around| Some((around.neighbours, around.identity?)));
        let patched = around.map(|(neighbours, own)| neighbours.patched_variables(own, container.name()).collect());
        let patched = patched.unwrap_or_default();
        Self { known: pod.image_of(container), sources, set, words, patched, script, start }
    }

    /// Why the variable cannot go for one that names a file, a clause that says what to do.
    pub(in crate::rules) fn obstacle(&self, variable: &Variable<'_>, file: &str, exclusive: bool) -> Option<String> {
        let Variable { name, secret, key, .. } = variable;
        if !is_file_name(secret) || !is_file_name(key) {
            return Some(format!(
                "Secret {secret} and its key {key} have no names that a file could have: correct them first"
            ));
        }
        if variable.optional {
            return Some(format!(
                "the value of {name} is optional, and a program that is told of a file wants it to be there: take \
                 `optional` away once the Secret always has it"
            ));
        }
        let set = |name: &str| self.set.get(name).copied().unwrap_or_default();
        if set(name) > usize::from(variable.is_listed) {
            return Some(format!("{name} is set twice: take out what does not count"));
        }
        if set(file) > 0 {
            let then = if exclusive { ", and the program ends when it finds both" } else { "" };
            return Some(format!("{file} is set as well as {name}{then}: take out {name}"));
        }
        if let Some(patched) = [name.as_str(), file].into_iter().find(|name| self.patched.contains(name)) {
            let then = if exclusive { ", and the program ends when it finds both" } else { "" };
            return Some(format!(
                "a patch of the input sets {patched} as well, which then stands beside {file}{then}: change both at once"
            ));
        }
        if let Some(place) = words(name).map(|word| self.words.get(word)).collect::<Option<Vec<_>>>()
            && let Some(place) = place.first()
        {
            return Some(format!("{place} uses {name}, which would be gone: let it read the file that {file} names"));
        }
        self.sources.iter().find_map(|source| source.stands_against(variable, file, exclusive))
    }
}

impl Source<'_> {
    /// Why this source keeps a variable from becoming one that names a file: it brings one of them, or may.
    fn stands_against(&self, variable: &Variable<'_>, file: &str, exclusive: bool) -> Option<String> {
        let (kind, from) = (self.kind, self.name);
        let own = |wanted: &str| self.entry.pointer == variable.entry.pointer && wanted == variable.name;
        let mut wanted = [variable.name.as_str(), file].into_iter().filter(|wanted| !own(wanted));
        let then = if exclusive { ": with both the program ends" } else { "" };
        wanted.find_map(|wanted| match self.brings(wanted) {
            Some(false) => None,
            Some(true) => {
                Some(format!("`envFrom` brings {wanted} from {kind} {from} as well{then}; take it out there"))
            }
            None => Some(format!(
                "`envFrom` takes all of {kind} {from}, which is not in the input and may hold {wanted} too: name under \
                 `env` what the program needs of it"
            )),
        })
    }
}

/// The names that a text may use: all that could be one of a variable.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').filter(|word| !word.is_empty())
}

/// Whether a name can be that of a file, and needs no quotes anywhere.
fn is_file_name(text: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && !text.starts_with("..") && text != "." && text.bytes().all(fine)
}

fn mounted_script<'a>(pod: &Pod<'a>, container: &Container<'a>, start: &Start<'a>) -> Option<&'a str> {
    let brought = |volume: &str| {
        pod.volume(volume).is_some_and(|it| ["configMap", "secret", "projected"].iter().any(|kind| it.is(kind)))
    };
    if start.hooks.is_empty() {
        return None;
    }
    let mounts: Vec<&str> =
        container.mounts().iter().filter(|mount| brought(mount.volume)).map(|mount| mount.path).collect();
    let mounted = |word: &&'a str| mounts.iter().any(|mount| word.contains(mount.trim_end_matches('/')));
    start.hooks.iter().flatten().copied().find(mounted)
}
