//! Findings about some containers of a pod: what goes to which of them.

use super::*;

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
