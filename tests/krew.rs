//! `krew-manifest.yaml` by the rules of krew's index, its archives as `.ci/package` makes them.
//!
//! The rules are those of krew's validator: names, fields and selectors of a manifest, and each platform matched at most once.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A test reads, runs and may fail.

use serde_yaml::Value;
use std::collections::{BTreeMap, BTreeSet};

const MANIFEST: &str = include_str!("../krew-manifest.yaml");

/// The platforms that krew knows.
const PLATFORMS: [(&str, &[&str]); 3] = [
    ("windows", &["386", "amd64", "arm64"]),
    ("linux", &["386", "amd64", "arm", "arm64", "ppc64le"]),
    ("darwin", &["386", "amd64", "arm64"]),
];

fn manifest() -> Value {
    serde_yaml::from_str(MANIFEST).unwrap()
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} is no text"))
}

/// What is wrong with a manifest.
fn faults(manifest: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: &str| faults.extend((!holds).then(|| what.to_owned()));
    let spec = &manifest["spec"];
    must(text(manifest, "apiVersion") == "krew.googlecontainertools.github.com/v1alpha2", "apiVersion");
    must(text(manifest, "kind") == "Plugin", "kind");
    let name = text(&manifest["metadata"], "name");
    must(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "name");
    must(!["con", "prn", "aux", "nul"].contains(&name.to_lowercase().as_str()), "a device of Windows");
    let short = text(spec, "shortDescription");
    must(!short.is_empty() && short.len() <= 50 && !short.contains(['\r', '\n']), "shortDescription");
    must(text(spec, "description").lines().all(|line| line.len() <= 80), "description is wider than 80 columns");
    let mut matched = BTreeSet::new();
    let platforms = spec["platforms"].as_sequence().cloned().unwrap_or_default();
    must(!platforms.is_empty(), "no platform");
    for platform in &platforms {
        let sum = text(platform, "sha256");
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        must(sum.len() == 64 && sum.bytes().all(hex), "sha256");
        must(text(platform, "uri").ends_with(".tar.gz") || text(platform, "uri").ends_with(".zip"), "uri");
        must(!text(platform, "bin").is_empty(), "bin");
        must(platform.get("files").is_none(), "everything in the archive is wanted");
        let labels = labels(platform);
        must(!labels.is_empty() && labels.keys().all(|key| ["os", "arch"].contains(&key.as_str())), "selector");
        let mut found = false;
        for (os, architectures) in PLATFORMS {
            for arch in architectures {
                let is = |key: &str, value: &str| labels.get(key).is_none_or(|wanted| wanted == value);
                if is("os", os) && is("arch", arch) {
                    found = true;
                    must(matched.insert((os, *arch)), "a platform is matched twice");
                    must(
                        (os == "windows") == text(platform, "bin").ends_with(".exe"),
                        "a program of Windows is an .exe",
                    );
                }
            }
        }
        must(found, "a selector matches no platform");
    }
    faults
}

fn labels(platform: &Value) -> BTreeMap<String, String> {
    serde_yaml::from_value(platform["selector"]["matchLabels"].clone()).unwrap_or_default()
}

#[test]
fn the_manifest_keeps_the_rules_of_the_index() {
    assert_eq!(faults(&manifest()), Vec::<String>::new());
}

#[test]
fn the_rules_find_faults() {
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut manifest = manifest();
        change(&mut manifest);
        faults(&manifest)
    };
    assert_eq!(broken(&|it| it["metadata"]["name"] = "a b".into()), ["name"]);
    assert_eq!(broken(&|it| it["spec"]["platforms"][0]["sha256"] = "A".repeat(64).into()), ["sha256"]);
    assert_eq!(
        broken(&|it| it["spec"]["platforms"][1] = it["spec"]["platforms"][0].clone()),
        ["a platform is matched twice"]
    );
    let plan9 = |it: &mut Value| it["spec"]["platforms"][0]["selector"]["matchLabels"]["os"] = "plan9".into();
    assert_eq!(broken(&plan9), ["a selector matches no platform"]);
}

#[test]
fn version_and_archives_are_those_of_this_release() {
    let manifest = manifest();
    let version = text(&manifest["spec"], "version");
    assert_eq!(version, concat!("v", env!("CARGO_PKG_VERSION")));
    for platform in manifest["spec"]["platforms"].as_sequence().unwrap() {
        let labels = labels(platform);
        let archive = format!("kubectl-harden-{version}-{}-{}.tar.gz", labels["os"], labels["arch"]);
        let uri = format!("{}/releases/download/{version}/{archive}", env!("CARGO_PKG_REPOSITORY"));
        assert_eq!(text(platform, "uri"), uri);
    }
}

/// The archive holds what krew looks for, and is the same whenever it is made.
#[cfg(target_os = "linux")]
#[test]
fn an_archive_holds_the_program_and_a_licence() {
    let folder = tempfile::tempdir().unwrap();
    let package = || {
        let made = std::process::Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/package"))
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs"), "linux", "amd64"])
            .arg(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap()
    };
    let said = package();
    let (sum, path) = said.trim_end().split_once("  ").unwrap();
    assert!(sum.len() == 64 && path.ends_with("-linux-amd64.tar.gz"), "{said}");
    let listed = std::process::Command::new("tar").args(["-tzf", path]).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "kubectl-harden\nLICENSE\n");
    assert_eq!(package(), said);
}
