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

type Candidates = Vec<(String, String)>;
/// Gives what a cluster has for a bare word, by the id of its argument.
type Live<'l> = &'l dyn Fn(&str) -> Candidates;

/// What the cluster at hand has for a bare word.
#[cfg(feature = "cluster")]
fn live(argument: &str) -> Candidates {
    match argument {
        "words" => super::candidates::types(),
        "what" => super::candidates::recorded(true),
        "past" => super::candidates::recorded(false),
        _ => Vec::new(),
    }
}

/// What the cluster at hand has for a bare word: this build knows none.
#[cfg(not(feature = "cluster"))]
fn live(_: &str) -> Candidates {
    Vec::new()
}

fn answer(root: &Command, words: &[String], live: Live<'_>) -> (Candidates, u8) {
    let (last, before) = words.split_last().map_or(("", words), |(last, before)| (last.as_str(), before));
    let mut command = root;
    let mut positionals = 0;
    let mut waiting: Option<&Arg> = None;
    for word in before {
        if waiting.take().is_some() {
        } else if word.starts_with('-') {
            waiting = flag(root, command, word).filter(|arg| takes_value(arg) && !word.contains('='));
        } else if let Some(verb) = command.find_subcommand(word) {
            command = verb;
        } else {
            positionals += 1;
        }
    }
    let (mut candidates, directive) = match (waiting, last.split_once('=')) {
        (Some(arg), _) => values(arg),
        (None, Some((name, _))) if last.starts_with("--") => {
            let (found, directive) = flag(root, command, name).map_or((Vec::new(), NO_FILES), values);
            (found.into_iter().map(|(value, what)| (format!("{name}={value}"), what)).collect(), directive)
        }
        _ if last.starts_with('-') => (flags(root, command), NO_FILES),
        _ => words_of(root, command, positionals, live),
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
fn values(arg: &Arg) -> (Candidates, u8) {
    match arg.get_id().as_str() {
        "profile" => (profiles(), FILES),
        "only" | "skip" => (rules(), NO_FILES),
        "filenames" | "kustomize" | "against" => (Vec::new(), FILES),
        _ => (possible(arg), NO_FILES),
    }
}

/// What a bare word may be.
fn words_of(root: &Command, command: &Command, positionals: usize, live: Live<'_>) -> (Candidates, u8) {
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
        // After a bare type come names.
        "words" if positionals > 0 => (Vec::new(), NO_FILES),
        id => (live(id), NO_FILES),
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
mod tests {
    use super::*;

    fn ask(words: &[&str]) -> (Vec<String>, u8) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let live = |argument: &str| vec![(format!("live-{argument}"), String::new())];
        let (candidates, directive) = answer(&definition("kubectl harden"), &words, &live);
        (candidates.into_iter().map(|(value, _)| value).collect(), directive)
    }

    #[test]
    fn verbs_come_first_and_hidden_ones_never() {
        assert_eq!(
            ask(&[""]).0,
            [
                "diff",
                "check",
                "rewrite",
                "apply",
                "render",
                "undo",
                "history",
                "explain",
                "network",
                "profile",
                "completion"
            ]
        );
        assert_eq!(ask(&["re"]), (vec!["rewrite".to_owned(), "render".to_owned()], NO_FILES));
        assert_eq!(ask(&["profile", "sh"]).0, ["show"]);
    }

    #[test]
    fn values_follow_their_flags() {
        assert_eq!(ask(&["check", "--max-risk", ""]).0, ["safe", "likely", "unproven", "breaking"]);
        assert_eq!(ask(&["--max-risk", "s"]).0, ["safe"]);
        assert_eq!(ask(&["check", "--max-risk=br"]).0, ["--max-risk=breaking"]);
        assert_eq!(ask(&["check", "-p", "res"]), (vec!["restricted".to_owned()], FILES));
        assert_eq!(ask(&["diff", "-f", ""]), (Vec::new(), FILES));
        assert_eq!(ask(&["check", "-o", "t"]).0, ["table"]);
        assert_eq!(ask(&["check", "--skip", "run-as-n"]).0, ["run-as-non-root"]);
    }

    #[test]
    fn words_are_what_the_verb_takes() {
        assert_eq!(ask(&["explain", "sysc"]).0, ["sysctls"]);
        assert_eq!(ask(&["explain", "image"]).0[..2], ["image", "image-digest"]);
        assert_eq!(ask(&["rewrite", ""]), (Vec::new(), FILES));
        assert_eq!(ask(&["completion", "k"]).0, ["kubectl"]);
        assert_eq!(ask(&["diff", ""]), (vec!["live-words".to_owned()], NO_FILES));
        assert_eq!(ask(&["diff", "deployments", ""]), (Vec::new(), NO_FILES));
        assert_eq!(ask(&["undo", "x", ""]).0, ["live-what"]);
        assert_eq!(ask(&["history", ""]).0, ["live-past"]);
    }

    #[test]
    fn flags_are_those_of_the_verb_and_those_of_all() {
        let (flags, _) = ask(&["rewrite", "--"]);
        assert!(flags.contains(&"--check".to_owned()) && flags.contains(&"--quiet".to_owned()), "{flags:?}");
        assert!(!flags.contains(&"--filename".to_owned()), "{flags:?}");
        assert_eq!(ask(&["--rec"]).0, ["--recursive"]);
    }
}
