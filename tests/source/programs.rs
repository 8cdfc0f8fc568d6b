//! Standard input and kubectl: what needs a process of its own.

use crate::fixture::{Folder, POD, again, inside, passed, refusal, request};
use kubectl_harden::source::{Gathered, Limits, Progress, Request, gather};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

#[test]
fn standard_input_is_read_once() {
    if inside().is_some() {
        let progress = Progress::hidden();
        let limits = Limits { file: 1000, ..Limits::default() };
        let gathered = gather(&Request { limits, ..request(["-"], &progress) }).unwrap();
        match gathered.manifests.first() {
            Some(manifest) => println!("{}: {}", manifest.origin, manifest.stream.text()),
            None => println!("{}: {}", gathered.refused[0].origin, gathered.refused[0].message),
        }
        return;
    }
    let run = |input: &[u8]| {
        let mut child = again(&["env"], "programs::standard_input_is_read_once", Path::new("."))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The reader stops early when it is too much.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        passed(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(POD.as_bytes());
    assert!(shown.contains(&format!("<stdin>: {POD}")), "{shown}");
    let shown = run(&vec![b'#'; 1 << 20]);
    assert!(shown.contains("<stdin>: more than the 1000 bytes that are read at once"), "{shown}");
}

fn build(folder: &Path) -> Gathered {
    let progress = Progress::hidden();
    let none: [&str; 0] = [];
    let limits = Limits { file: 1 << 20, ..Limits::default() };
    gather(&Request { kustomize: Some(folder.to_owned()), limits, ..request(none, &progress) }).unwrap()
}

#[cfg(unix)]
#[test]
fn kubectl_builds_a_kustomization() {
    use std::os::unix::fs::PermissionsExt;
    const NAME: &str = "programs::kubectl_builds_a_kustomization";
    if let Some(folder) = inside() {
        let gathered = build(&folder);
        match gathered.manifests.first() {
            Some(manifest) => println!("{}: {}", manifest.origin, manifest.stream.text()),
            None => println!("refused: {}", refusal(&gathered)),
        }
        return;
    }
    let folder = Folder::new();
    let run = |script: Option<&str>| {
        let kubectl = folder.join("my kubectl");
        let _ = std::fs::remove_file(&kubectl);
        if let Some(script) = script {
            folder.write("my kubectl", format!("#!/bin/sh\n{script}\n"));
            std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let output = again(&["env"], NAME, folder.path()).env("KUBECTL_PATH", &kubectl).output().unwrap();
        passed(&output);
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = run(Some("echo \"# $1 $2\"; echo 'warning: old field' >&2"));
    let path = folder.path().display();
    assert!(shown.contains(&format!("kustomize {path}: # kustomize {path}\n")), "{shown}");
    let shown = run(Some("echo 'error: no kustomization.yaml' >&2; exit 1"));
    assert!(shown.contains("refused: could not be built: no kustomization.yaml\n"), "{shown}");
    let shown = run(Some("yes ''; exit 0"));
    assert!(shown.contains("refused: more than the 1.0 MiB that are read at once"), "{shown}");
    // More complaint than a pipe holds.
    let shown = run(Some("yes words | head -c 1000000 >&2; exit 3"));
    assert!(shown.contains("refused: could not be built: words\nwords\n") && shown.len() < 20_000, "{}", shown.len());
    let shown = run(None);
    assert!(shown.contains("refused: -k needs kubectl, and ") && shown.contains("was not found; install"), "{shown}");
}

#[test]
fn the_real_kubectl_builds_a_kustomization() {
    let folder = Folder::with(&["pod.yaml"]);
    folder.write("kustomization.yaml", "resources: [pod.yaml]\nnamePrefix: my-\n");
    if std::process::Command::new("kubectl").arg("version").arg("--client").output().is_err() {
        return println!("skipped: no kubectl");
    }
    let gathered = build(folder.path());
    assert!(gathered.manifests[0].stream.text().contains("name: my-a\n"), "{gathered:?}");
}
