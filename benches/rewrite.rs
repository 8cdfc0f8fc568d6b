//! How long each station takes over many manifests: only parsing, reading, planning, the whole rewrite with both
//! verifications; and the whole process on one small file. `benches/README.md` has the table and how to repeat it.
//!
//! All but the process use the same number of threads, so that they may be compared.

// A benchmark reads files, prints and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use divan::{Bencher, counter::BytesCount};
use granit_parser::Parser;
use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{self, Limits, Plan};
use kubectl_harden::profile::{self, Profile};
use kubectl_harden::rules::Risk;
use kubectl_harden::workload::World;
use rayon::prelude::*;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

fn main() {
    println!("{} manifests, {} bytes, {} threads", TEXTS.len(), bytes(), rayon::current_num_threads());
    divan::main();
}

static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/files");
    gather(&beside, &mut texts);
    if texts.is_empty() {
        println!("no manifests in ../shared/corpus: made ones are used, figures are not those of the table");
        texts = (0..600).map(|at| deployment(at).repeat(3)).collect();
    }
    texts
});

fn gather(folder: &Path, texts: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => gather(&path, texts),
            false => texts.push(std::fs::read_to_string(path).unwrap()),
        }
    }
}

fn deployment(at: usize) -> String {
    format!(
        "---\n# Deployment {at}\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-{at}\n  labels: {{app: web}}\n\
         spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: web\n  template:\n    metadata:\n      labels:\n\
         \x20       app: web\n    spec:\n      hostNetwork: {host}\n      containers:\n      - name: web\n        image: \"nginx:1.25\"\n\
         \x20       ports:\n        - containerPort: 80 # http\n        volumeMounts:\n        - name: cache\n\
         \x20         mountPath: /var/cache\n      volumes:\n      - name: cache\n        emptyDir: {{}}\n",
        host = at.is_multiple_of(7),
    )
}

fn bytes() -> usize {
    TEXTS.iter().map(String::len).sum()
}

static PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    let none = |_: &str, _: Option<&str>| Err("no files here".to_owned());
    profile::load("restricted", &none).unwrap()
});

fn read() -> Vec<Stream> {
    TEXTS.par_iter().filter_map(|text| Stream::read(text.clone()).ok()).collect()
}

fn planned(streams: &[&Stream]) -> (World, Plan) {
    let (world, _) = World::of(streams, &PROFILE.kinds);
    let limits = Limits { max_risk: Risk::Breaking, today: "2026-01-01".to_owned() };
    let plan = plan::make(&PROFILE, &world, streams, &limits).unwrap();
    (world, plan)
}

fn rewritten(streams: &[&Stream]) -> Vec<Option<String>> {
    let (world, plan) = planned(streams);
    let one = |(manifest, stream): (usize, &&Stream)| plan::new_text(&plan, &world, manifest, stream).ok().flatten();
    streams.par_iter().enumerate().map(one).collect()
}

/// The events of granit-parser, thrown away: what no editor can be faster than.
#[divan::bench(sample_count = 20)]
fn a_parse_only(bencher: Bencher) {
    let events = |text: &String| Parser::new_from_str(text).take_while(Result::is_ok).count();
    bencher.counter(BytesCount::new(bytes())).bench(|| TEXTS.par_iter().map(events).sum::<usize>());
}

/// Spanned trees.
#[divan::bench(sample_count = 20)]
fn b_read(bencher: Bencher) {
    bencher.counter(BytesCount::new(bytes())).bench(read);
}

/// Objects, findings and changes, from trees that are there.
#[divan::bench(sample_count = 20)]
fn c_plan(bencher: Bencher) {
    let streams = read();
    let streams: Vec<&Stream> = streams.iter().collect();
    bencher.counter(BytesCount::new(bytes())).bench_local(|| planned(&streams));
}

/// Everything from text to verified text.
#[divan::bench(sample_count = 20)]
fn d_rewrite(bencher: Bencher) {
    bencher.counter(BytesCount::new(bytes())).bench(|| {
        let streams = read();
        rewritten(&streams.iter().collect::<Vec<_>>())
    });
}

/// One file of three documents, start to end of the process.
#[divan::bench(sample_count = 50)]
fn e_process_diff(bencher: Bencher) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("three.yaml");
    std::fs::write(&file, (0..3).map(deployment).collect::<String>()).unwrap();
    process(bencher, &["diff", "-f", file.to_str().unwrap()]);
}

/// Nothing but start-up.
#[divan::bench(sample_count = 50)]
fn f_process_start(bencher: Bencher) {
    process(bencher, &["--version"]);
}

fn process(bencher: Bencher, arguments: &[&str]) {
    bencher.bench_local(|| {
        let done = Command::new(env!("CARGO_BIN_EXE_kubectl-harden")).args(arguments).output().unwrap();
        assert!(done.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&done.stderr));
    });
}
