//! What is to be lived with, and for how long.

use super::*;

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
