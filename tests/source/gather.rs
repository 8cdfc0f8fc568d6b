//! What the user may name.

use crate::fixture::{Folder, POD, read, request, try_read};
use kubectl_harden::source::{NameError, Progress, Request, gather};
use std::path::PathBuf;

#[test]
fn a_named_file_may_have_any_ending_and_keeps_its_place() {
    let folder = Folder::with(&["b.yaml", "a.yaml", "notes.txt", ".hidden"]);
    let names = ["notes.txt", "b.yaml", ".hidden", "a.yaml"];
    let gathered = read(&names.map(|name| folder.join(name)), false);
    assert_eq!(folder.names(&gathered), names);
    assert!(gathered.refused.is_empty() && gathered.skipped.is_empty());
    assert_eq!(gathered.manifests[0].stream.text(), POD);
}

#[test]
fn commas_part_a_list_but_not_the_name_of_a_file() {
    let folder = Folder::with(&["a.yaml", "b.yaml", "c,d.yaml"]);
    let list = PathBuf::from(format!("{},{}", folder.join("b.yaml").display(), folder.join("a.yaml").display()));
    assert_eq!(folder.names(&read(&[list.clone(), folder.join("c,d.yaml")], false)), ["b.yaml", "a.yaml", "c,d.yaml"]);

    let progress = Progress::hidden();
    let without = gather(&Request { commas: false, ..request([&list], &progress) });
    assert!(matches!(without, Err(NameError::Missing(_))), "{without:?}");
}

#[test]
fn a_file_named_twice_is_read_once() {
    let folder = Folder::with(&["a.yaml", "b.yaml"]);
    let twice =
        [folder.join("b.yaml"), folder.path().to_owned(), folder.join("../").join(folder.path()).join("a.yaml")];
    assert_eq!(folder.names(&read(&twice, false)), ["b.yaml", "a.yaml"]);
}

#[cfg(unix)]
#[test]
fn of_a_file_and_a_link_to_it_the_file_is_read() {
    let folder = Folder::with(&["real.yaml"]);
    std::os::unix::fs::symlink("real.yaml", folder.join("link.yaml")).unwrap();
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], false)), ["real.yaml"]);
    // A link alone is followed, under its own name.
    let alone = read(&[folder.join("link.yaml"), folder.join("link.yaml")], false);
    assert_eq!(folder.names(&alone), ["link.yaml"]);
    assert_eq!(alone.manifests[0].stream.text(), POD);
}

#[test]
fn a_command_line_that_names_nothing_is_an_error() {
    let folder = Folder::with(&["empty/readme.md", "a.yaml", "outer/inner/b.yaml"]);
    let message = |names: &[PathBuf], recursive| try_read(names, recursive).unwrap_err().to_string();

    assert!(message(&[], false).starts_with("you must provide one or more manifests"));
    let missing = message(&[folder.join("a.yaml"), folder.join("no.yaml")], false);
    assert!(missing.contains("no.yaml") && missing.ends_with("does not exist"), "{missing}");
    let below = message(&[folder.join("a.yaml").join("b.yaml")], false);
    assert!(below.ends_with("does not exist"), "{below}");
    let empty = message(&[folder.join("empty")], true);
    assert!(empty.starts_with("no .yaml, .yml or .json files in"), "{empty}");
    let flat = message(&[folder.join("outer")], false);
    assert!(flat.contains("-R"), "{flat}");
    assert!(matches!(try_read(&["-".into(), "-".into()], false), Err(NameError::StdinTwice)));

    let progress = Progress::hidden();
    let both = Request { kustomize: Some(folder.path().to_owned()), ..request(["a.yaml"], &progress) };
    assert!(matches!(gather(&both), Err(NameError::KustomizeBesideFiles)));
}

#[test]
fn what_the_caller_does_not_need_is_counted_and_dropped() {
    let folder = Folder::with(&["a.yaml", "b.yaml"]);
    folder.write("other.yaml", "some: thing\n");
    let progress = Progress::hidden();
    let keep = |stream: &kubectl_harden::manifest::Stream| stream.text().contains("Pod");
    let gathered = gather(&Request { keep: &keep, ..request([folder.path()], &progress) }).unwrap();
    assert_eq!(folder.names(&gathered), ["a.yaml", "b.yaml"]);
    assert_eq!(gathered.other_manifests.len(), 1);
}

#[test]
fn many_files_come_in_stable_order() {
    let names: Vec<String> = (0..500).map(|index| format!("{index:03}.yaml")).collect();
    let folder = Folder::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], false)), names);
}
