//! Input that means no good: a clear message and exit 2, in bounded memory and time, with every file as it was.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, WEB};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// Much more than any of these needs, much less than a run without bounds would take.
const MEMORY_KIB: usize = 1_000_000;
const TIME: Duration = Duration::from_secs(60);

/// Run `rewrite` on a file beside a good one, under limits. The bad one stays as it was, the good one is written.
fn refuses(name: &str, content: impl AsRef<[u8]>, phrase: &str) {
    let place = Place::new();
    let bad = place.write(name, content.as_ref());
    place.write("web.yaml", WEB);
    let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
    let script = format!("ulimit -v {MEMORY_KIB}; exec {} rewrite {name} web.yaml", binary.display());
    let mut shell = assert_cmd::Command::new("sh");
    let output = shell.current_dir(place.path()).args(["-c", &script]).timeout(TIME).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    let line = err.lines().find(|line| line.starts_with(&format!("error: {name}:")));
    let line = line.unwrap_or_else(|| panic!("no error names {name}:\n{err}"));
    assert!(line.contains(phrase), "{line}");
    assert!(line.len() < 500, "a long line: {} bytes", line.len());
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(std::fs::read(&bad).unwrap() == content.as_ref(), "{name} was changed");
    assert_ne!(place.read("web.yaml"), WEB, "the good file was not written");
    let left = std::fs::read_dir(place.path()).unwrap().count();
    assert_eq!(left, 2, "something was left behind");
}

#[test]
fn two_megabytes_that_are_no_yaml() {
    refuses("x.yaml", "this is: not: yaml: at all\n".repeat(80_000), "1:");
    let noise: Vec<u8> = (0..2_000_000u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8).collect();
    refuses("x.yaml", noise, "");
}

#[test]
fn a_file_of_200_megabytes() {
    let place = Place::new();
    let big = std::fs::File::create(place.path().join("big.yaml")).unwrap();
    big.set_len(200 << 20).unwrap();
    let ran = place.run("diff -f big.yaml");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("error: big.yaml: 200.0 MiB is more than"), "{}", ran.err);
}

#[test]
fn aliases_that_explode() {
    let mut text = String::from(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  a: &a0 [x, x, x, x, x, x, x, x, x, x]\n",
    );
    for level in 1..10 {
        let all = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("  a{level}: &a{level} [{all}]\n"));
    }
    text.push_str("  containers: [{name: a, image: x}]\n");
    refuses("x.yaml", text, "aliases make this document too large");
    refuses(
        "x.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: &s\n  containers: [{name: a, image: x, args: *s}]\n",
        "5:42: an anchor that contains its own alias",
    );
}

#[test]
fn ten_thousand_aliases_are_no_harm() {
    let place = Place::new();
    let aliases = vec!["*a"; 10_000].join(", ");
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n  - name: a\n    image: &a x\n    args: [{aliases}]\n"
    );
    place.write("x.yaml", &text);
    let ran = place.run("rewrite x.yaml -p restricted --max-risk unproven");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let after = place.read("x.yaml");
    assert!(after.contains("allowPrivilegeEscalation: false") && after.contains(&aliases));
}

#[test]
fn nesting_of_100_000() {
    refuses("x.yaml", "[".repeat(100_000), "1:");
    refuses("x.yaml", "- ".repeat(100_000), "1:");
    refuses("x.yaml", "{a: ".repeat(100_000), "1:");
}

#[test]
fn bytes_that_are_no_text() {
    refuses("x.yaml", "a: \0b\n", "x.yaml:1:4: holds a NUL byte");
    refuses("x.yaml", b"a: b\nc: \xff\n", "x.yaml:2:4: byte 0xFF is not valid UTF-8");
    let utf16: Vec<u8> = "\u{feff}a: b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refuses("x.yaml", utf16, "encoded as UTF-16");
}

#[test]
fn escape_sequences_do_not_reach_the_terminal() {
    let place = Place::new();
    let text = WEB.replace("name: web\n  namespace", "name: \"we\\e[31mb\\u202E\"\n  namespace");
    place.write("x.yaml", text);
    for verb in ["diff -f x.yaml --reasons", "check -f x.yaml", "check -f x.yaml -o table", "rewrite --check x.yaml"] {
        let ran = place.run(verb);
        let all = ran.out + &ran.err;
        assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}'), "{verb}: {all:?}");
    }
}

#[test]
fn a_directory_a_pipe_and_a_file_without_rights() {
    let place = Place::new();
    std::fs::create_dir(place.path().join("x.yaml")).unwrap();
    let ran = place.run("diff -f x.yaml");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no .yaml, .yml or .json files in x.yaml"), "{}", ran.err);

    assert!(std::process::Command::new("mkfifo").arg(place.path().join("pipe.yaml")).status().unwrap().success());
    let ran = place.run("rewrite pipe.yaml");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("pipe.yaml: a named pipe, not a file"), "{}", ran.err);

    let closed = place.write("closed.yaml", WEB);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&closed).is_ok() {
        return eprintln!("skipped: this user may read every file");
    }
    let ran = place.run("diff -f closed.yaml");
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("error: closed.yaml:"), "{}", ran.err);
}

#[test]
fn nothing_is_written_when_all_or_nothing_is_asked() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    place.write("bad.yaml", "a: [\n");
    let ran = place.run("rewrite --all-or-nothing web.yaml bad.yaml");
    assert_eq!(ran.code, 2);
    assert_eq!(place.read("web.yaml"), WEB);
    let ran = place.run("rewrite web.yaml bad.yaml");
    assert_eq!(ran.code, 2);
    assert_ne!(place.read("web.yaml"), WEB);
}
