//! Puts the image facts into the program: `src/image/facts/*.yaml` become one table that costs nothing to load.
//!
//! Each entry becomes compact JSON, read only when an image asks for it, and each of its globs a row. The rows stand in the
//! order in which they are tried, the more specific before the less specific, wherever their entries stand.

#![allow(clippy::disallowed_methods)] // A build script reads and writes files.

use serde_json::Value;
use std::cmp::Reverse;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const FACTS: &str = "src/image/facts";
const MIRRORS: &str = "src/image/mirrors.yaml";

/// A glob on the repository, one on the tag (empty for any), and the place of the entry.
type Row = (String, String, usize);

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={FACTS}");
    println!("cargo::rerun-if-changed={MIRRORS}");
    let mut entries = Vec::new();
    for file in fs::read_dir(FACTS)? {
        let path = file?.path();
        let read: Vec<Value> = serde_yaml::from_str(&fs::read_to_string(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        entries.extend(read);
    }
    entries.sort_by(|one, other| text(one, "id").cmp(text(other, "id")));

    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for glob in entry["match"].as_array().into_iter().flatten() {
            let glob = glob.as_str().unwrap_or_default();
            rows.extend(alternatives(text(entry, "tag")).into_iter().map(|tag| (glob.to_owned(), tag, index)));
        }
    }
    rows.sort_by_cached_key(order);

    let mut out = String::from("pub(super) static ENTRIES: &[(&str, &str)] = &[\n");
    for entry in &entries {
        writeln!(out, "    ({:?}, {:?}),", text(entry, "id"), entry.to_string())?;
    }
    out.push_str("];\npub(super) static ROWS: &[(&str, &str, usize)] = &[\n");
    for (repository, tag, index) in &rows {
        writeln!(out, "    ({repository:?}, {tag:?}, {index}),")?;
    }
    out.push_str("];\npub(super) static MIRRORS: &[(&str, &str)] = &[\n");
    let mirrors: Vec<(String, String)> = serde_yaml::from_str(&fs::read_to_string(MIRRORS)?)?;
    for (mirror, origin) in &mirrors {
        writeln!(out, "    ({mirror:?}, {origin:?}),")?;
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("image_facts.rs"), out)?;
    Ok(())
}

fn text<'v>(entry: &'v Value, key: &str) -> &'v str {
    entry[key].as_str().unwrap_or_default()
}

/// The globs that one with `{a,b}` stands for.
fn alternatives(glob: &str) -> Vec<String> {
    match glob.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?))) {
        Some((start, (list, end))) => list.split(',').map(|one| format!("{start}{one}{end}")).collect(),
        None => vec![glob.to_owned()],
    }
}

/// A whole repository before a glob, the longer before the shorter, with a tag before any tag; then by name, so that the
/// order never hangs on the files.
fn order(row: &Row) -> (bool, Reverse<usize>, Reverse<usize>, String, String) {
    let literal = |glob: &str| glob.chars().filter(|char| *char != '*').count();
    let (repository, tag, _) = row;
    (repository.contains('*'), Reverse(literal(repository)), Reverse(literal(tag)), repository.clone(), tag.clone())
}
