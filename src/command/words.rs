//! From the words and flags of a verb to what it looks at: manifests, or live objects.

use super::reading::Sources;
use super::{Console, UsageError};
use crate::cli::{Connection, Input, Selection};
use crate::profile::closest;
use crate::report::phrase::pasteable;
use std::ffi::OsString;
use std::path::Path;

/// What a verb was given to look at.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The verb's name.
    pub(super) verb: &'static str,
    /// Manifests.
    pub(super) input: &'a Input,
    /// Live objects.
    pub(super) objects: &'a Selection,
    /// The server.
    pub(super) connection: &'a Connection,
    /// Whether manifests stand for the live objects of their names.
    pub(super) live: bool,
    /// Whether the verb only reads: then a type alone stands for all objects of it.
    #[cfg_attr(not(feature = "cluster"), allow(dead_code))]
    pub(super) reads: bool,
}

/// Names of types that are no misspelt verbs.
const TYPES: [&str; 36] = [
    "all",
    "cj",
    "clonesets",
    "cm",
    "configmaps",
    "cronjob",
    "cronjobs",
    "daemonset",
    "daemonsets",
    "deploy",
    "deployment",
    "deployments",
    "ds",
    "hpa",
    "ing",
    "ingresses",
    "job",
    "jobs",
    "namespaces",
    "node",
    "nodes",
    "ns",
    "pdb",
    "po",
    "pod",
    "pods",
    "pvc",
    "rc",
    "replicasets",
    "rollouts",
    "rs",
    "sa",
    "services",
    "statefulset",
    "statefulsets",
    "sts",
];

impl Asked<'_> {
    /// Whether live objects are asked for.
    pub(super) fn is_live(&self) -> bool {
        self.live || self.objects.is_live() && !self.has_files()
    }

    /// Whether manifests are named.
    pub(super) fn has_files(&self) -> bool {
        !self.input.filenames.is_empty() || self.input.kustomize.is_some()
    }

    /// Whether there are types and nothing that picks among their objects.
    pub(super) fn names_types_alone(&self) -> bool {
        let words = &self.objects.words;
        words.len() == 1 && self.objects.filter().is_none() && !words[0].to_string_lossy().contains('/')
    }

    /// Refuse what cannot be meant.
    pub(super) fn check(&self, console: &Console) -> Result<(), UsageError> {
        refuse_odd_words(&self.objects.words, self.verb, console)?;
        if self.input.kustomize.is_some() && (self.input.recursive || !self.input.filenames.is_empty()) {
            return Err(UsageError("the -k flag can't be used with -f or -R".to_owned()));
        }
        match self.objects.filter().filter(|_| self.has_files()) {
            Some(flag) => Err(UsageError(format!("{flag} picks among the objects of a cluster, not among manifests"))),
            None => Ok(()),
        }
    }

    /// The manifests.
    pub(super) fn sources(&self) -> Sources {
        sources_of(self.input)
    }
}

/// The sources that `-f`, `-R` and `-k` name, for a verb that looks at no live objects. `words` are refused with what to
/// write instead.
pub(super) fn sources(input: &Input, words: &[OsString], verb: &str, console: &Console) -> Result<Sources, UsageError> {
    refuse_odd_words(words, verb, console)?;
    if let Some(word) = words.first() {
        let word = word.to_string_lossy();
        return Err(UsageError(format!(
            "{verb} takes no live objects: {word:?}\n  name manifests with -f FILE, -f DIRECTORY, -k DIRECTORY, or -f - for standard input"
        )));
    }
    if input.kustomize.is_some() && (input.recursive || !input.filenames.is_empty()) {
        return Err(UsageError("the -k flag can't be used with -f or -R".to_owned()));
    }
    Ok(sources_of(input))
}

fn sources_of(input: &Input) -> Sources {
    Sources {
        names: input.filenames.clone(),
        commas: true,
        kustomize: input.kustomize.clone(),
        recursive: input.recursive,
        ignore_named: false,
        all: false,
    }
}

/// A path or a misspelt verb among the words for objects.
fn refuse_odd_words(words: &[OsString], verb: &str, console: &Console) -> Result<(), UsageError> {
    let Some(word) = words.first() else { return Ok(()) };
    let name = &console.name;
    let files: Vec<String> = words
        .iter()
        .filter(|word| Path::new(word).exists())
        .map(|word| format!("-f {}", pasteable(&word.to_string_lossy())))
        .collect();
    let word = word.to_string_lossy();
    let types = word.split([',', '/', '.']).next().unwrap_or_default().to_lowercase();
    if !files.is_empty() && !TYPES.contains(&types.as_str()) {
        let files = files.join(" ");
        return Err(UsageError(format!("{word:?} is a path: name files with -f\n  {name} {verb} {files}")));
    }
    let definition = crate::cli::definition(name);
    let verbs: Vec<&str> = definition.get_subcommands().map(clap::Command::get_name).collect();
    match closest(&word, verbs.iter().copied()).filter(|_| !TYPES.contains(&types.as_str())) {
        Some(meant) => Err(UsageError(format!("unknown verb {word:?}\n  did you mean \"{meant}\"?"))),
        None => Ok(()),
    }
}
