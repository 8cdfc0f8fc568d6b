//! The verdicts against Kubernetes' own Pod Security fixtures, as bare pods and inside a Deployment and a CronJob.
//!
//! The fixtures lie outside of the repository; without them these tests say so and pass.

// Tests read files, say what they skip and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used)]

mod mending;

use kubectl_harden::rules::{REGISTRY, Risk};
use kubectl_harden::workload::Minor;
use mending::{BASELINE, RESTRICTED, find, rules, settle};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const FIXTURES: &str = "../shared/pod-security";

struct Fixture {
    level: &'static str,
    minor: Minor,
    passes: bool,
    /// The file's name without the extension.
    name: String,
    pod: Value,
}

impl Fixture {
    fn rules(&self) -> &'static [&'static str] {
        if self.level == "baseline" { BASELINE } else { RESTRICTED }
    }

    /// The rules that must find something: the one that the file is named after, and those that its content cannot
    /// do without.
    fn expected(&self) -> BTreeSet<&'static str> {
        if self.passes {
            return BTreeSet::new();
        }
        let check = self.name.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let rule = REGISTRY
            .iter()
            .find(|rule| rule.pod_security().is_some_and(|(_, id)| id.eq_ignore_ascii_case(check)))
            .unwrap_or_else(|| panic!("no rule for {check}"));
        let replacement = [
            ("capabilities-baseline", "capabilities"),
            ("host-path-volumes", "restricted-volumes"),
            ("proc-mount", "proc-mount-restricted"),
            ("seccomp-profile-baseline", "seccomp-profile"),
        ];
        let replacing = replacement.iter().find(|(old, _)| self.level == "restricted" && *old == rule.id);
        let mut expected = BTreeSet::from([replacing.map_or(rule.id, |(_, new)| *new)]);
        match (self.level, self.name.as_str()) {
            (_, "windowshostprocess0" | "windowshostprocess1") => drop(expected.insert("host-namespaces")),
            ("restricted", "privileged0" | "privileged1") => drop(expected.insert("allow-privilege-escalation")),
            ("restricted", "allowprivilegeescalation3") => drop(expected.insert("capabilities")),
            _ => {}
        }
        expected
    }

    fn to_path(&self) -> String {
        let folder = if self.passes { "pass" } else { "fail" };
        format!("{}/v{}/{folder}/{}", self.level, self.minor, self.name)
    }

    /// The pod by itself and inside its controllers, each with the pointer of the template.
    fn forms(&self) -> [(Value, &'static str); 3] {
        let template = json!({"metadata": self.pod["metadata"], "spec": self.pod["spec"]});
        let deployment = json!({"kind": "Deployment", "spec": {"template": template}});
        let cron_job = json!({"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": template}}}});
        [(self.pod.clone(), ""), (deployment, "/spec/template"), (cron_job, "/spec/jobTemplate/spec/template")]
    }
}

/// All fixtures; none where the folder does not exist.
fn fixtures() -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    if !Path::new(FIXTURES).is_dir() {
        eprintln!("skipped: {FIXTURES} does not exist here");
        return fixtures;
    }
    for level in ["baseline", "restricted"] {
        for version in ["v1.30", "v1.34", "v1.37"] {
            for (folder, passes) in [("pass", true), ("fail", false)] {
                let mut files: Vec<_> = fs::read_dir(Path::new(FIXTURES).join(level).join(version).join(folder))
                    .unwrap()
                    .map(|entry| entry.unwrap().path())
                    .collect();
                files.sort();
                for file in files {
                    let pod = serde_yaml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
                    let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
                    fixtures.push(Fixture { level, minor: version.parse().unwrap(), passes, name, pod });
                }
            }
        }
    }
    // pod-security.md counts 128, 144 and 148 of them.
    assert_eq!(fixtures.len(), 420);
    fixtures
}

#[test]
fn every_fixture_gets_the_verdict_of_its_name() {
    for fixture in fixtures() {
        for (object, pointer) in fixture.forms() {
            let found = find(&rules(fixture.rules()), &object, pointer, fixture.minor);
            let fired: BTreeSet<_> = found.iter().map(|(id, _)| *id).collect();
            assert_eq!(fired, fixture.expected(), "{} at {pointer:?}: {found:#?}", fixture.to_path());
            for (_, finding) in &found {
                assert!(finding.subject.pointer.starts_with(pointer), "{}", finding.subject.pointer);
            }
        }
    }
}

/// What remains of the failing fixtures once they are mended: the volumes, for which a person has to choose.
#[test]
fn every_failing_fixture_is_mended_but_for_what_a_person_decides() {
    let mut left_over: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut mended = 0;
    let fixtures = fixtures();
    for fixture in fixtures.iter().filter(|fixture| !fixture.passes) {
        for (mut object, pointer) in fixture.forms() {
            let (_, left) = settle(&rules(fixture.rules()), &mut object, pointer, fixture.minor, Risk::Breaking);
            assert!(left.iter().all(|(_, finding)| finding.decision.is_some()), "{}: {left:#?}", fixture.to_path());
            if left.is_empty() {
                mended += 1;
            } else if pointer.is_empty() {
                let what = left.iter().map(|(id, finding)| {
                    format!("{id} {}", finding.subject.pointer.rsplit_once('/').map_or("", |(_, kind)| kind))
                });
                left_over.insert(fixture.to_path(), what.collect());
            }
        }
    }
    if fixtures.is_empty() {
        return;
    }
    let mut expected = BTreeMap::new();
    for version in ["v1.30", "v1.34", "v1.37"] {
        for (name, volumes) in [("hostpathvolumes0", 1), ("hostpathvolumes1", 2)] {
            for (level, rule) in [("baseline", "host-path-volumes"), ("restricted", "restricted-volumes")] {
                let what = vec![format!("{rule} hostPath"); volumes];
                expected.insert(format!("{level}/{version}/fail/{name}"), what);
            }
        }
        for (index, volume) in FORBIDDEN_VOLUMES.iter().enumerate() {
            let what = vec![format!("restricted-volumes {volume}")];
            expected.insert(format!("restricted/{version}/fail/restrictedvolumes{index}"), what);
        }
    }
    assert_eq!(left_over, expected);
    assert_eq!(mended, 3 * (fixtures.iter().filter(|fixture| !fixture.passes).count() - expected.len()));
}

/// The volume types that the fixtures `restrictedvolumes0` to `19` hold, in this order.
const FORBIDDEN_VOLUMES: [&str; 20] = [
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
    "hostPath",
];
