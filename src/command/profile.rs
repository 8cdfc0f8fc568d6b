//! `profile`: list, show and validate what a run can go by.

use super::reading::read_profile;
use super::{Console, Exit};
use crate::cli::{ProfileFormat, ProfileVerb};
use crate::profile::{BUILTIN, DEFAULT, is_path, load};
use crate::report::{self, aligned, phrase, shown};
use std::path::{Path, PathBuf};

pub(super) fn run(verb: &ProfileVerb, console: &mut Console) -> anyhow::Result<Exit> {
    match verb {
        ProfileVerb::List => list(console),
        ProfileVerb::Show { profile, output } => {
            let summary = load(profile, &read_profile)?.summary();
            let text = match output {
                ProfileFormat::Text => report::profile(&summary, &console.name, profile),
                ProfileFormat::Json => serde_json::to_string_pretty(&summary)? + "\n",
                ProfileFormat::Yaml => serde_yaml::to_string(&summary)?,
            };
            console.data(&text)?;
            Ok(Exit::Done)
        }
        ProfileVerb::Validate { files } => validate(files, console),
    }
}

fn list(console: &mut Console) -> anyhow::Result<Exit> {
    let mut rows = vec![["NAME", "RULES", "DESCRIPTION"].map(str::to_owned)];
    for builtin in BUILTIN {
        let profile = load(builtin.name, &read_profile)?;
        let name = if builtin.name == DEFAULT { format!("{DEFAULT} (default)") } else { builtin.name.to_owned() };
        let running = profile.rules.iter().filter(|setting| setting.enabled).count();
        rows.push([name, running.to_string(), profile.description]);
    }
    console.data(&aligned(&rows))?;
    Ok(Exit::Done)
}

/// Every file is read, whatever is wrong with the ones before.
fn validate(files: &[PathBuf], console: &mut Console) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    for file in files {
        let name = file.to_string_lossy();
        // A bare `team` is a file here, never the built-in profile of that name.
        let path = if is_path(&name) { file.clone() } else { Path::new(".").join(file) };
        match load(&path.to_string_lossy(), &read_profile) {
            Ok(profile) => {
                let rules = phrase::count(profile.rules.iter().filter(|setting| setting.enabled).count(), "rule");
                console.data(&format!("{}: profile {} is valid, {rules}\n", shown(&name), shown(&profile.name)))?;
            }
            Err(error) => {
                error.problems.iter().for_each(|problem| console.error(&problem.to_string()));
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}
