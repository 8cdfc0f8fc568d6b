//! The hidden verb behind kubectl's completion of plugins.
//!
//! It gets the words after the plugin's name, the last one unfinished, and prints one candidate a line, `value<TAB>what
//! it is`, then a colon and cobra's directive: 0 also offer files, 4 offer none.

use super::{Console, Exit};
use crate::cli::definition;
use crate::profile::BUILTIN;
use crate::rules::REGISTRY;
use clap::{Arg, ArgAction, Command};

/// Cobra's directives.
const FILES: u8 = 0;
const NO_FILES: u8 = 4;

pub(super) fn run(words: &[String], console: &mut Console) -> anyhow::Result<Exit> {
    let (candidates, directive) = answer(&definition("kubectl harden"), words, &live);
    let lines: String = candidates.iter().map(|(value, what)| format!("{value}\t{what}\n")).collect();
    console.data(&format!("{lines}:{directive}\n"))?;
    Ok(Exit::Done)
}

/// Candidates, each with what it is.
pub(super) type Candidates = Vec<(String, String)>;

/// What only a cluster, or the kubeconfig, can tell.
#[cfg_attr(not(feature = "cluster"), allow(dead_code))] // This build asks nobody.
pub(super) struct Question<'q> {
    /// The id of the argument.
    pub(super) argument: &'q str,
    /// The type whose objects are meant, where it stands before.
    pub(super) kind: Option<&'q str>,
    /// The flags so far that have a value, each `--name=value`.
    pub(super) flags: &'q [String],
}

type Live<'l> = &'l dyn Fn(&Question<'_>) -> Candidates;

#[cfg(feature = "cluster")]
fn live(question: &Question<'_>) -> Candidates {
    super::candidates::of(question)
}

/// This build knows no cluster.
#[cfg(not(feature = "cluster"))]
fn live(_: &Question<'_>) -> Candidates {
    Vec::new()
}

/// What stands before the word that is completed.
struct Before<'b> {
    /// The verb.
    command: &'b Command,
    /// The bare words after it.
    words: Vec<&'b str>,
    /// The flags that have a value.
    flags: Vec<String>,
    /// The flag whose value is to come.
    waiting: Option<&'b Arg>,
}

impl<'b> Before<'b> {
    fn read(root: &'b Command, all: &'b [String]) -> Self {
        let mut before = Self { command: root, words: Vec::new(), flags: Vec::new(), waiting: None };
        for word in all {
            let named = |arg: &Arg, value: &str| arg.get_long().map(|long| format!("--{long}={value}"));
            if let Some(arg) = before.waiting.take() {
                before.flags.extend(named(arg, word));
            } else if word.starts_with('-') {
                let arg = flag(root, before.command, word);
                match word.split_once('=') {
                    Some((_, value)) => before.flags.extend(arg.and_then(|arg| named(arg, value))),
                    None => before.waiting = arg.filter(|arg| takes_value(arg)),
                }
            } else if let Some(verb) = before.command.find_subcommand(word).filter(|_| before.words.is_empty()) {
                before.command = verb;
            } else {
                before.words.push(word);
            }
        }
        before
    }
}

fn answer(root: &Command, words: &[String], live: Live<'_>) -> (Candidates, u8) {
    let (last, all) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    let before = Before::read(root, all);
    let (mut candidates, directive) = match (before.waiting, last.split_once('=')) {
        (Some(arg), _) => values(arg, &before, live),
        (None, Some((name, _))) if last.starts_with("--") => {
            let arg = flag(root, before.command, name);
            let (found, directive) = arg.map_or((Vec::new(), NO_FILES), |arg| values(arg, &before, live));
            (found.into_iter().map(|(value, what)| (format!("{name}={value}"), what)).collect(), directive)
        }
        _ if last.starts_with('-') => (flags(root, before.command), NO_FILES),
        _ => words_of(root, &before, last, live),
    };
    candidates.retain(|(value, _)| value.starts_with(last));
    (candidates, directive)
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_require_equals_set()
}

fn all_flags<'c>(root: &'c Command, command: &'c Command) -> impl Iterator<Item = &'c Arg> {
    // Without a verb the flags are those of the default verb.
    let verb = if command.has_subcommands() { root.find_subcommand("diff") } else { None };
    let own = command.get_arguments().chain(verb.into_iter().flat_map(Command::get_arguments));
    let global = root.get_arguments().filter(|arg| arg.is_global_set());
    own.chain(global).filter(|arg| !arg.is_positional() && !arg.is_hide_set())
}

fn flag<'c>(root: &'c Command, command: &'c Command, word: &str) -> Option<&'c Arg> {
    let name = word.split('=').next().unwrap_or(word);
    all_flags(root, command).find(|arg| match name.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short().is_some_and(|short| name.strip_prefix('-') == Some(short.encode_utf8(&mut [0; 4]))),
    })
}

fn flags(root: &Command, command: &Command) -> Candidates {
    let mut found: Candidates = all_flags(root, command)
        .filter_map(|arg| Some((format!("--{}", arg.get_long()?), help(arg.get_help()))))
        .collect();
    found.push(("--help".to_owned(), "Print help".to_owned()));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|(name, _)| seen.insert(name.clone()));
    found
}

/// What may follow a flag.
fn values(arg: &Arg, before: &Before<'_>, live: Live<'_>) -> (Candidates, u8) {
    match arg.get_id().as_str() {
        "profile" => (profiles(), FILES),
        "only" | "skip" => (rules(), NO_FILES),
        "filenames" | "kustomize" | "against" | "kubeconfig" => (Vec::new(), FILES),
        argument @ ("namespace" | "context" | "cluster" | "user") => {
            (live(&Question { argument, kind: None, flags: &before.flags }), NO_FILES)
        }
        _ => (possible(arg), NO_FILES),
    }
}

/// What a bare word may be.
fn words_of(root: &Command, before: &Before<'_>, last: &str, live: Live<'_>) -> (Candidates, u8) {
    let (command, positionals) = (before.command, before.words.len());
    if command.has_subcommands() && positionals == 0 {
        let verbs = command.get_subcommands().filter(|verb| !verb.is_hide_set());
        let mut words: Candidates = verbs.map(|verb| (verb.get_name().to_owned(), help(verb.get_about()))).collect();
        if command.get_positionals().any(|arg| arg.get_id() == "rule") {
            words.extend(rules());
        }
        return (words, NO_FILES);
    }
    // Without a verb the words are those of the default verb.
    let verb = root.find_subcommand("diff").filter(|_| command.has_subcommands()).unwrap_or(command);
    let Some(arg) = verb.get_positionals().find(|arg| !arg.is_hide_set()) else { return (Vec::new(), NO_FILES) };
    match arg.get_id().as_str() {
        "rule" if positionals == 0 => (rules(), NO_FILES),
        "profile" if positionals == 0 => (profiles(), FILES),
        "paths" | "files" => (Vec::new(), FILES),
        "shell" if positionals == 0 => (possible(arg), NO_FILES),
        "words" => (objects(before, last, live), NO_FILES),
        argument => (live(&Question { argument, kind: None, flags: &before.flags }), NO_FILES),
    }
}

/// Types, and names after a bare type or behind a slash.
fn objects(before: &Before<'_>, last: &str, live: Live<'_>) -> Candidates {
    let ask = |kind| live(&Question { argument: "words", kind, flags: &before.flags });
    match (last.split_once('/'), before.words.first()) {
        (Some((kind, _)), _) => {
            ask(Some(kind)).into_iter().map(|(name, what)| (format!("{kind}/{name}"), what)).collect()
        }
        (None, Some(first)) if !first.contains('/') => {
            let mut names = ask(Some(first));
            names.retain(|(name, _)| !before.words.contains(&name.as_str()));
            names
        }
        _ => ask(None),
    }
}

fn possible(arg: &Arg) -> Candidates {
    let values = arg.get_possible_values();
    values.iter().map(|value| (value.get_name().to_owned(), help(value.get_help()))).collect()
}

fn rules() -> Candidates {
    REGISTRY.iter().map(|rule| (rule.id.to_owned(), rule.title.to_owned())).collect()
}

fn profiles() -> Candidates {
    BUILTIN.iter().map(|builtin| (builtin.name.to_owned(), "built-in profile".to_owned())).collect()
}

fn help(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(|text| text.to_string().lines().next().unwrap_or_default().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
