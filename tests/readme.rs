//! The README is true: its commands run, the output it shows is what they print, its files are read, its table is made
//! from the rules, its pictures are made from the program.
//!
//! Each `sh` or `console` block runs in a scratch copy of `testdata`, with the built binary for `cargo run --release --`
//! and with stand-ins for `helm` and for what `kubectl` needs a cluster for. A `yaml` block begins with the name of its
//! file and is there for every command.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use kubectl_harden::rules::table;
use std::fmt::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Beginnings of commands that are true without being run here: this is `cargo test`, an installation compiles all anew, and
/// images want an archive or a registry.
const NOT_RUN: [&str; 4] =
    ["cargo test", "cargo install --locked --path .", "docker save ", "kubectl harden -f deploy/ --i"];

struct Block {
    language: String,
    text: String,
}

fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(language) if !inside => found.push(Block { language: language.to_owned(), text: String::new() }),
            Some(_) => {}
            None if inside => writeln!(found.last_mut().unwrap().text, "{line}").unwrap(),
            None => continue,
        }
        if line.starts_with("```") {
            inside = !inside;
        }
    }
    assert!(!inside, "a block that does not end");
    found
}

/// The commands of a block, each with the output shown below it; `sh` blocks show none.
fn commands(block: &Block) -> Vec<(String, Option<String>)> {
    let lines = block.text.lines();
    if block.language == "sh" {
        let commands = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        return commands.map(|line| (line.to_owned(), None)).collect();
    }
    let mut found: Vec<(String, Option<String>)> = Vec::new();
    for line in lines {
        match line.strip_prefix("$ ") {
            Some(command) => found.push((command.to_owned(), Some(String::new()))),
            None => writeln!(found.last_mut().unwrap().1.as_mut().unwrap(), "{line}").unwrap(),
        }
    }
    found
}

fn script(place: &Place, name: &str, text: &str) {
    let path = place.write(&format!("bin/{name}"), text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A directory that looks like a clone to the commands.
fn clone(files: &[Block]) -> Place {
    let place = Place::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join("testdata/shop")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("testdata/shop/{}", entry.file_name().to_str().unwrap());
        place.write(&name, std::fs::read(entry.path()).unwrap());
    }
    for file in files {
        place.write(file.text.lines().next().unwrap().strip_prefix("# ").unwrap(), &file.text);
    }
    let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
    std::fs::create_dir(place.path().join("bin")).unwrap();
    symlink(binary, place.path().join("bin/kubectl-harden")).unwrap();
    // kubectl starts a plugin by its full path; `apply` and `kustomize` get by without a cluster here.
    script(
        &place,
        "kubectl",
        "#!/bin/sh\nset -e\nhere=$(cd \"$(dirname \"$0\")\" && pwd)\nverb=$1; shift\ncase $verb in\n\
         harden) exec \"$here/kubectl-harden\" \"$@\" ;;\n\
         apply) grep -q '^kind: ' ;;\n\
         kustomize) cat \"$1/web.yaml\" ;;\n\
         *) exit 9 ;;\nesac\n",
    );
    script(&place, "helm", "#!/bin/sh\nexec cat testdata/shop/api.yaml\n");
    place
}

fn run(place: &Place, command: &str) -> Output {
    let command = command.replace("cargo run --release --", "bin/kubectl-harden");
    let path = format!("{}:{}", place.path().join("bin").display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).current_dir(place.path()).env_clear().env("PATH", path);
    shell.output().unwrap()
}

/// What may come out of a command: 1 is "something would change" for the verbs that change nothing.
fn may_end_with(command: &str, code: i32) -> bool {
    let last = command.rsplit('|').next().unwrap();
    let reports = ["rewrite", "render", "explain", "profile", "completion", "apply", "patch"]
        .iter()
        .all(|verb| !last.split_whitespace().any(|word| word == *verb))
        || last.contains("rewrite --check");
    code == 0 || (code == 1 && reports)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn every_command_runs(name: &str, at_least: usize) {
    let (files, others): (Vec<_>, Vec<_>) = blocks(&page(name)).into_iter().partition(|one| one.language == "yaml");
    let mut ran = 0;
    for block in others.iter().filter(|block| ["sh", "console"].contains(&block.language.as_str())) {
        let place = clone(&files);
        for (command, shown) in commands(block) {
            if NOT_RUN.iter().any(|begin| command.starts_with(begin)) {
                continue;
            }
            let output = run(&place, &command);
            let (out, err) = (text(&output.stdout), text(&output.stderr));
            let code = output.status.code().unwrap();
            match shown {
                Some(shown) => assert_eq!(out + &err, shown, "{name}: {command}"),
                None => assert!(
                    may_end_with(&command, code) && !err.contains("error:"),
                    "{name}: {command}: exit code {code}\n{out}{err}"
                ),
            }
            ran += 1;
        }
    }
    assert!(ran >= at_least, "{name}: {ran} commands ran");
}

#[test]
fn every_command_of_the_readme_runs() {
    every_command_runs("README.md", 15);
}

#[test]
fn the_diff_that_is_piped_into_patch_is_what_rewrite_writes() {
    let files = blocks(&page("README.md")).into_iter().filter(|one| one.language == "yaml").collect::<Vec<_>>();
    let (patched, written) = (clone(&files), clone(&files));
    if Command::new("patch").arg("--version").output().is_err() {
        return eprintln!("skipped: there is no patch on this machine");
    }
    assert!(run(&patched, "kubectl harden -f testdata/shop/ | patch -p1").status.success());
    assert!(run(&written, "kubectl harden rewrite testdata/shop/").status.success());
    for name in ["api.yaml", "cache.json", "mail.yaml", "web.yaml"] {
        let name = format!("testdata/shop/{name}");
        assert_eq!(patched.read(&name), written.read(&name), "{name}");
        assert_ne!(written.read(&name), page(&name), "{name}");
    }
}

#[test]
fn the_hooks_of_the_readme_exist() {
    let known: Vec<serde_yaml::Value> = serde_yaml::from_str(&page(".pre-commit-hooks.yaml")).unwrap();
    let config = blocks(&page("README.md")).into_iter().find(|one| one.text.starts_with("# .pre-commit")).unwrap();
    let config: serde_yaml::Value = serde_yaml::from_str(&config.text).unwrap();
    let hooks = config["repos"][0]["hooks"].as_sequence().unwrap();
    assert!(!hooks.is_empty() && hooks.iter().all(|hook| known.iter().any(|one| one["id"] == hook["id"])));
}

#[test]
fn links_lead_somewhere() {
    let page = page("README.md");
    let targets = page.split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap());
    for target in targets.filter(|target| !target.is_empty() && !target.starts_with("https://")) {
        assert!(Path::new(ROOT).join(target).exists(), "{target}");
    }
}

#[test]
fn the_table_of_rules_is_current() {
    let table = table("docs/rules.md");
    let stored = page("README.md");
    let (before, rest) = stored.split_once("<!-- rules -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /rules -->\n").unwrap();
    let fresh = format!("{before}<!-- rules -->\n{table}<!-- /rules -->\n{after}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(Path::new(ROOT).join("README.md"), &fresh).unwrap();
    } else {
        assert!(stored == fresh, "README.md is stale: run `UPDATE=1 cargo test --test readme`");
    }
}

#[test]
fn the_pictures_are_current() {
    let mut make = Command::new("python3");
    make.arg(Path::new(ROOT).join("docs/images/make"));
    if std::env::var_os("UPDATE").is_none() {
        make.arg("--check");
    }
    match make.arg(assert_cmd::cargo::cargo_bin!("kubectl-harden")).output() {
        Ok(output) => assert!(output.status.success(), "{}", text(&output.stderr)),
        Err(_) => eprintln!("skipped: there is no python3 on this machine"),
    }
}

#[test]
fn the_repository_is_a_sane_place_to_run_in() {
    let place = Place::new();
    let output = place.harden().current_dir(ROOT).args(["rewrite", "--check", ".", "-q"]).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(err, "");
    assert!(!out.is_empty() && out.lines().all(|line| line.starts_with("testdata/shop/")), "{out}");
}
