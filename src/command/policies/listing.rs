//! The kustomization that lists the manifests of a namespace: what else it brings in, and the entry for a file of policies.

use super::homes::{FILE, Home, file_of};
use super::{Survey, View, options};
use crate::workload::NeededField;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Lists by which things come in that no manifest of the run shows.
const UNSEEN: [&str; 4] = ["bases", "components", "generators", "helmCharts"];

/// What a kustomization brings in from outside of the folders that were named; `None` where policies were asked for.
pub(super) fn unseen(survey: &Survey<'_>, kustomization: usize) -> Option<String> {
    let View::Whole(roots) = survey.view else { return None };
    if survey.is_asked || roots.is_empty() {
        return None;
    }
    let one = survey.world.neighbours.kustomization_in(kustomization)?.neighbour;
    let folder = folder_of(survey, kustomization)?;
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    let is_seen = |entry: &str| {
        let place = folder.join(entry).canonicalize();
        place.is_ok_and(|place| roots.iter().any(|root| place.starts_with(root))) || is_to_come(survey, entry)
    };
    let mut listed = one.list("/resources").iter().filter_map(Value::as_str);
    let other = UNSEEN.into_iter().find(|list| one.at(&format!("/{list}/0")).is_some());
    listed.find(|entry| !is_seen(entry)).map(str::to_owned).or(other.map(|list| format!("`{list}`")))
}

/// The entry by which a kustomization lists a home; `None` where it does already.
pub(super) fn entry(survey: &Survey<'_>, kustomization: usize, home: &Home) -> Option<NeededField> {
    if home.manifest.is_some_and(|manifest| survey.listed[&kustomization].manifests.contains(&manifest)) {
        return None;
    }
    let one = survey.world.neighbours.kustomization_in(kustomization)?.neighbour;
    let entry = home.path.strip_prefix(folder_of(survey, kustomization)?).ok()?.to_str()?;
    let lists = |item: &Value| item.as_str().is_some_and(|item| item.trim_start_matches("./") == entry);
    if one.list("/resources").iter().any(lists) {
        return None;
    }
    Some(NeededField {
        manifest: kustomization,
        document: one.document,
        base: one.base.clone(),
        pointer: "/resources/-".to_owned(),
        value: entry.into(),
        evidence: "it lists the manifests that the policies are for".to_owned(),
    })
}

/// Whether it is the file that the policies are to go into.
fn is_to_come(survey: &Survey<'_>, entry: &str) -> bool {
    let name = entry.trim_start_matches("./");
    options::file(survey.profile).map_or_else(|| name.starts_with(FILE), |stated| name == stated)
}

fn folder_of<'s>(survey: &Survey<'s>, manifest: usize) -> Option<&'s Path> {
    Some(file_of(&survey.manifests[manifest].origin)?.parent().unwrap_or(Path::new("")))
}
