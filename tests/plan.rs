//! The plan: from manifests to findings, changes and the values that documents should have.

#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

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

    let places: Vec<_> = run.findings().map(|finding| finding.source.as_ref().unwrap()).collect();
    let shown: Vec<_> = places.iter().map(|(span, at)| format!("{at} {}", &text[span.clone()])).collect();
    assert_eq!(shown, ["15:7 hostNetwork: true", "21:16 hostPID: true", "28:8 hostIPC: true"]);
}

#[test]
fn findings_stand_in_the_order_of_the_text() {
    let run = run(&restricted(), Risk::Safe, DEPLOYMENT);
    let starts: Vec<usize> = run.findings().map(|finding| finding.source.as_ref().unwrap().0.start).collect();
    assert!(starts.is_sorted() && starts.len() > 5, "{starts:?}");
    for finding in run.findings() {
        let (span, position) = finding.source.as_ref().unwrap();
        assert_eq!(*position, run.stream.position(span.start), "{}", finding.rule.id);
    }
}

#[test]
fn exceptions_excuse_what_they_select() {
    let spec = "
  extends: [restricted]
  exceptions:
    - rules: [privileged]
      match: {names: [w?b], namespaces: [default]}
      containers: [web]
      reason: it mounts disks
    - rules: [host-ports]
      containers: [web]
      reason: not the container in question
    - rules: [run-as-non-root, seccomp-profile]
      match: {names: [other]}
      reason: not the object in question
";
    let run = run(&profile(spec), Risk::Breaking, DEPLOYMENT);
    assert_eq!(run.of("privileged")[0].outcome, Outcome::Excepted("it mounts disks".into()));
    assert_eq!(run.of("host-ports")[0].outcome, Outcome::Mended);
    assert_eq!(run.of("run-as-non-root")[0].outcome, Outcome::Mended);
    let value = &run.after()[0].1;
    assert_eq!(value.pointer("/spec/template/spec/containers/0/securityContext/privileged"), Some(&json!(true)));
    // The second excuses nothing among what it selects; the third selects nothing of this run.
    assert_eq!(run.stale(), ["t.yaml:12:7 | host-ports | nothing it selects has this finding any more"]);
    assert_eq!(run.plan.tally().excepted, 1);
    // A verdict knows no exceptions.
    assert_eq!(run.plan.objects[0].verdict.after, None);
}

#[test]
fn an_exception_ends_after_its_last_day() {
    let with = |expires: &str| {
        let spec = format!(
            "\n  rules: {{privileged: on}}\n  exceptions:\n    - rules: [privileged]\n      reason: for now\n      expires: {expires}\n"
        );
        run(&profile(&spec), Risk::Likely, DEPLOYMENT)
    };
    let last_day = with("2026-11-24");
    assert_eq!(last_day.of("privileged")[0].outcome, Outcome::Excepted("for now".into()));
    assert!(last_day.stale().is_empty());
    let over = with("2026-11-23");
    assert_eq!(over.of("privileged")[0].outcome, Outcome::LeftOut(Risk::Breaking));
    assert_eq!(over.stale(), ["t.yaml:8:7 | privileged | it expired on 2026-11-23"]);
}

#[test]
fn an_exception_is_not_stale_where_its_rule_does_not_run() {
    let spec = "
  rules: {sysctls: on}
  exceptions:
    - {rules: [sysctls, privileged], reason: both}
";
    let run = run(&profile(spec), Risk::Likely, DEPLOYMENT);
    assert_eq!(run.stale(), ["t.yaml:8:7 | sysctls | nothing it selects has this finding any more"]);
}

#[test]
fn annotations_are_exceptions_too() {
    let text = "\
apiVersion: example.com/v1
kind: Pair
metadata:
  name: pair
  annotations:
    kubectl-harden.dev/skip.host-namespaces: \"it watches the node\"
    kubectl-harden.dev/skip.privileged: \"\"
    kubectl-harden.dev/skip.sysctl: \"a word\"
    kubectl-harden.dev/skip.run-as-user: \"once it needed root\"
    kubectl-harden.dev/skip.proc-mount: \"a rule that does not run\"
one:
  metadata:
    annotations: {kubectl-harden.dev/skip.host-ports: its port is known}
  spec:
    hostIPC: true
    containers: [{name: a, ports: [{hostPort: 1}], securityContext: {privileged: true}}]
two:
  spec:
    hostPID: true
    containers: [{name: b, ports: [{hostPort: 2}]}]
";
    let spec = "
  kinds: [{group: example.com, kinds: [Pair], templates: [/one, /two]}]
  rules: {host-namespaces: on, privileged: on, host-ports: on, run-as-user: on, sysctls: on}
";
    let run = run(&profile(spec), Risk::Breaking, text);
    let excused = Outcome::Excepted("it watches the node".into());
    assert!(run.of("host-namespaces").len() == 2);
    assert!(run.of("host-namespaces").iter().all(|finding| finding.outcome == excused));
    assert_eq!(run.of("privileged")[0].outcome, Outcome::Mended);
    // On a template it is for that template alone.
    let ports: Vec<_> = run.of("host-ports").iter().map(|finding| finding.outcome.clone()).collect();
    assert_eq!(ports, [Outcome::Excepted("its port is known".into()), Outcome::Mended]);
    let at = "Pair pair: annotation kubectl-harden.dev/skip";
    assert_eq!(
        run.stale(),
        [
            format!("{at}.privileged | privileged | it gives no reason"),
            format!("{at}.sysctl | sysctl | unknown rule \"sysctl\"\n  did you mean \"sysctls\"?"),
            format!("{at}.run-as-user | run-as-user | the rule finds nothing here any more"),
        ]
    );
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
    assert_eq!(plan.objects[1].findings[0].source.as_ref().unwrap().1.to_string(), "3:36");
}

/// Sets `field` of the spec to `value` wherever it is stated otherwise.
fn insist(pod: &Pod<'_>, found: &mut Findings, field: &str, value: bool) {
    let field = pod.field(field);
    if field.as_bool().is_some_and(|stated| stated != value) {
        found.at(&field).because("it is so").set(&field, value, Risk::Safe.because("a test"));
    }
}

static YES: Rule = Rule { id: "yes", check: Check::Pod(|pod, found| insist(pod, found, "hostPID", true)), ..NO };
static NO_RULE: Rule = NO;
const NO: Rule = Rule {
    id: "no",
    title: "a test's rule",
    severity: Severity::Low,
    matter: Matter::Node,
    mends: "",
    risks: &[],
    standards: &[],
    parameters: &[],
    stage: Stage::Pod,
    check: Check::Pod(|pod, found| insist(pod, found, "hostPID", false)),
};
static WATCH: Rule = Rule {
    id: "watch",
    check: Check::Pod(|pod, found| {
        let field = pod.field("hostPID");
        if field.as_bool() == Some(true) {
            found.at(&field).because("it cannot mend this itself").decide("settle it");
        }
    }),
    ..NO
};

fn with_rules(rules: &[&'static Rule]) -> Result<Plan, PlanError> {
    let mut profile = profile("  rules: {}\n");
    profile.rules = rules.iter().map(|rule| RuleSetting::of(rule)).collect();
    let stream =
        Stream::read("{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {hostPID: true}}".into()).unwrap();
    let (world, _) = World::of(&[&stream], &profile.kinds);
    make(&profile, &world, &[&stream], &Limits { max_risk: Risk::Safe, today: "2026-11-24".into() })
}

#[test]
fn rules_that_undo_each_other_are_an_error() {
    let error = with_rules(&[&NO_RULE, &YES]).unwrap_err().to_string();
    assert!(error.starts_with("Pod p: these rules undo each other: "), "{error}");
    assert!(with_rules(&[&YES]).unwrap().objects[0].findings.is_empty());
}

#[test]
fn what_the_changes_of_others_mend_along_is_mended() {
    let outcomes = |plan: &Plan| -> Vec<(&str, Outcome, usize)> {
        plan.objects[0].findings.iter().map(|one| (one.rule.id, one.outcome.clone(), one.changes.len())).collect()
    };
    assert_eq!(outcomes(&with_rules(&[&WATCH]).unwrap()), [("watch", Outcome::Undecided, 0)]);
    assert_eq!(
        outcomes(&with_rules(&[&NO_RULE, &WATCH]).unwrap()),
        [("no", Outcome::Mended, 1), ("watch", Outcome::Mended, 0)]
    );
}

const TWO: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - {name: app, image: app}
        - {name: legacy, image: legacy}
";

fn sparing(rules: &str, containers: &str) -> Profile {
    profile(&format!(
        "  extends: [restricted]\n  exceptions:\n    - {{rules: [{rules}], containers: [{containers}], reason: it needs keyctl}}\n"
    ))
}

#[test]
fn what_reaches_a_spared_container_through_the_pod_goes_to_the_others_alone() {
    let run = run(&sparing("seccomp-profile, run-as-non-root", "legacy"), Risk::Breaking, TWO);
    let after = &run.after()[0].1;
    let spec = after.pointer("/spec/template/spec").unwrap();
    assert_eq!(spec.get("securityContext"), None);
    let [app, legacy] = [0, 1].map(|index| &spec["containers"][index]["securityContext"]);
    assert_eq!((&app["runAsNonRoot"], &app["seccompProfile"]["type"]), (&json!(true), &json!("RuntimeDefault")));
    assert_eq!((legacy.get("runAsNonRoot"), legacy.get("seccompProfile")), (None, None));
    for rule in ["seccomp-profile", "run-as-non-root"] {
        let outcomes: Vec<_> = run.of(rule).iter().map(|finding| finding.outcome.clone()).collect();
        assert_eq!(outcomes, [Outcome::Mended, Outcome::Excepted("it needs keyctl".into())], "{rule}");
    }
    assert!(run.stale().is_empty(), "{:?}", run.stale());
}

#[test]
fn where_every_container_is_spared_nothing_changes_and_no_exception_is_stale() {
    let run = run(&sparing("seccomp-profile, run-as-non-root", "app, leg*"), Risk::Breaking, TWO);
    let excused = |finding: &&PlannedFinding| matches!(finding.outcome, Outcome::Excepted(_));
    for rule in ["seccomp-profile", "run-as-non-root"] {
        assert!(!run.of(rule).is_empty() && run.of(rule).iter().all(excused), "{rule}");
    }
    assert!(run.stale().is_empty(), "{:?}", run.stale());
}

#[test]
fn a_spared_container_keeps_what_the_pod_says_and_a_pod_field_that_misses_it_is_mended() {
    let text = TWO.replace(
        "      containers:",
        "      securityContext: {seccompProfile: {type: Unconfined}, runAsUser: 0, runAsNonRoot: false}\n      containers:",
    );
    let profile = sparing("seccomp-profile, run-as-user, run-as-non-root", "legacy");
    let spared = run(&profile, Risk::Breaking, &text);
    let after = &spared.after()[0].1;
    let of_pod = after.pointer("/spec/template/spec/securityContext").unwrap();
    assert_eq!(of_pod, &json!({"seccompProfile": {"type": "Unconfined"}, "runAsUser": 0, "runAsNonRoot": false}));
    let app = after.pointer("/spec/template/spec/containers/0/securityContext").unwrap();
    assert_eq!((&app["runAsUser"], &app["runAsNonRoot"]), (&json!(65532), &json!(true)));
    assert_eq!(app["seccompProfile"], json!({"type": "RuntimeDefault"}));
    assert!(spared.stale().is_empty(), "{:?}", spared.stale());

    // It states its own, so that the pod's does not reach it; what it states itself is excused.
    let own = "{name: legacy, securityContext: {seccompProfile: {type: Unconfined}}, image: legacy}";
    let text = TWO.replace("{name: legacy, image: legacy}", own);
    let after = &run(&sparing("seccomp-profile", "legacy"), Risk::Breaking, &text).after()[0].1.clone();
    let spec = after.pointer("/spec/template/spec").unwrap();
    assert_eq!(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    assert_eq!(spec["containers"][1]["securityContext"]["seccompProfile"]["type"], "Unconfined");
}

#[test]
fn a_finding_about_the_pod_that_cannot_be_split_is_excused_for_the_spared_container() {
    let fields = [
        ("windows-host-process", "hostNetwork: true\n      securityContext: {windowsOptions: {hostProcess: true}}"),
        ("host-namespaces", "hostPID: true"),
        ("se-linux-options", "securityContext: {seLinuxOptions: {type: spc_t}}"),
    ];
    for (rule, field) in fields {
        let text = TWO.replace("      containers:", &format!("      {field}\n      containers:"));
        let run = run(&sparing(rule, "legacy"), Risk::Breaking, &text);
        let told = run.of(rule);
        assert!(!told.is_empty(), "{rule}");
        assert!(told.iter().all(|one| one.outcome == Outcome::Excepted("it needs keyctl".into())), "{rule}");
        assert!(run.stale().is_empty(), "{:?}", run.stale());
    }
}

#[test]
fn a_pod_finding_that_goes_on_in_containers_is_not_told_as_mended() {
    // Both are root; one is mended, the other spared, and so they part in the second round.
    let text = TWO.replace("image:", "securityContext: {runAsUser: 0}, image:");
    let run = run(&sparing("run-as-user", "legacy"), Risk::Breaking, &text);
    let told: Vec<_> =
        run.of("run-as-non-root").iter().map(|one| (one.subject.container.as_deref(), &one.outcome)).collect();
    assert_eq!(told, [(Some("app"), &Outcome::Mended), (Some("legacy"), &Outcome::Undecided)]);
}

#[test]
fn each_container_that_is_sure_of_its_user_gets_its_own_field_and_later_runs_add_none_on_the_pod() {
    let text = TWO
        .replace("image: app", "securityContext: {runAsUser: 1000}, image: app")
        .replace("image: legacy", "securityContext: {runAsUser: 0}, image: legacy");
    let safe = run(&restricted(), Risk::Likely, &text);
    let told: Vec<_> = safe.of("run-as-non-root").iter().map(|one| &one.outcome).collect();
    assert_eq!(told, [&Outcome::Mended, &Outcome::Undecided]);

    // All at once, the users are settled before, and one field on the pod says it for both.
    let all = run(&restricted(), Risk::Breaking, &text);
    let spec = all.after()[0].1.pointer("/spec/template/spec").unwrap().clone();
    assert_eq!(spec["securityContext"]["runAsNonRoot"], json!(true));
    assert_eq!(spec["containers"][0]["securityContext"].get("runAsNonRoot"), None);

    let all = run(&restricted(), Risk::Breaking, &safe.after()[0].1.to_string());
    let after = &all.after()[0].1;
    let spec = after.pointer("/spec/template/spec").unwrap();
    assert_eq!(spec["securityContext"].get("runAsNonRoot"), None);
    for index in [0, 1] {
        assert_eq!(spec["containers"][index]["securityContext"]["runAsNonRoot"], json!(true));
    }
    assert_eq!(all.plan.objects[0].verdict.meets(Level::Restricted), (false, true));
}

#[test]
fn a_kind_without_a_security_context_of_the_pod_gets_it_on_containers() {
    let own = "  extends: [restricted]\n  kinds:\n    - {group: example.com, kinds: [Widget], templates: [/spec/template], podSecurityContext: false}\n";
    for (profile, api_version, kind) in
        [(restricted(), "serving.knative.dev/v1", "Service"), (profile(own), "example.com/v1", "Widget")]
    {
        let text = TWO.replace("apps/v1", api_version).replace("Deployment", kind);
        let first = run(&profile, Risk::Breaking, &text);
        let after = &first.after()[0].1;
        let spec = after.pointer("/spec/template/spec").unwrap();
        assert_eq!(spec.get("securityContext"), None, "{kind}");
        for index in [0, 1] {
            let context = &spec["containers"][index]["securityContext"];
            assert_eq!(context["runAsNonRoot"], json!(true), "{kind}");
            assert_eq!(context["seccompProfile"], json!({"type": "RuntimeDefault"}), "{kind}");
        }
        assert_eq!(first.plan.objects[0].verdict.meets(Level::Restricted), (false, true), "{kind}");

        // Who writes one has a cluster that takes it.
        let text = text.replace("      containers:", "      securityContext: {fsGroup: 1000}\n      containers:");
        let after = &run(&profile, Risk::Breaking, &text).after()[0].1.clone();
        assert_eq!(after.pointer("/spec/template/spec/securityContext/runAsNonRoot"), Some(&json!(true)), "{kind}");
    }
}

#[test]
fn an_item_of_a_patch_that_holds_a_directive_is_no_container() {
    let text = TWO.replace("{name: legacy, image: legacy}", "{name: legacy, $patch: delete}")
        + "        - {$patch: replace}\n";
    let run = run(&restricted(), Risk::Breaking, &text);
    assert!(run.findings().all(|finding| finding.subject.container.as_deref() != Some("legacy")), "{:?}", run.told());
    let after = &run.after()[0].1;
    let containers = after.pointer("/spec/template/spec/containers").unwrap();
    assert_eq!(containers[1], json!({"name": "legacy", "$patch": "delete"}));
    assert_eq!(containers[2], json!({"$patch": "replace"}));
    assert_eq!(containers[0]["securityContext"]["allowPrivilegeEscalation"], json!(false));
}

/// Two containers that share a Secret, of an image whose profile says that it reads the variable from a file.
const SECRETIVE: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: one
      image: registry.example/web
      env:
        # the word
        - name: DB_PASSWORD # of the database
          valueFrom:
            secretKeyRef: {name: db, key: pw}
    - name: two
      image: registry.example/web
      command: [/migrate]
      env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: pw}}}]
";

const FILES: &str =
    "  rules: {secrets-as-files: on}\n  images: [{match: [registry.example/web], fileEnv: {vars: [\"DB_*\"]}}]\n";

#[test]
fn a_secret_becomes_a_file_for_each_container_by_itself() {
    let exception = "  exceptions: [{rules: [secrets-as-files], containers: [one], reason: because}]\n";
    let volume = json!([{"name": "secret-db", "secret": {"secretName": "db", "items": [{"key": "pw", "path": "pw"}]}}]);
    let mount = json!([{"name": "secret-db", "mountPath": "/etc/secrets/db", "readOnly": true}]);
    let env = json!([{"name": "DB_PASSWORD_FILE", "value": "/etc/secrets/db/pw"}]);
    for (spec, max_risk, moved) in [
        (FILES.to_owned(), Risk::Likely, [true, true]),
        // Its command is taken to read the file as the image's own program does.
        (FILES.to_owned(), Risk::Safe, [true, false]),
        (format!("{FILES}{exception}"), Risk::Likely, [false, true]),
        (format!("{FILES}{exception}"), Risk::Safe, [false, false]),
    ] {
        let run = run(&profile(&spec), max_risk, SECRETIVE);
        let after =
            run.after().pop().map_or_else(|| run.stream.document(0).unwrap().value().unwrap(), |(_, value)| value);
        let wanted = if moved.contains(&true) { &volume } else { &Value::Null };
        assert_eq!(&after["spec"]["volumes"], wanted, "{moved:?}");
        for (container, moved) in after["spec"]["containers"].as_array().unwrap().iter().zip(moved) {
            assert_eq!(container["env"] == env, moved, "{container}");
            assert_eq!(container["volumeMounts"] == mount, moved, "{container}");
        }
    }
}

#[test]
fn a_variable_keeps_its_place_and_its_comments_when_it_becomes_that_of_a_file() {
    let run = run(&profile(FILES), Risk::Safe, SECRETIVE);
    let text = new_text(&run.plan, &run.world, 0, &run.stream).unwrap().unwrap();
    let kept =
        "        # the word\n        - name: DB_PASSWORD_FILE # of the database\n          value: /etc/secrets/db/pw\n";
    assert!(text.contains(kept), "{text}");
}
