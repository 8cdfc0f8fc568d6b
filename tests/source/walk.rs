//! Folders and globs.

use crate::fixture::{Folder, POD, read, refusal, try_read};

#[test]
fn a_folder_gives_its_manifests_one_level_deep_unless_recursive() {
    let folder =
        Folder::with(&["b.yaml", "a.yml", "c.json", "d.YAML", "e.txt", "in/f.yaml", "in/er/g.yaml", ".h.yaml"]);
    folder.write(".git/config.yaml", POD);
    let root = [folder.path().to_owned()];
    assert_eq!(folder.names(&read(&root, false)), ["a.yml", "b.yaml", "c.json"]);
    assert_eq!(folder.names(&read(&root, true)), ["a.yml", "b.yaml", "c.json", "in/er/g.yaml", "in/f.yaml"]);
}

#[test]
fn what_git_ignores_is_left_out_of_a_deep_walk() {
    let folder = Folder::with(&["a.yaml", "build/b.yaml", "in/c.yaml", "in/generated.yaml"]);
    folder.write(".gitignore", "build/\n");
    folder.write("in/.gitignore", "generated.yaml\n");
    let root = [folder.path().to_owned()];
    let all = ["a.yaml", "build/b.yaml", "in/c.yaml", "in/generated.yaml"];
    assert_eq!(folder.names(&read(&root, true)), all, "git ignores nothing outside a repository");
    std::fs::create_dir(folder.join(".git")).unwrap();
    assert_eq!(folder.names(&read(&root, true)), ["a.yaml", "in/c.yaml"]);
    // Who names it wants it.
    assert_eq!(folder.names(&read(&[folder.join("build")], true)), ["build/b.yaml"]);
    assert_eq!(folder.names(&read(&[folder.join("in/generated.yaml")], true)), ["in/generated.yaml"]);
}

#[test]
fn our_own_ignore_file_counts_in_every_walk() {
    let folder = Folder::with(&["a.yaml", "b.yaml", "in/c.yaml", "in/d.yaml"]);
    folder.write(".kubectl-hardenignore", "b.yaml\n/in/c.yaml\n");
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], false)), ["a.yaml"]);
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], true)), ["a.yaml", "in/d.yaml"]);
    assert_eq!(folder.names(&read(&[folder.join("in")], true)), ["in/d.yaml"], "that of the folder above counts too");
    assert_eq!(folder.names(&read(&[folder.join("b.yaml")], true)), ["b.yaml"]);
}

#[test]
fn a_glob_matches_as_in_a_shell() {
    let folder = Folder::with(&["a1.yaml", "a2.yaml", "b.yaml", ".c.yaml", "x/a.yaml", "y/a.yaml", "y/z/a.txt"]);
    let matches = |pattern: &str| folder.names(&read(&[folder.join(pattern)], false));
    assert_eq!(matches("a*.yaml"), ["a1.yaml", "a2.yaml"]);
    assert_eq!(matches("a?.y*ml"), ["a1.yaml", "a2.yaml"]);
    assert_eq!(matches("[ab]*.yaml"), ["a1.yaml", "a2.yaml", "b.yaml"]);
    assert_eq!(matches("*.yaml"), ["a1.yaml", "a2.yaml", "b.yaml"]);
    assert_eq!(matches(".*.yaml"), [".c.yaml"]);
    assert_eq!(matches("*/a.yaml"), ["x/a.yaml", "y/a.yaml"]);
    assert_eq!(matches("**/a.*"), ["x/a.yaml", "y/a.yaml", "y/z/a.txt"]);
    assert_eq!(matches("[xy]"), ["x/a.yaml", "y/a.yaml"], "a folder that matches is walked");
    assert!(try_read(&[folder.join("c*.yaml")], false).unwrap_err().to_string().ends_with("does not exist"));
}

#[test]
fn a_file_with_a_pattern_for_a_name_is_that_file() {
    let folder = Folder::with(&["a[1].yaml", "a1.yaml"]);
    assert_eq!(folder.names(&read(&[folder.join("a[1].yaml")], false)), ["a[1].yaml"]);
}

#[test]
fn a_folder_named_like_a_file_is_a_folder() {
    let folder = Folder::with(&["a.yaml", "x.yaml/b.yaml"]);
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], false)), ["a.yaml"]);
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], true)), ["a.yaml", "x.yaml/b.yaml"]);
    assert_eq!(folder.names(&read(&[folder.join("x.yaml")], false)), ["x.yaml/b.yaml"]);
}

#[test]
fn deep_folders_are_walked() {
    let deep = "d/".repeat(500);
    let folder = Folder::with(&[&format!("{deep}a.yaml")]);
    assert_eq!(read(&[folder.path().to_owned()], true).manifests.len(), 1);
}

#[cfg(unix)]
#[test]
fn links_that_go_round_end() {
    use std::os::unix::fs::symlink;
    let folder = Folder::with(&["in/a.yaml"]);
    symlink("..", folder.join("in/up")).unwrap();
    symlink("..", folder.join("in/up.yaml")).unwrap();
    assert_eq!(folder.names(&read(&[folder.path().to_owned()], true)), ["in/a.yaml"]);
    assert_eq!(folder.names(&read(&[folder.join("**/*.yaml")], false)), ["in/a.yaml"]);

    symlink("self.yaml", folder.join("self.yaml")).unwrap();
    assert!(refusal(&read(&[folder.join("self.yaml")], false)).starts_with("cannot be read"));
    symlink("nowhere", folder.join("gone.yaml")).unwrap();
    assert!(refusal(&read(&[folder.join("gone.yaml")], false)).contains("leads nowhere"));
}
