//! A diff in a pipe applies with `patch -p1` and with `git apply`, and makes of a file what `rewrite` makes of it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, WEB};
use std::path::{Path, PathBuf};

/// Every way to apply a patch in the current directory.
const APPLIERS: &[(&str, &[&str])] = &[("patch", &["-p1"]), ("git", &["apply"]), ("git", &["apply", "-p1"])];

/// The diff of `args`, made below `here`, turns `file` into what `rewrite` turns it into.
fn applies(place: &Place, name: &str, text: &[u8], args: &[&str]) {
    for (program, words) in APPLIERS {
        place.write(name, text);
        let diff = place.harden().args(["diff", "-q"]).args(args).output().unwrap();
        assert_eq!(diff.status.code(), Some(1), "{name}: {}", String::from_utf8_lossy(&diff.stderr));
        let Some(ran) = place.tool(program, words, &diff.stdout) else { continue };
        let diff = String::from_utf8_lossy(&diff.stdout);
        assert_eq!(ran.code, 0, "{program} {words:?} {name}: {ran:?}\n{diff}");
        assert!(!ran.out.contains("fuzz") && !ran.out.contains("offset"), "{program}: {}", ran.out);
        let applied = std::fs::read(place.path().join(name)).unwrap();

        place.write(name, text);
        assert_eq!(place.harden().arg("rewrite").arg(name).output().unwrap().status.code(), Some(0), "{name}");
        let rewritten = std::fs::read(place.path().join(name)).unwrap();
        assert_ne!(rewritten, text, "{name}");
        assert!(applied == rewritten, "{program} {words:?} {name}\n{diff}");
    }
}

#[test]
fn texts_of_every_kind() {
    let two = format!("{WEB}---\n{}", WEB.replace("name: web", "name: api"));
    let json = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "image": "b"}]}
    });
    let cases = [
        ("plain.yaml", WEB.to_owned()),
        ("two.yaml", two.clone()),
        ("crlf.yaml", two.replace('\n', "\r\n")),
        ("unended.yaml", WEB.trim_end().to_owned()),
        ("unended-crlf.yaml", WEB.trim_end().replace('\n', "\r\n")),
        ("mark.yaml", format!("\u{feff}{WEB}")),
        ("utf8.yaml", WEB.replace("The shop's", "La boutique d'été 店 \u{202e}")),
        ("dashes.yaml", WEB.replace("# The", "# --- a/x\n# +++ b/x\n# @@ -1 +1 @@\n# The")),
        ("one-line.json", json.to_string()),
        ("indented.json", serde_json::to_string_pretty(&json).unwrap() + "\n"),
    ];
    let place = Place::new();
    for (name, text) in cases {
        applies(&place, name, text.as_bytes(), &["-f", name]);
    }
}

#[test]
fn names_of_every_kind() {
    let place = Place::new();
    for name in
        ["shop/web.yaml", "my shop/web one.yaml", "café/名前.yaml", "a/b/web.yaml", "q\"uote.yaml", "back\\slash.yaml"]
    {
        applies(&place, name, WEB.as_bytes(), &["-f", name]);
    }
    // However the file is named, the diff names it from the current directory.
    place.write("shop/sub/empty.yaml", "");
    let absolute = place.path().join("shop/web.yaml");
    for named in ["./shop/web.yaml", "shop/../shop/web.yaml", "shop//sub/../web.yaml", absolute.to_str().unwrap()] {
        applies(&place, "shop/web.yaml", WEB.as_bytes(), &["-f", named]);
        place.write("shop/web.yaml", WEB);
        let diff = place.harden().args(["-q", "-f", named]).output().unwrap();
        assert!(diff.stdout.starts_with(b"--- a/shop/web.yaml\n+++ b/shop/web.yaml\n"), "{named}");
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.yaml");
    let path = place.path().join(name);
    if std::fs::write(&path, WEB).is_err() {
        eprintln!("skipped: this file system takes UTF-8 names only");
        return;
    }
    let diff = place.harden().args(["-q", "-f"]).arg(name).output().unwrap().stdout;
    if let Some(ran) = place.tool("git", &["apply"], &diff) {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(std::fs::read_to_string(&path).unwrap().contains("allowPrivilegeEscalation"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_patched_where_it_points() {
    let place = Place::new();
    place.write("real/web.yaml", WEB);
    std::os::unix::fs::symlink("real/web.yaml", place.path().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("real", place.path().join("folder")).unwrap();
    for (program, words) in APPLIERS {
        for named in ["link.yaml", "folder/web.yaml"] {
            place.write("real/web.yaml", WEB);
            let diff = place.harden().args(["-q", "-f", named]).output().unwrap().stdout;
            let Some(ran) = place.tool(program, words, &diff) else { continue };
            assert_eq!(ran.code, 0, "{program} {named}: {ran:?}");
            assert!(place.read("real/web.yaml").contains("allowPrivilegeEscalation"), "{program} {named}");
            assert!(place.path().join("link.yaml").is_symlink());
        }
    }
}

#[test]
fn a_file_elsewhere_is_named_from_the_root() {
    let place = Place::new();
    let path = place.write("other/web.yaml", WEB);
    place.write("here/empty", "");
    let diff = place.harden().current_dir(place.path().join("here")).args(["-q", "-f", "../other/web.yaml"]).output();
    let diff = diff.unwrap().stdout;
    if let Some(ran) = place.tool("patch", &["-p1", "-d", "/"], &diff) {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(std::fs::read_to_string(path).unwrap().contains("allowPrivilegeEscalation"));
    }
}

#[test]
fn in_a_folder_of_a_repository() {
    let place = Place::new();
    place.write("deploy/web.yaml", WEB);
    if place.tool("git", &["init", "-q"], b"").is_none() {
        return;
    }
    let here = place.path().join("deploy");
    let diff = place.harden().current_dir(&here).args(["-q", "-f", "web.yaml"]).output().unwrap().stdout;
    let ran = place.tool("git", &["-C", "deploy", "apply"], &diff).unwrap();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(place.read("deploy/web.yaml").contains("allowPrivilegeEscalation"));
}

#[test]
fn several_files_in_one_patch() {
    let place = Place::new();
    let names = ["a.yaml", "b c.yaml", "d/e.yaml"];
    for (program, words) in APPLIERS {
        names
            .iter()
            .for_each(|name| drop(place.write(name, WEB.replace("name: web", &format!("name: {}", name.len())))));
        let diff = place.harden().args(["-q", "-R", "-f", "."]).output().unwrap().stdout;
        let Some(ran) = place.tool(program, words, &diff) else { continue };
        assert_eq!(ran.code, 0, "{program}: {ran:?}");
        assert_eq!(place.harden().args(["-q", "-R", "-f", "."]).output().unwrap().status.code(), Some(0));
    }
}

/// The files of a diff in which a secret is masked: that part of it does not apply.
fn masked(diff: &str) -> Vec<PathBuf> {
    let parts = diff.split("\n--- ").map(|part| part.trim_start_matches("--- "));
    let masked = parts.filter(|part| part.contains("***"));
    masked.filter_map(|part| Some(PathBuf::from(part.lines().next()?.strip_prefix("a/")?))).collect()
}

/// Real manifests: one patch over all of them makes of each file what `rewrite` makes of it, those with masked secrets
/// left out.
#[test]
fn the_corpus() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    if !corpus.is_dir() {
        eprintln!("skipped: there is no corpus at {}", corpus.display());
        return;
    }
    let flags = ["-q", "-p", "restricted", "--max-risk", "breaking"];
    let (patched, rewritten) = (Place::new(), Place::new());
    let files: Vec<PathBuf> = ignore::WalkBuilder::new(&corpus)
        .standard_filters(false)
        .build()
        .filter_map(|entry| entry.unwrap().into_path().strip_prefix(&corpus).map(Path::to_owned).ok())
        .filter(|path| corpus.join(path).is_file())
        .collect();
    for file in &files {
        let text = std::fs::read(corpus.join(file)).unwrap();
        patched.write(file.to_str().unwrap(), &text);
        rewritten.write(file.to_str().unwrap(), &text);
    }
    let diff = patched.harden().args(flags).args(["-R", "-f", "."]).output().unwrap().stdout;
    rewritten.harden().arg("rewrite").args(flags).arg(".").output().unwrap();
    let masked = masked(&String::from_utf8_lossy(&diff));
    assert!((1..40).contains(&masked.len()), "{masked:?}");
    let left_out: Vec<String> = masked.iter().map(|file| format!("--exclude={}", file.display())).collect();
    let words: Vec<&str> = std::iter::once("apply").chain(left_out.iter().map(String::as_str)).collect();
    let Some(ran) = patched.tool("git", &words, &diff) else { return };
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut changed = 0;
    for file in files.iter().filter(|file| !masked.contains(file)) {
        let expected = std::fs::read(rewritten.path().join(file)).unwrap();
        assert!(std::fs::read(patched.path().join(file)).unwrap() == expected, "{}", file.display());
        changed += usize::from(expected != std::fs::read(corpus.join(file)).unwrap());
    }
    assert!(changed > 500, "{changed} of {} files changed", files.len());
}
