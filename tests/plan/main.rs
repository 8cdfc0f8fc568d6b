//! The plan: from manifests to findings, changes and the values that documents should have.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod conflicts;
mod containers;
mod exceptions;
mod secrets;

use kubectl_harden::image::Images;
use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{Limits, Outcome, Plan, PlanError, PlannedFinding, after_values, make, new_text};
use kubectl_harden::profile::{Profile, ProfileText, RuleSetting, load};
use kubectl_harden::rules::{Check, Findings, Level, Matter, Risk, Rule, Severity, Stage};
use kubectl_harden::workload::{Pod, World};
use serde_json::{Value, json};
use std::collections::HashMap;

struct Run {
    stream: Stream,
    world: World,
    plan: Plan,
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: nginx
          securityContext:
            privileged: true
        - name: side
          image: side
          ports:
            - containerPort: 80
              hostPort: 80
";

fn profile(spec: &str) -> Profile {
    let text = format!(
        "apiVersion: kubectl-harden.dev/v1alpha1\nkind: HardeningProfile\nmetadata: {{name: test}}\nspec:\n{spec}"
    );
    load("./t.yaml", &|_, _| Ok(ProfileText { name: "t.yaml".into(), text: text.clone() })).unwrap()
}

fn restricted() -> Profile {
    profile("  extends: [restricted]\n")
}

fn run(profile: &Profile, max_risk: Risk, text: &str) -> Run {
    let stream = Stream::read(text.to_owned()).unwrap();
    let (mut world, refused) = World::of(&[&stream], &profile.kinds);
    assert!(refused.is_empty());
    world.images = Images::new(profile.images.clone(), true, HashMap::new());
    let limits = Limits { max_risk, today: "2026-11-24".into() };
    let plan = make(profile, &world, &[&stream], &limits).unwrap();
    Run { stream, world, plan }
}

impl Run {
    fn findings(&self) -> impl Iterator<Item = &PlannedFinding> {
        self.plan.objects.iter().flat_map(|object| &object.findings)
    }

    /// Every finding as `rule outcome pointer`.
    fn told(&self) -> Vec<String> {
        let tell = |one: &PlannedFinding| format!("{} {:?} {}", one.rule.id, one.outcome, one.subject.pointer);
        self.findings().map(tell).collect()
    }

    fn of(&self, rule: &str) -> Vec<&PlannedFinding> {
        self.findings().filter(|finding| finding.rule.id == rule).collect()
    }

    fn after(&self) -> Vec<(usize, Value)> {
        after_values(&self.plan, &self.world, 0, &self.stream).unwrap()
    }

    fn stale(&self) -> Vec<String> {
        let stale = self.plan.stale.iter();
        stale.map(|one| format!("{} | {} | {}", one.origin, one.rules.join(" "), one.why)).collect()
    }
}

#[test]
fn everything_is_mended_to_a_fixed_point_and_a_second_run_finds_nothing() {
    let first = run(&restricted(), Risk::Breaking, DEPLOYMENT);
    assert!(first.findings().all(|finding| finding.outcome == Outcome::Mended), "{:#?}", first.told());
    let after = first.after();
    let [(0, value)] = after.as_slice() else { panic!("{after:?}") };
    let contexts = value.pointer("/spec/template/spec/containers/0/securityContext").unwrap();
    assert_eq!((&contexts["privileged"], &contexts["allowPrivilegeEscalation"]), (&json!(false), &json!(false)));

    let second = run(&restricted(), Risk::Breaking, &value.to_string());
    assert!(second.findings().next().is_none() && !second.plan.has_changes(), "{:?}", second.told());
    assert!(second.after().is_empty());
    assert_eq!(second.plan.objects[0].verdict.meets(Level::Restricted), (true, true));
}

#[test]
fn a_finding_that_a_later_round_can_mend_is_told_once() {
    // Beside `privileged: true` the API server refuses allowPrivilegeEscalation: false; once that is gone it is set.
    let run = run(&restricted(), Risk::Breaking, DEPLOYMENT);
    let told = run.of("allow-privilege-escalation");
    let containers: Vec<_> = told.iter().map(|finding| finding.subject.container.as_deref().unwrap()).collect();
    assert_eq!(containers, ["web", "side"]);
    for finding in told {
        assert_eq!(finding.changes.iter().filter(|change| change.after.as_deref() == Some(&json!(false))).count(), 1);
    }
}

#[test]
fn a_finding_is_mended_whole_or_not_at_all() {
    let run = run(&restricted(), Risk::Likely, DEPLOYMENT);
    assert_eq!(run.of("privileged")[0].outcome, Outcome::LeftOut(Risk::Breaking));
    assert_eq!(run.of("run-as-non-root")[0].outcome, Outcome::LeftOut(Risk::Unproven));
    assert_eq!(run.of("seccomp-profile")[0].outcome, Outcome::Mended);
    let value = &run.after()[0].1;
    let pod = value.pointer("/spec/template/spec").unwrap();
    assert_eq!(pod["securityContext"], json!({"seccompProfile": {"type": "RuntimeDefault"}}));
    assert_eq!(pod["containers"][1]["ports"][0]["hostPort"], json!(80));
    // What is left out still says what it would change, from what to what.
    let change = &run.of("privileged")[0].changes[0];
    assert_eq!((change.before.as_deref(), change.after.as_deref()), (Some(&json!(true)), Some(&json!(false))));

    let tally = run.plan.tally();
    assert_eq!((tally.workloads, tally.changing, tally.fine), (1, 1, 0));
    assert_eq!((tally.baseline, tally.restricted), ((0, 0), (0, 0)));
    assert!(tally.risks[&Risk::Likely].made >= 2 && tally.risks[&Risk::Likely].left_out == 0);
    assert!(tally.risks[&Risk::Breaking].made == 0 && tally.risks[&Risk::Breaking].left_out >= 2);
}

#[test]
fn items_of_lists_are_put_back_into_their_document() {
    let text = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: {name: web}
  - apiVersion: v1
    kind: Pod
    metadata: {name: a}
    spec:
      hostNetwork: true
      containers: []
  - apiVersion: v1
    kind: PodList
    items:
      - metadata: {name: b}
        spec: {hostPID: true, containers: []}
      - metadata: {name: c}
        spec: {containers: []}
---
apiVersion: v1
kind: Pod
metadata: {name: d}
spec: {hostIPC: true, containers: []}
";
    let run = run(&profile("  rules: {host-namespaces: on}\n"), Risk::Breaking, text);
    let names: Vec<_> =
        run.world.objects.iter().filter(|it| it.is_workload()).map(|object| object.identity.to_string()).collect();
    assert_eq!(names, ["Pod a", "Pod b", "Pod c", "Pod d"]);
    let mut list = run.stream.document(1).unwrap().value().unwrap();
    let mut pod = run.stream.document(2).unwrap().value().unwrap();
    *list.pointer_mut("/items/1/spec/hostNetwork").unwrap() = json!(false);
    *list.pointer_mut("/items/2/items/0/spec/hostPID").unwrap() = json!(false);
    *pod.pointer_mut("/spec/hostIPC").unwrap() = json!(false);
    assert_eq!(run.after(), [(1, list), (2, pod)]);

    let places: Vec<_> = run.findings().map(|finding| finding.source.unwrap()).collect();
    let shown: Vec<_> = places.iter().map(|place| format!("{} {}", place.position(), &text[place.span()])).collect();
    assert_eq!(shown, ["15:7 hostNetwork: true", "21:16 hostPID: true", "28:8 hostIPC: true"]);
}

#[test]
fn findings_stand_in_the_order_of_the_text() {
    let run = run(&restricted(), Risk::Safe, DEPLOYMENT);
    let starts: Vec<usize> = run.findings().map(|finding| finding.source.unwrap().span().start).collect();
    assert!(starts.is_sorted() && starts.len() > 5, "{starts:?}");
    for finding in run.findings() {
        let place = finding.source.unwrap();
        assert_eq!(place.position(), run.stream.position(place.span().start), "{}", finding.rule.id);
    }
}

#[test]
fn what_is_no_manifest_is_left_to_a_person() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: broken}
spec:
  securityContext: strict
  containers:
    - name: web
      securityContext: [privileged]
    - no container
    - name: good
";
    let run = run(&restricted(), Risk::Breaking, text);
    let undecided = run.findings().filter(|finding| finding.outcome == Outcome::Undecided);
    let told: Vec<_> = undecided.map(|one| format!("{}: {}", one.rule.id, one.decision.as_deref().unwrap())).collect();
    let not_valid = "the manifest is not valid, correct it first";
    assert!(told.contains(&format!("seccomp-profile: /spec/securityContext is a string: {not_valid}")), "{told:#?}");
    let list = format!("allow-privilege-escalation: /spec/containers/0/securityContext is a list: {not_valid}");
    assert!(told.contains(&list), "{told:#?}");
    let value = &run.after()[0].1;
    assert_eq!(value["spec"]["securityContext"], json!("strict"));
    assert_eq!(value["spec"]["containers"][0]["securityContext"], json!(["privileged"]));
    assert_eq!(value["spec"]["containers"][2]["securityContext"]["allowPrivilegeEscalation"], json!(false));
}

#[test]
fn two_rules_that_want_the_same_change_both_tell_it() {
    let text = "\
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  containers: [{name: a, securityContext: {procMount: Unmasked}}]
";
    let both = "  rules: {proc-mount: on, proc-mount-restricted: on}\n";
    let run = run(&profile(both), Risk::Breaking, text);
    let [one, other] = [run.of("proc-mount")[0], run.of("proc-mount-restricted")[0]];
    assert_eq!(one.outcome, Outcome::Mended);
    assert_eq!(one.changes[0].pointer, other.changes[0].pointer);
    assert_eq!(one.changes[0].after, other.changes[0].after);
    let made: usize = run.plan.tally().risks.values().map(|risk| risk.made).sum();
    assert_eq!(made, 1);
}

#[test]
fn the_profile_decides_severity_and_version() {
    let probe = "\
apiVersion: v1
kind: Pod
metadata: {name: x}
spec: {containers: [{name: a, livenessProbe: {tcpSocket: {host: 10.0.0.1, port: 80}}}]}
";
    let with = |version: &str| {
        let spec = format!("\n  kubernetesVersion: \"{version}\"\n  rules: {{host-probes: {{severity: critical}}}}\n");
        run(&profile(&spec), Risk::Safe, probe)
    };
    assert!(with("1.33").told().is_empty());
    let new = with("1.34");
    assert_eq!(new.of("host-probes")[0].severity.to_string(), "critical");
    assert_eq!(new.plan.objects[0].verdict.before, None);
}

#[test]
fn several_manifests_keep_their_own() {
    let texts = [
        "{apiVersion: v1, kind: Pod, spec: {hostPID: true}}\n",
        "nothing: here\n",
        "a: 1\n---\n{apiVersion: v1, kind: Pod, spec: {hostIPC: true}}\n",
    ];
    let streams: Vec<Stream> = texts.iter().map(|text| Stream::read((*text).to_owned()).unwrap()).collect();
    let streams: Vec<&Stream> = streams.iter().collect();
    let profile = profile("  rules: {host-namespaces: on}\n");
    let (world, _) = World::of(&streams, &profile.kinds);
    let limits = Limits { max_risk: Risk::Breaking, today: "2026-11-24".into() };
    let plan = make(&profile, &world, &streams, &limits).unwrap();
    let after = |manifest: usize| after_values(&plan, &world, manifest, streams[manifest]).unwrap();
    assert_eq!(after(0)[0].1["spec"], json!({"hostPID": false}));
    assert!(after(1).is_empty());
    assert_eq!((after(2)[0].0, &after(2)[0].1["spec"]), (1, &json!({"hostIPC": false})));
    assert_eq!(plan.objects[1].findings[0].source.unwrap().position().to_string(), "3:36");
}
