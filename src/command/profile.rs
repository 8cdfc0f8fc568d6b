//! `profile`: list, show and validate what a run can go by.

use super::session::read_profile;
use super::{Console, Exit};
use crate::cli::ProfileVerb;
use crate::profile::{BUILTIN, DEFAULT, Profile, RuleSummary, is_path, load};
use crate::report::{aligned, phrase, shown};
use std::path::{Path, PathBuf};

pub(super) fn run(verb: &ProfileVerb, console: &mut Console) -> anyhow::Result<Exit> {
    match verb {
        ProfileVerb::List => list(console),
        ProfileVerb::Show { profile } => {
            let profile = load(profile, &read_profile)?;
            console.data(&describe(&profile))?;
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

fn describe(profile: &Profile) -> String {
    let summary = profile.summary();
    let mut out = format!("{}: {}\n", shown(&summary.name), shown(&summary.description));
    if !summary.extends.is_empty() {
        out.push_str(&format!("extends: {}\n", shown(&summary.extends.join(", "))));
    }
    out.push_str(&format!("Kubernetes version: {}\n\n", summary.kubernetes_version));
    let mut rows = vec![["RULE", "SEVERITY", "FOR", "PARAMETERS"].map(str::to_owned)];
    rows.extend(summary.rules.iter().map(row));
    out.push_str(&aligned(&rows));
    if !summary.exceptions.is_empty() {
        out.push_str("\nexceptions:\n");
    }
    for exception in &summary.exceptions {
        let until = exception.expires.as_ref().map(|day| format!(" until {day}")).unwrap_or_default();
        out.push_str(&format!(
            "  {} for {}{until}: {}\n    {}\n",
            shown(&exception.rules.join(", ")),
            shown(&exception.only_for),
            shown(&exception.reason),
            shown(&exception.origin)
        ));
    }
    if !summary.images.is_empty() {
        out.push_str("\nimages:\n");
    }
    for image in &summary.images {
        let tag = image.tag.as_ref().map(|tag| format!(", tag {tag}")).unwrap_or_default();
        let like = image.like.as_ref().map(|like| format!("like {like}"));
        let states: Vec<String> = like.into_iter().chain(image.states.iter().cloned()).collect();
        out.push_str(&format!(
            "  {}: {}\n    {}\n",
            shown(&format!("{}{tag}", image.repositories.join(", "))),
            shown(&states.join(", ")),
            shown(&image.origin)
        ));
    }
    out
}

fn row(rule: &RuleSummary) -> [String; 4] {
    let severity = if rule.enabled { rule.severity.to_string() } else { "off".to_owned() };
    let only_for = rule.only_for.as_deref().unwrap_or("all");
    let parameters: Vec<String> =
        rule.parameters.iter().map(|(name, value)| format!("{name}: {}", phrase::value(value))).collect();
    [rule.id.clone(), severity, shown(only_for).into_owned(), parameters.join(", ")]
}
