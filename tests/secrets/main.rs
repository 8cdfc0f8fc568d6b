//! No output shows a secret: canaries of every kind are planted, every verb is run, and everything that it prints or leaves
//! behind is searched for them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

#[path = "../common/mod.rs"]
mod common;
mod extract;
mod panics;

use common::Place;
use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{self, Limits};
use kubectl_harden::profile;
use kubectl_harden::report::{Mask, Notes, Patch, Reader, unified};
use kubectl_harden::rules::Risk;
use kubectl_harden::workload::World;
use std::fs;
use std::path::Path;

/// What every canary holds.
const CANARY: &str = "CANARY";

fn canaries() -> String {
    // The comment that explains the file names the word itself.
    let text = fs::read_to_string("testdata/secrets/canaries.yaml").unwrap();
    text.split_once('\n').unwrap().1.to_owned()
}

/// The same without anchors: a variable with one cannot be taken away.
fn without_anchors() -> String {
    canaries().replace("&password ", "").replace("*password", "CANARYanchored12")
}

/// Fails on any canary.
fn silent(what: &str, text: &str) {
    let shown: Vec<&str> = text.lines().filter(|line| line.contains(CANARY)).collect();
    assert!(shown.is_empty(), "{what} shows {shown:#?}");
}

/// Every file below a directory but those named.
fn files_are_silent(what: &str, folder: &Path, but: &[&str]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            files_are_silent(what, &path, but);
        } else if !but.contains(&name.as_str()) {
            silent(&format!("{what}: {name}"), &String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn every_verb_in_every_format() {
    let place = Place::new();
    place.write("web.yaml", canaries());
    place.write("tmp/empty", "");
    let mut lines = Vec::new();
    for risk in ["likely", "breaking"] {
        for (verb, formats) in [("check", &["human", "table", "json", "name"][..]), ("diff", &["diff", "json", "name"])]
        {
            for format in formats {
                for flags in
                    ["", "-v", "--color always", "--skip literal-secrets", "-p privileged", "--only literal-secrets"]
                {
                    lines.push(format!("{verb} -f web.yaml -o {format} --max-risk {risk} {flags}"));
                }
            }
        }
        lines.push(format!("diff -f web.yaml --reasons --max-risk {risk}"));
        lines.push(format!("rewrite --check -v web.yaml --max-risk {risk}"));
        lines.push(format!("rewrite --check web.yaml -o json --max-risk {risk}"));
    }
    place.write("plain.yaml", without_anchors());
    for line in ["diff -o json -f", "diff -f", "diff --reasons --color always -f", "check -v -f", "rewrite --check"] {
        lines.push(format!("{line} plain.yaml --extract-secrets ../nowhere.yaml"));
    }
    for line in lines {
        let output = place
            .harden()
            .env("TMPDIR", place.path().join("tmp"))
            .env("RUST_BACKTRACE", "full")
            .args(line.split_whitespace())
            .output()
            .unwrap();
        assert!(
            [Some(0), Some(1)].contains(&output.status.code()),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        silent(&line, &String::from_utf8_lossy(&output.stdout));
        silent(&line, &String::from_utf8_lossy(&output.stderr));
        files_are_silent(&line, place.path(), &["web.yaml", "plain.yaml"]);
    }
}

#[test]
fn what_is_the_result_itself_holds_them_and_the_talk_does_not() {
    let place = Place::new();
    place.write("web.yaml", canaries());
    let count = canaries().matches(CANARY).count();
    let rendered = place.run("render -f web.yaml");
    assert_eq!(rendered.out.matches(CANARY).count(), count);
    silent("render", &rendered.err);
    for line in ["rewrite -v web.yaml", "rewrite -o json web.yaml"] {
        place.write("web.yaml", canaries());
        let ran = place.run(line);
        assert_eq!(ran.code, 0, "{}", ran.err);
        silent(line, &format!("{}{}", ran.out, ran.err));
        assert_eq!(place.read("web.yaml").matches(CANARY).count(), count);
        files_are_silent(line, place.path(), &["web.yaml"]);
    }
}

/// The search would find them: without its mask the same diff shows most of them.
#[test]
fn without_the_mask_they_are_seen() {
    let stream = Stream::read(canaries()).unwrap();
    let profile = profile::load("hardened", &|_, _| Err("no files here".to_owned())).unwrap();
    let (world, _) = World::of(&[&stream], &profile.kinds);
    let limits = Limits { max_risk: Risk::Breaking, today: "2026-01-01".to_owned() };
    let plan = plan::make(&profile, &world, &[&stream], &limits).unwrap();
    let after = plan::new_text(&plan, &world, 0, &stream).unwrap().unwrap();
    let diff = |mask: &Mask, mask_after: &Mask| {
        let patch = Patch {
            is_new: false,
            name: "web.yaml",
            before: stream.text(),
            after: &after,
            mask,
            mask_after,
            sections: &[],
            notes: &Notes::default(),
        };
        unified(&patch, Reader::Program)
    };
    let bare = diff(&Mask::default(), &Mask::default());
    assert!(bare.text.matches(CANARY).count() > 5, "{}", bare.text);
    assert_eq!(bare.masked, 0);
    let mask = Mask::of(&stream);
    let masked = diff(&mask, &Mask::of_changed(&mask, &after));
    silent("the diff", &masked.text);
    assert!(masked.masked > 5 && masked.text.lines().count() == bare.text.lines().count());
}

/// Every line of the file, not only those near a change.
#[test]
fn the_mask_covers_every_spelling() {
    let text = canaries();
    let stream = Stream::read(text.clone()).unwrap();
    let mask = Mask::of(&stream);
    silent("the mask", &mask.piece(0, &text));
    let crlf = text.replace('\n', "\r\n");
    let stream = Stream::read(crlf.clone()).unwrap();
    silent("the mask with CRLF", &Mask::of(&stream).piece(0, &crlf));
    // As the items of a list in JSON on one line, and in block style.
    let documents =
        |stream: &Stream| -> Vec<serde_json::Value> { stream.documents().map(|it| it.value().unwrap()).collect() };
    let items = documents(&Stream::read(text.clone()).unwrap());
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
    for text in [list.to_string(), serde_json::to_string_pretty(&list).unwrap(), serde_yaml::to_string(&list).unwrap()]
    {
        let stream = Stream::read(text.clone()).unwrap();
        silent("the mask of a list", &Mask::of(&stream).piece(0, &text));
    }
}

#[test]
fn errors_quote_none() {
    let place = Place::new();
    let text = canaries();
    let first = text.split("\n---").next().unwrap().to_owned() + "\n";
    let broken = [
        ("bracket", format!("{text}a: [\n")),
        ("tab", format!("{text}\tb: CANARY\n")),
        ("quote", first.replace("value: *password", "value: \"*password")),
        ("alias", first.replace("value: *password", "value: *CANARY")),
        ("colon", first.replace("value: &password", "value: a: &password")),
        ("tag", first.replace("&password", "!!int")),
        ("duplicate", first.replace("- name: MULTI", "- name: THE_PASSWORD\n              value: CANARYone\n              value: CANARYtwo\n            - name: MULTI")),
        ("large", first.replace("value: CANARYword", "value: 123456789012345678901234567890")),
        ("list", first.replace("containers:\n", "containers: text\n      other:\n")),
        ("nested", first.replace("            - name: DB_PASSWORD # password: CANARYbeside66\n", "            - text\n            - name: X\n")),
        ("merge", first.replace("value: *password", "<<: *password")),
        ("key", first.replace("- name: MULTI", "- name: MULTI\n              ? [CANARYkey]\n              : x")),
        ("template", first.replace("nginx:1.27\n", "{{ .Values.CANARY }}\n")),
        ("control", first.replace("value: *password", "value: \u{1}CANARY")),
    ];
    for (name, text) in broken {
        place.write("web.yaml", &text);
        for line in
            ["check -f web.yaml -v", "diff -f web.yaml -v", "diff -f web.yaml -o json", "rewrite --check web.yaml -v"]
        {
            let ran = place.run(line);
            silent(&format!("{name}: {line}"), &format!("{}{}", ran.out, ran.err));
        }
    }
    place.write("web.yaml", &text);
    place.write(
        "profile.yaml",
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nspec: {rules: {nonsense: on}}\n",
    );
    for line in [
        "check -f web.yaml -p profile.yaml -v",
        "check -f web.yaml -p nothing.yaml",
        "check -f web.yaml --only nonsense",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.code, 2);
        silent(line, &format!("{}{}", ran.out, ran.err));
    }
}

#[test]
fn standard_input_is_no_other() {
    let place = Place::new();
    for line in ["check -f -", "diff -f -", "diff -f - -o json"] {
        let ran = place.run_with(line, &canaries());
        silent(line, &format!("{}{}", ran.out, ran.err));
    }
}

#[test]
fn a_diff_says_that_it_does_not_apply() {
    let place = Place::new();
    place.write("web.yaml", canaries());
    let ran = place.run("diff -f web.yaml");
    assert!(ran.err.contains("the diff does not apply"), "{}", ran.err);
    place.write("web.yaml", common::WEB);
    let ran = place.run("diff -f web.yaml");
    assert!(!ran.err.contains("masked"), "{}", ran.err);
}
