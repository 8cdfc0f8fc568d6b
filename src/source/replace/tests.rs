//! What cannot be made to happen from outside: a rename that fails when others are done.

use super::stage::Failure;
use super::{HardError, Rename, Replaced, Replacement, replace_with};
use crate::manifest::Stream;
use crate::source::{Limits, Manifest, Origin, Progress, Request, gather};
use std::fs;
use std::path::Path;
use std::time::SystemTime;
use tempfile::TempDir;

const NAMES: [&str; 4] = ["a.yaml", "b.yaml", "c.yaml", "d.yaml"];

fn manifests(folder: &Path) -> Vec<Manifest> {
    let progress = Progress::hidden();
    let request = Request {
        names: vec![folder.into()],
        commas: false,
        kustomize: None,
        recursive: false,
        ignore_named: false,
        limits: Limits::default(),
        keep: &|_: &Stream| true,
        progress: &progress,
    };
    gather(&request).unwrap().manifests
}

/// Try to give four files a new text, with a rename that goes wrong at the third.
fn run(folder: &Path, all_or_nothing: bool, rename: Rename) -> Result<Replaced, HardError> {
    for name in NAMES {
        fs::write(folder.join(name), "old\n").unwrap();
    }
    let manifests = manifests(folder);
    let list: Vec<_> = manifests.iter().map(|manifest| Replacement { manifest, text: "new\n" }).collect();
    replace_with(&list, all_or_nothing, rename)
}

fn texts(folder: &Path) -> Vec<String> {
    assert_eq!(fs::read_dir(folder).unwrap().count(), NAMES.len(), "litter");
    NAMES.map(|name| fs::read_to_string(folder.join(name)).unwrap()).to_vec()
}

#[test]
fn an_error_of_the_system_puts_back_what_is_done() {
    let folder = TempDir::new().unwrap();
    for all_or_nothing in [false, true] {
        let error = run(folder.path(), all_or_nothing, |staged, held| match staged.target().ends_with("c.yaml") {
            true => Err(Failure::Hard("input/output error".to_owned())),
            false => staged.rename(held),
        })
        .unwrap_err();
        assert_eq!(error.origin, Origin::File(folder.path().join("c.yaml")));
        assert!(error.to_string().ends_with("c.yaml: input/output error; every file is as it was"), "{error}");
        assert_eq!(texts(folder.path()), ["old\n"; 4]);
    }
}

#[test]
fn a_late_refusal_puts_back_only_a_set() {
    let folder = TempDir::new().unwrap();
    let refuse: Rename = |staged, held| match staged.target().ends_with("c.yaml") {
        true => Err(Failure::Refused("no".to_owned())),
        false => staged.rename(held),
    };
    let outcome = run(folder.path(), false, refuse).unwrap();
    assert_eq!((outcome.written, outcome.refused.len()), (vec![0, 1, 3], 1));
    assert_eq!(texts(folder.path()), ["new\n", "new\n", "old\n", "new\n"]);

    let outcome = run(folder.path(), true, refuse).unwrap();
    assert_eq!((outcome.written, outcome.refused.len()), (vec![], 1));
    assert_eq!(texts(folder.path()), ["old\n"; 4]);
}

#[test]
fn what_is_put_back_has_its_old_time() {
    let folder = TempDir::new().unwrap();
    let early = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    for name in NAMES {
        fs::write(folder.path().join(name), "old\n").unwrap();
        fs::File::options().write(true).open(folder.path().join(name)).unwrap().set_modified(early).unwrap();
    }
    let manifests = manifests(folder.path());
    let list: Vec<_> = manifests.iter().map(|manifest| Replacement { manifest, text: "new\n" }).collect();
    let rename: Rename = |staged, held| match staged.target().ends_with("d.yaml") {
        true => Err(Failure::Hard("input/output error".to_owned())),
        false => staged.rename(held),
    };
    replace_with(&list, false, rename).unwrap_err();
    for name in NAMES {
        assert_eq!(fs::metadata(folder.path().join(name)).unwrap().modified().unwrap(), early, "{name}");
    }
}

#[test]
fn a_file_that_changes_after_all_is_staged_is_refused() {
    let folder = TempDir::new().unwrap();
    let outcome = run(folder.path(), false, |staged, held| {
        // Somebody writes to the next file while this one is renamed.
        if staged.target().ends_with("a.yaml") {
            fs::write(staged.target().with_file_name("b.yaml"), "mine").unwrap();
        }
        staged.rename(held)
    })
    .unwrap();
    assert_eq!(outcome.refused[0].message, "has changed since it was read; run again");
    assert_eq!(texts(folder.path()), ["new\n", "mine", "new\n", "new\n"]);
}
