//! Which manifests of a run the kustomizations among them list: told by their paths, which only this room knows.

use crate::source::{Manifest, Origin};
use crate::workload::{Listed, Neighbours};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// The names by which kustomize knows its file.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What each kustomization lists, by the index of its manifest. `others` are files that were read and hold nothing of use.
pub(super) fn listed(neighbours: &Neighbours, manifests: &[Manifest], others: &[Origin]) -> BTreeMap<usize, Listed> {
    let mut all = BTreeMap::new();
    let mut places: Option<(HashMap<PathBuf, usize>, HashSet<PathBuf>)> = None;
    for one in neighbours.kustomizations() {
        let manifest = one.neighbour.manifest;
        let Some(path) = path_of(&manifests[manifest].origin) else { continue };
        if !path.file_name().is_some_and(|name| NAMES.iter().any(|known| name == *known)) {
            continue;
        }
        let (known, empty) = places.get_or_insert_with(|| {
            let known = manifests.iter().enumerate();
            (
                known.filter_map(|(index, manifest)| Some((real(path_of(&manifest.origin)?)?, index))).collect(),
                others.iter().filter_map(|origin| real(path_of(origin)?)).collect(),
            )
        });
        let mut listed = Listed { complete: true, ..Listed::default() };
        for resource in one.neighbour.list("/resources").iter().filter_map(Value::as_str) {
            let place = real(&path.parent().unwrap_or(Path::new("")).join(resource));
            match place.as_ref().and_then(|place| known.get(place)) {
                Some(index) => drop(listed.manifests.insert(*index)),
                None => listed.complete &= place.is_some_and(|place| empty.contains(&place)),
            }
        }
        all.insert(manifest, listed);
    }
    all
}

fn path_of(origin: &Origin) -> Option<&Path> {
    match origin {
        Origin::File(path) => Some(path),
        _ => None,
    }
}

/// A path by which the same file is always known; `None` where there is none, as for a URL.
fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}
