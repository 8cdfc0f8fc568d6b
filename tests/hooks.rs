//! The hooks of `.pre-commit-hooks.yaml`, run by the real `pre-commit` in a real repository where there is one on PATH.
//!
//! A hook of `language: rust` would build the program from source, so the test runs the very same entries as local hooks
//! with the binary that is built already.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{FINE, Place, WEB};
use serde_yaml::Value;
use std::process::{Command, Output};

const HOOKS: &str = include_str!("../.pre-commit-hooks.yaml");

struct Repository {
    place: Place,
}

impl Repository {
    /// A repository whose only hook is the one with this id.
    fn with(hook: &str) -> Self {
        let place = Place::new();
        let mut hooks: Vec<Value> = serde_yaml::from_str(HOOKS).unwrap();
        hooks.retain(|one| one["id"] == hook);
        assert_eq!(hooks.len(), 1, "{hook}");
        hooks[0]["language"] = "system".into();
        let mut local = serde_yaml::Mapping::new();
        local.insert("repo".into(), "local".into());
        local.insert("hooks".into(), Value::Sequence(hooks));
        let mut config = serde_yaml::Mapping::new();
        config.insert("repos".into(), Value::Sequence(vec![Value::Mapping(local)]));
        place.write(".pre-commit-config.yaml", serde_yaml::to_string(&config).unwrap());
        std::fs::create_dir(place.path().join(".bin")).unwrap();
        let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
        std::os::unix::fs::symlink(binary, place.path().join(".bin/kubectl-harden")).unwrap();
        Self { place }
    }

    fn tool(&self, program: &str, args: &[&str]) -> std::io::Result<Output> {
        let path =
            format!("{}:{}", self.place.path().join(".bin").display(), std::env::var("PATH").unwrap_or_default());
        Command::new(program)
            .args(args)
            .current_dir(self.place.path())
            .env("PATH", path)
            .env("PRE_COMMIT_HOME", self.place.path().join(".cache"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .output()
    }

    /// Run the hook over all files; `None` where there is no `pre-commit`. Gives whether it passed, and what it said.
    fn run(&self) -> Option<(bool, String)> {
        self.tool("git", &["init", "-q"]).ok()?;
        self.tool("git", &["add", "--", ".pre-commit-config.yaml", "deploy"]).ok()?;
        let Ok(output) = self.tool("pre-commit", &["run", "--all-files"]) else {
            eprintln!("skipped: there is no pre-commit on this machine");
            return None;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Some((output.status.success(), said))
    }
}

#[test]
fn both_hooks_call_the_verb_whose_words_are_paths() {
    let hooks: Vec<Value> = serde_yaml::from_str(HOOKS).unwrap();
    assert_eq!(hooks.len(), 2);
    for hook in hooks {
        let words: Vec<&str> = hook["entry"].as_str().unwrap().split(' ').collect();
        assert_eq!(words[..2], ["kubectl-harden", "rewrite"]);
        // Several processes at once would each plan a part of the files.
        assert_eq!(hook["require_serial"], true);
        let place = Place::new();
        place.write("web.yaml", WEB);
        let ran = place.run(&format!("{} web.yaml", words[1..].join(" ")));
        assert_eq!(ran.code, i32::from(words.contains(&"--check")), "{ran:?}");
    }
}

#[test]
fn the_check_hook_fails_and_changes_nothing() {
    let repository = Repository::with("kubectl-harden-check");
    repository.place.write("deploy/web one.yaml", WEB);
    repository.place.write("deploy/values.json", "{\"replicas\": 1}\n");
    let Some((passed, said)) = repository.run() else { return };
    assert!(!passed && said.contains("deploy/web one.yaml"), "{said}");
    assert!(!said.contains("files were modified"), "{said}");
    assert_eq!(repository.place.read("deploy/web one.yaml"), WEB);
    repository.place.write("deploy/web one.yaml", FINE);
    let (passed, said) = repository.run().unwrap();
    assert!(passed, "{said}");
}

#[test]
fn the_rewrite_hook_writes_and_then_passes() {
    let repository = Repository::with("kubectl-harden");
    repository.place.write("deploy/web.yaml", WEB);
    repository.place.write("deploy/chart.yaml", "kind: {{ .x }}\n");
    let Some((passed, said)) = repository.run() else { return };
    assert!(!passed && said.contains("files were modified"), "{said}");
    assert!(repository.place.read("deploy/web.yaml").contains("allowPrivilegeEscalation: false"));
    let (passed, said) = repository.run().unwrap();
    assert!(passed, "{said}");
}
