//! What the config starts, and the shell scripts behind it.

use super::tree::{At, Node, Tree};
use crate::image::Config;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Scripts that are told, and their bytes together.
const MOST: usize = 256;
const BYTES: usize = 1 << 20;

/// Scripts of one name that a word may mean.
const SAME_NAME: usize = 16;

/// Words of a config that are looked at.
const WORDS: usize = 256;

/// `PATH` where the config sets none: what runtimes use.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The files that the words of entrypoint and command name, by path, through `PATH` or from the working directory. The
/// last link is not followed.
pub(super) fn started(tree: &Tree, config: &Config) -> Vec<String> {
    let words = config.entrypoint.iter().chain(&config.cmd).flat_map(|word| words(word)).take(WORDS);
    let mut found = Vec::new();
    for word in words {
        if let Some(path) = locate(tree, config, word)
            && !found.contains(&path)
        {
            found.push(path);
        }
    }
    found
}

/// The scripts by their path: those that are started, those that the start scripts name, and whatever calls itself an
/// entrypoint. `texts` has every script that was kept.
pub(super) fn of(tree: &Tree, config: &Config, texts: &BTreeMap<String, &str>) -> BTreeMap<String, String> {
    let mut by_name: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
    for path in texts.keys() {
        by_name.entry(last(path)).or_default().push(path);
    }
    let mut queue: VecDeque<String> = started(tree, config).into();
    queue.extend(texts.keys().filter(|path| is_entrypoint(path)).cloned());
    let mut queued = BTreeSet::new();
    let mut found = BTreeMap::new();
    let mut bytes = 0;
    while let Some(path) = queue.pop_front() {
        let Some((path, _)) = tree.get(&path, true) else { continue };
        let Some(text) = texts.get(&path) else { continue };
        if found.contains_key(&path) || found.len() == MOST || bytes + text.len() > BYTES {
            continue;
        }
        bytes += text.len();
        for word in words(text) {
            // A path as it stands, or with a variable before it: then by its name.
            let named = by_name.get(last(word)).into_iter().flatten().take(SAME_NAME);
            for path in named.filter(|path| word.ends_with(".sh") || word == path.as_str() || is_own(path)) {
                if queued.insert(path.as_str()) {
                    queue.push_back((*path).clone());
                }
            }
        }
        found.insert(path, (*text).to_owned());
    }
    found
}

/// Whether a script is part of what starts the image by its name alone.
fn is_entrypoint(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or_default();
    name.contains("entrypoint") || last(folder).contains("entrypoint") || folder.contains("/cont-init.d")
}

/// Whether a script is the image's own and not one of the system's.
fn is_own(path: &str) -> bool {
    !["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/usr/share/", "/lib/", "/etc/"]
        .iter()
        .any(|system| path.starts_with(system))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// What could be the name of a file in a piece of shell.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| character.is_whitespace() || "\"'`;&|()<>{}=,".contains(character))
        .filter(|word| !word.is_empty() && !word.starts_with('-') && word.len() <= 4096)
}

fn locate(tree: &Tree, config: &Config, word: &str) -> Option<String> {
    let file = |path: &str| match tree.get(path, true)? {
        (_, At::Node(Node::File(meta, _))) => Some(*meta),
        _ => None,
    };
    if word.starts_with('/') {
        return file(word).and_then(|_| tree.get(word, false)).map(|(path, _)| path);
    }
    if !word.contains('/') {
        let path = config.env.get("PATH").filter(|path| !path.is_empty()).map_or(PATH, String::as_str);
        let candidates = path.split(':').take(32).map(|folder| format!("{folder}/{word}"));
        let runs = |path: &String| file(path).is_some_and(|meta| meta.mode & 0o111 != 0);
        if let Some(found) = candidates.filter(|path| path.starts_with('/')).find(runs) {
            return tree.get(&found, false).map(|(path, _)| path);
        }
    }
    let here = format!("{}/{word}", config.working_dir);
    file(&here).and_then(|_| tree.get(&here, false)).map(|(path, _)| path)
}
