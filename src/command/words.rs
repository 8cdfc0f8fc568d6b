//! From the words of a verb to the manifests it reads.

use super::session::Sources;
use super::{Console, UsageError};
use crate::cli::Input;
use crate::report::phrase::pasteable;
use std::path::Path;

/// The sources that `-f`, `-R` and `-k` name. Bare words will be live objects; until then they are refused with what to
/// write instead.
pub(super) fn sources(input: &Input, verb: &str, console: &Console) -> Result<Sources, UsageError> {
    let name = &console.name;
    if let Some(word) = input.words.first() {
        let files: Vec<String> = input
            .words
            .iter()
            .filter(|word| Path::new(word).exists())
            .map(|word| format!("-f {}", pasteable(&word.to_string_lossy())))
            .collect();
        let word = word.to_string_lossy();
        return Err(UsageError(match files.is_empty() {
            true => format!(
                "live objects are not supported yet: {word:?}\n  name manifests with -f FILE, -f DIRECTORY, -k DIRECTORY, or -f - for standard input"
            ),
            false => format!("{word:?} is a path: name files with -f\n  {name} {verb} {}", files.join(" ")),
        }));
    }
    if input.kustomize.is_some() && (input.recursive || !input.filenames.is_empty()) {
        return Err(UsageError("the -k flag can't be used with -f or -R".to_owned()));
    }
    Ok(Sources {
        names: input.filenames.clone(),
        commas: true,
        kustomize: input.kustomize.clone(),
        recursive: input.recursive,
        ignore_named: false,
        all: false,
    })
}
