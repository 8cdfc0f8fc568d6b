//! Public applications under the policies made for them: what they need passes, what they do not need is shut, and all of
//! their pods resolve names. What they need is in `testdata/network/flows.tsv`, written down from their documentation.
//!
//! Their manifests lie beside the repository (`../shared/corpus/files`, or the folder `CORPUS` names), not in it; where
//! they are absent the test says so and looks at those of this repository only.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::Place;
use kubectl_harden::manifest::Stream;
use kubectl_harden::network::evaluate::Evaluator;
use kubectl_harden::network::{MadePod, Peer, World, question};
use kubectl_harden::workload::{self, KindTable};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What no policy that is made may be found to be.
const FAULTS: [&str; 6] = [
    "selects-nothing",
    "volatile-label",
    "refused-policy",
    "named-port-on-ip-block",
    "dns-blocked-on-tcp",
    "dns-blocked-on-udp",
];
const OUTSIDE: &str = "203.0.113.7";

struct Row<'t> {
    manifests: &'t str,
    from: &'t str,
    to: &'t str,
    port: &'t str,
    keep: bool,
}

fn rows(text: &str) -> BTreeMap<&str, Vec<Row<'_>>> {
    let mut applications: BTreeMap<&str, Vec<Row<'_>>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [application, manifests, from, to, port, wanted] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let keep = wanted == "keep";
        assert!(keep || wanted == "shut", "{line}");
        applications.entry(application).or_default().push(Row { manifests, from, to, port, keep });
    }
    applications
}

fn file(manifests: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if let Some(own) = manifests.strip_prefix("./") {
        return Some(here.join("testdata/network").join(own));
    }
    let corpus = std::env::var_os("CORPUS").map_or_else(|| here.join("../shared/corpus/files"), PathBuf::from);
    corpus.is_dir().then(|| corpus.join(manifests))
}

/// Manifests as the world that policies are about.
fn world(files: &[PathBuf]) -> World {
    let kinds = KindTable::builtin();
    let read = |file: &PathBuf| Stream::read(std::fs::read_to_string(file).unwrap()).unwrap();
    let streams: Vec<Stream> = files.iter().map(read).collect();
    let (all, unread) = workload::World::of(&streams.iter().collect::<Vec<_>>(), &kinds);
    assert!(unread.is_empty(), "{unread:?}");
    let value = |object: workload::Object| (object.identity.clone(), object.value(&streams[object.manifest]).unwrap());
    World::of(all.objects.into_iter().map(value), &kinds)
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    match path.is_dir() {
        true => std::fs::read_dir(path).unwrap().for_each(|entry| files(&entry.unwrap().path(), found)),
        false => found.push(path.to_owned()),
    }
}

/// Whether a connection may pass.
fn can(evaluator: &Evaluator<'_>, (from, to, port): (&str, &str, &str)) -> bool {
    let peer = |name: &str| match name {
        "outside" => Peer::Addresses(OUTSIDE.parse().unwrap()),
        name => question::peer(evaluator.world(), &MadePod::usual(), None, name).unwrap(),
    };
    let to = peer(to);
    let (protocol, port) = question::port(evaluator.world(), to, "it", port).unwrap();
    evaluator.connections(peer(from), to).contains(protocol, port)
}

/// The workloads of an application, `namespace/name`.
fn workloads(made: &Value) -> BTreeSet<String> {
    let named = |policy: &Value| {
        let metadata = &policy["metadata"];
        let namespace = metadata["namespace"].as_str().unwrap_or("default");
        (!policy["spec"]["podSelector"].as_object().unwrap().is_empty())
            .then(|| format!("{namespace}/{}", metadata["name"].as_str().unwrap()))
    };
    made["policies"].as_array().unwrap().iter().filter_map(named).collect()
}

#[test]
fn applications_keep_what_they_need_and_nothing_else() {
    let text = include_str!("../testdata/network/flows.tsv");
    let (mut kept, mut shut, mut resolved) = ((0, 0), (0, 0), (0, 0));
    let mut wrong: Vec<String> = Vec::new();
    for (application, rows) in rows(text) {
        let Some(input) = file(rows[0].manifests) else {
            eprintln!("skipped {application}: its manifests are not beside the repository");
            continue;
        };
        let place = Place::new();
        let run = |more: &[&str]| {
            let output =
                place.harden().args(["network", "policies", "-R", "-f"]).arg(&input).args(more).output().unwrap();
            assert!(output.status.success(), "{application}: {}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        };
        let mut all = vec![place.write("policies.yaml", run(&[]))];
        let checks = ["network", "check", "-R", "-o", "json", "-f", "policies.yaml", "-f"];
        let check = place.harden().args(checks).arg(&input).output().unwrap();
        let found: Value = serde_json::from_slice(&check.stdout).unwrap();
        let own = found["findings"].as_array().unwrap().iter().filter(|one| {
            one["policy"]["file"] == "policies.yaml" && FAULTS.contains(&one["check"].as_str().unwrap_or_default())
        });
        wrong.extend(own.map(|one| format!("{application}: {one}")));
        files(&input, &mut all);
        let world = world(&all);
        let evaluator = Evaluator::new(&world);
        let workloads = workloads(&serde_json::from_slice(&run(&["-o", "json"])).unwrap());
        let mut judge = |from: &str, to: &str, port: &str, keep: bool, sum: &mut (usize, usize)| {
            sum.1 += 1;
            match can(&evaluator, (from, to, port)) == keep {
                true => sum.0 += 1,
                false => wrong.push(format!("{application}: {from} {to} {port}, wanted: {keep}")),
            }
        };
        for row in rows.iter().filter(|row| row.from != "*") {
            judge(row.from, row.to, row.port, row.keep, if row.keep { &mut kept } else { &mut shut });
        }
        if rows.iter().any(|row| row.from == "*") {
            let ports: BTreeSet<(&str, &str)> =
                rows.iter().filter(|row| row.keep).map(|row| (row.to, row.port)).collect();
            for (to, port) in ports {
                let needed = |from: &&String| {
                    from.as_str() == to
                        || rows.iter().any(|row| (row.from, row.to, row.port) == (from.as_str(), to, port))
                };
                for from in workloads.iter().filter(|from| !needed(from)) {
                    judge(from, to, port, false, &mut shut);
                }
            }
        }
        for workload in &workloads {
            // kube-system's pods, NodeLocal DNSCache, and the name server of Google's clouds.
            for to in ["{dns}", "169.254.20.10", "169.254.169.254"] {
                for port in ["53/udp", "53/tcp"] {
                    judge(workload, to, port, true, &mut resolved);
                }
            }
        }
    }
    eprintln!(
        "flows kept {} of {}, shut {} of {}, look-ups {} of {}",
        kept.0, kept.1, shut.0, shut.1, resolved.0, resolved.1
    );
    assert!(kept.1 >= 7 && shut.1 >= 2 && resolved.1 >= 36);
    assert_eq!(wrong, Vec::<String>::new());
}
