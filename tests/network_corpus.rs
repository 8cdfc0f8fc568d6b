//! Policies for the manifests of many public repositories: each ends as it should, touches no other file but to list or to label,
//! and has nothing to do the second time.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The files below a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).build();
    let paths = walk.map(|entry| entry.unwrap().into_path()).filter(|path| path.is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    paths.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn every_repository_comes_to_rest() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    let Ok(repositories) = std::fs::read_dir(&corpus) else {
        return eprintln!("skipped: there is no corpus at {}", corpus.display());
    };
    let mut made = 0;
    for repository in repositories {
        let before = files(&repository.unwrap().path());
        let place = Place::new();
        before.iter().for_each(|(name, text)| drop(place.write(name, text)));
        let ran = place.run("rewrite . --only network-policies -o json");
        assert!([0, 2].contains(&ran.code) && !ran.err.contains("a bug"), "{ran:?}");
        let Ok(report) = serde_json::from_str::<Value>(&ran.out) else {
            assert!(ran.err.contains("no .yaml, .yml or .json files"), "{ran:?}");
            continue;
        };
        let after = files(place.path());
        for (name, text) in &before {
            let same = after[name] == *text;
            let now = String::from_utf8_lossy(&after[name]);
            assert!(same || now.contains("networkpolicies") || now.contains("kubectl-harden.dev/workload"), "{name}");
        }
        let new = after.keys().filter(|name| !before.contains_key(*name)).count();
        assert_eq!(new > 0, !report["added"].as_array().unwrap().is_empty(), "{ran:?}");
        made += usize::from(new > 0);
        place.run("rewrite . --only network-policies");
        assert!(files(place.path()) == after, "a second run changes something: {:?}", after.keys().next());
    }
    assert!(made > 40, "{made} repositories got policies");
}
