//! Every rule against its cases in `testdata/rules/<id>/`, and the laws that all rules keep.
//!
//! A file holds one or more documents: `about` (what the case shows), `kubernetes` (versions it holds for, default the
//! newest), `parameters`, `images` (what was read of them, by reference), `pins` (the digests behind their tags), `facts` (whether those of the program count,
//! default not), `limits` (what a file of `--limits-from` says), `policies` (what the NetworkPolicies of its namespace lack), `pod` or, for a rule that looks at whole objects, `object`, and `findings` in their order, each with its place (`at`) and either what is `set` or
//! `remove`d and the `risk`, or the words its decision begins with (`decide`). No findings: the pod is clean.

// Tests read files and may panic.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

mod mending;

use kubectl_harden::image::{Contents, Images, Pin, Pins, Reference};
use kubectl_harden::manifest::Stream;
use kubectl_harden::resources::{Recommendations, file};
use kubectl_harden::rules::{Finding, REGISTRY, Risk, Rule, Severity, all_as_markdown, documentation};
use kubectl_harden::workload::{
    Identity, KindTable, Listed, Minor, NetworkMend, NetworkNeed, NetworkNeeds, Object, Pod, PolicyFile, Surroundings,
    Whole, World,
};
use mending::{BASELINE, RESTRICTED, apply, rules, settle};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    about: String,
    #[serde(default)]
    kubernetes: Vec<String>,
    parameters: Option<Map<String, Value>>,
    /// Whether the program's own facts count, as they do unless the case says otherwise.
    facts: Option<bool>,
    #[serde(alias = "object")]
    pod: Value,
    /// What was read of images, by their reference.
    #[serde(default)]
    images: HashMap<String, Contents>,
    /// The digests behind tags, by reference.
    #[serde(default)]
    pins: BTreeMap<String, Pin>,
    /// Whether the run should know all of them.
    #[serde(default)]
    all_pinned: bool,
    /// The values that Flux writes.
    #[serde(default)]
    marked: BTreeSet<String>,
    /// Other objects of the same input.
    #[serde(default)]
    beside: Vec<Value>,
    /// What a file of `--limits-from` says.
    limits: Option<Value>,
    /// What the NetworkPolicies of its namespace lack.
    policies: Option<Lacking>,
    #[serde(default)]
    findings: Vec<Expected>,
}

/// What the NetworkPolicies of a namespace lack: either those that would be added, or what a person has to decide.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lacking {
    reason: String,
    decide: Option<String>,
    #[serde(default)]
    likely: bool,
    #[serde(default)]
    added: Vec<Value>,
}

impl Lacking {
    fn need(&self) -> NetworkNeed {
        let (home, manifest, changed, dropped) = Default::default();
        let file = PolicyFile {
            home,
            name: "networkpolicies.yaml".to_owned(),
            manifest,
            added: self.added.clone(),
            changed,
            dropped,
        };
        let mend = NetworkMend {
            is_likely: self.likely,
            evidence: "every flow stays open".to_owned(),
            files: vec![file],
            fields: Vec::new(),
        };
        NetworkNeed { reason: self.reason.clone(), answer: self.decide.clone().map_or(Ok(mend), Err) }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    at: String,
    #[serde(default)]
    set: BTreeMap<String, Value>,
    /// Items added to lists, in their order.
    #[serde(default)]
    add: Vec<(String, Value)>,
    /// What is set where the rest is too risky.
    #[serde(default)]
    or_set: BTreeMap<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
    risk: Option<Risk>,
    /// How bad it is, where it is told apart from the rule's own.
    severity: Option<Severity>,
    decide: Option<String>,
}

impl Case {
    fn minors(&self) -> Vec<Minor> {
        if self.kubernetes.is_empty() {
            return vec![Minor::NEWEST];
        }
        self.kubernetes.iter().map(|text| text.parse().expect("a version")).collect()
    }

    fn run(&self, rule: &Rule, pod: &Value, minor: Minor) -> Vec<Finding> {
        let mut parameters = rule.defaults();
        parameters.extend(self.parameters.clone().unwrap_or_default());
        let contents = self.images.iter().map(|(name, read)| (name.clone(), Arc::new(read.clone()))).collect();
        let mut pins = Pins::default();
        pins.complete = self.all_pinned;
        self.pins.iter().for_each(|(name, pin)| pins.add(&Reference::parse(name).unwrap(), pin.clone()));
        let images = Images::new(Vec::new(), self.facts.unwrap_or(true), contents).pinned(pins);
        let beside = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": self.beside});
        let read = |value: &Value| Stream::read(value.to_string()).unwrap();
        let streams = [read(&beside), read(pod)];
        let (mut world, _) = World::of(&[&streams[0], &streams[1]], &KindTable::builtin());
        // A kustomization, on whichever side it stands, lists the other side.
        let lists = |manifest| Listed { manifests: BTreeSet::from([manifest]), complete: true };
        world.neighbours.set_listed(BTreeMap::from([(0, lists(1)), (1, lists(0))]));
        let text = |key: &str| pod.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let identity = Identity::of(text("apiVersion"), text("kind"), pod);
        let limits = self.limits.iter().map(|limits| file::read("limits.yaml", &limits.to_string()).unwrap());
        let recommendations = Recommendations::new(limits.collect());
        let object = Object {
            manifest: 1,
            document: 0,
            base: String::new(),
            identity: identity.clone(),
            templates: Vec::new(),
            pod_security_context: true,
            marked: self.marked.clone(),
        };
        let mut network = NetworkNeeds::default();
        self.policies.iter().for_each(|lacking| network.add(&object, lacking.need()));
        let around = Surroundings {
            kubernetes: minor,
            identity: Some(&identity),
            object: Some(&object),
            images: &images,
            neighbours: &world.neighbours,
            recommendations: &recommendations,
            network: &network,
        };
        match rule.wants(&identity.api_version, &identity.kind) {
            true => rule.run_whole(&Whole::new(&identity, pod, &around), parameters),
            false => rule.run(&Pod::new(pod, "", minor).among(&around, pod), parameters),
        }
    }
}

fn cases(rule: &Rule) -> Vec<Case> {
    let folder = Path::new("testdata/rules").join(rule.id);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|_| panic!("no cases in {}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            cases.push(Case::deserialize(document).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
        }
    }
    cases
}

#[test]
fn every_case_is_found_and_mended_as_written() {
    for rule in REGISTRY {
        for case in cases(rule) {
            for minor in case.minors() {
                let what = format!("{} under {minor}: {}", rule.id, case.about);
                let found = case.run(rule, &case.pod, minor);
                assert_eq!(found.len(), case.findings.len(), "{what}: {found:#?}");
                for (found, expected) in found.iter().zip(&case.findings) {
                    agrees(rule, found, expected, &what);
                }
            }
        }
    }
}

fn agrees(rule: &Rule, found: &Finding, expected: &Expected, what: &str) {
    if let Some(severity) = expected.severity {
        assert_eq!(found.severity.unwrap_or(rule.severity), severity, "{what}");
    }
    assert_eq!(*found.subject.pointer, *expected.at, "{what}");
    assert_eq!(found.risk(), expected.risk, "{what} at {}", expected.at);
    let mut set = BTreeMap::new();
    let mut added = Vec::new();
    let mut removed = Vec::new();
    for proposal in &found.proposals {
        match proposal.value.clone() {
            Some(value) if proposal.pointer.ends_with("/-") => added.push((proposal.pointer.clone(), value)),
            Some(value) => drop(set.insert(proposal.pointer.clone(), value)),
            None => removed.push(proposal.pointer.clone()),
        }
        assert!(!proposal.assessment.evidence.is_empty(), "{what}: no evidence");
    }
    assert_eq!(set, expected.set, "{what}");
    assert_eq!(added, expected.add, "{what}");
    let milder = found.fallback.iter().filter_map(|it| Some((it.pointer.clone(), it.value.clone()?))).collect();
    assert_eq!(expected.or_set, milder, "{what}");
    assert_eq!(removed, expected.remove, "{what}");
    match (&found.decision, &expected.decide) {
        (Some(decision), Some(words)) => assert!(decision.starts_with(words), "{what}: {decision}"),
        (found, expected) => assert_eq!(found.is_some(), expected.is_some(), "{what}"),
    }
    assert!(!found.reason.is_empty() && !found.reason.ends_with('.'), "{what}: {:?}", found.reason);
}

#[test]
fn a_finding_is_mended_or_decided_and_says_how_to_record_that() {
    for rule in REGISTRY {
        for case in cases(rule) {
            for found in case.run(rule, &case.pod, case.minors()[0]) {
                assert_ne!(found.risk().is_none(), found.decision.is_none(), "{}: {}", rule.id, case.about);
                if let Some(decision) = found.decision {
                    assert!(decision.contains(&format!("kubectl-harden.dev/skip.{}: ", rule.id)), "{decision}");
                }
            }
        }
    }
}

/// What a list of rules says of their changes is what they do.
#[test]
fn a_rule_makes_the_changes_it_says_at_the_risks_it_says() {
    for rule in REGISTRY {
        let mut risks: Vec<Risk> = Vec::new();
        for case in cases(rule) {
            let found = case.minors().into_iter().flat_map(|minor| case.run(rule, &case.pod, minor));
            risks.extend(found.filter_map(|finding| finding.risk()));
        }
        risks.sort_unstable();
        risks.dedup();
        assert_eq!(rule.risks, risks, "{}: the risks of its cases", rule.id);
        assert_eq!(rule.mends.is_empty(), risks.is_empty(), "{}", rule.id);
        assert!(
            !rule.mends.ends_with('.') && rule.mends.replace('`', "").chars().count() <= 40,
            "{}: {:?}",
            rule.id,
            rule.mends
        );
    }
}

#[test]
fn every_rule_has_a_failing_and_a_clean_case() {
    for rule in REGISTRY {
        let cases = cases(rule);
        assert!(cases.iter().any(|case| case.findings.is_empty()), "{} has no clean case", rule.id);
        assert!(cases.iter().any(|case| !case.findings.is_empty()), "{} has no failing case", rule.id);
    }
    for entry in fs::read_dir("testdata/rules").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(REGISTRY.iter().any(|rule| rule.id == name), "testdata/rules/{name} belongs to no rule");
    }
}

#[test]
fn a_mended_pod_is_clean_and_stays_as_it_is() {
    for rule in REGISTRY {
        for case in cases(rule) {
            for minor in case.minors() {
                let mut pod = case.pod.clone();
                let found = case.run(rule, &pod, minor);
                apply(&mut pod, found.iter().flat_map(|finding| &finding.proposals));
                let left = case.run(rule, &pod, minor);
                let decisions = found.iter().filter(|finding| finding.decision.is_some()).count();
                // What the image is known to need was set by the rule itself, and is for a person to live with.
                let ours = |finding: &&Finding| {
                    let mut set = found.iter().flat_map(|one| &one.proposals);
                    set.any(|proposal| *proposal.pointer == *finding.subject.pointer) && finding.decision.is_some()
                };
                // What is mended outside of the pod stays in sight.
                let elsewhere = |finding: &&Finding| !finding.elsewhere.is_empty();
                let others = left.iter().filter(|finding| !ours(finding) && !elsewhere(finding)).count();
                assert_eq!(others, decisions, "{}: {}: {left:#?}", rule.id, case.about);
                assert!(left.iter().all(|finding| finding.proposals.is_empty()), "{}: {}", rule.id, case.about);
            }
        }
    }
}

/// Every pod of every case, through all rules of a level at once.
#[test]
fn no_two_rules_undo_each_other() {
    for level in [BASELINE, RESTRICTED] {
        let rules = rules(level);
        for case in REGISTRY.iter().flat_map(|rule| cases(rule)) {
            for minor in (25..=37).filter_map(Minor::new) {
                let mut pod = case.pod.clone();
                let (rounds, left) = settle(&rules, &mut pod, "", minor, Risk::Breaking);
                assert!(rounds <= 2, "{} took {rounds} rounds", case.about);
                // Only the choice of a volume remains for a person, and what a container is known to need.
                let needs =
                    |finding: &Finding| finding.decision.as_ref().is_some_and(|it| it.starts_with("it needs them"));
                let fine = left.iter().all(|(id, finding)| id.ends_with("-volumes") || needs(finding));
                assert!(fine, "{}: {left:#?}", case.about);
            }
        }
    }
}

#[test]
fn every_file_with_a_rule_is_registered_under_its_name_and_in_order() {
    let mut files: Vec<String> = fs::read_dir("src/rules")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && fs::read_to_string(path).unwrap().contains("pub const RULE: Rule"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .collect();
    files.sort();
    let registered: Vec<_> = REGISTRY.iter().map(|rule| rule.id).collect();
    assert_eq!(registered, files);
}

#[test]
fn every_rule_is_documented_under_the_same_headings() {
    for rule in REGISTRY {
        let text = documentation(rule);
        let headings: Vec<_> = text.lines().filter(|line| line.starts_with("# ")).collect();
        let wanted = ["# What it checks", "# Why", "# What it changes", "# What can break", "# Example"];
        assert_eq!(headings, wanted, "{}", rule.id);
        assert!(
            rule.title.starts_with(char::is_lowercase)
                || rule.title.starts_with("AppArmor")
                || rule.title.starts_with("SELinux")
        );
        assert!(!rule.standards.is_empty(), "{}", rule.id);
        assert_eq!(rule.defaults().len(), rule.parameters.len());
        assert!(rule.defaults().values().all(|value| !value.is_null()), "{}: a default is no JSON", rule.id);
    }
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    let page = Path::new("docs/rules.md");
    let fresh = all_as_markdown();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all("docs").unwrap();
        fs::write(page, &fresh).unwrap();
    }
    let stored = fs::read_to_string(page).unwrap_or_default();
    assert!(stored == fresh, "docs/rules.md is stale: run `UPDATE=1 cargo test --test rules`");
}
