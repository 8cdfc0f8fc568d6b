//! Which line of a diff each reason stands at.

use super::*;

const BEFORE: &str = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - name: chown
      image: busybox
    - name: migrate
      image: app
  containers:
    - name: web
      image: nginx
";

const AFTER: &str = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - name: migrate
      image: app
      securityContext:
        runAsNonRoot: true
        runAsUser: 101
  containers:
    - name: web
      image: nginx
      volumeMounts:
        - name: w
          mountPath: /run
        - name: w
          mountPath: /tmp
";

fn change(pointer: &str, after: Option<Value>, evidence: &'static str) -> Change {
    Change {
        pointer: pointer.into(),
        before: None,
        after: after.map(Into::into),
        risk: Risk::Safe,
        evidence: evidence.into(),
    }
}

#[test]
fn places_move_with_the_containers_that_go_and_items_are_found_by_their_value() {
    let mut stage = Stage::new(BEFORE);
    stage.find("init-chown", Outcome::Mended, vec![change("/spec/initContainers/0", None, "an emptyDir is open")]);
    let context = |key: &str| format!("/spec/initContainers/1/securityContext/{key}");
    // One reason for lines that stand together is told once.
    let user = [(context("runAsNonRoot"), json!(true)), (context("runAsUser"), json!(101))];
    let user = user.iter().map(|(pointer, value)| change(pointer, Some(value.clone()), "facts")).collect();
    stage.find("run-as-non-root", Outcome::Mended, user);
    let mount = |path: &str, evidence| {
        change("/spec/containers/0/volumeMounts/-", Some(json!({"name": "w", "mountPath": path})), evidence)
    };
    stage.find("read-only-root", Outcome::Mended, vec![mount("/run", "its pid"), mount("/tmp", "its uploads")]);
    stage.find("privileged", Outcome::LeftOut(Risk::Breaking), vec![mount("/run", "left out")]);
    stage.after = Some(AFTER.to_owned());
    let notes = stage.told(|run| Notes::of(run, 0));
    let told = |lines: &[(usize, &str)]| lines.iter().map(|(line, note)| (*line, (*note).to_owned())).collect();
    assert_eq!(notes.removed, told(&[(6, "init-chown (safe): an emptyDir is open")]));
    assert_eq!(
        notes.added,
        told(&[
            (9, "run-as-non-root (safe): facts"),
            (15, "read-only-root (safe): its pid"),
            (17, "read-only-root (safe): its uploads"),
        ])
    );
}

#[test]
fn changes_that_rest_on_one_thing_are_told_together() {
    let mut stage = Stage::new(WEB);
    let changes = ["runAsNonRoot", "runAsUser", "fsGroup"].map(|key| {
        let evidence = if key == "fsGroup" { "a claim" } else { "facts" };
        change(&format!("{POD}/securityContext/{key}"), Some(json!(1)), evidence)
    });
    stage.find("run-as-non-root", Outcome::Mended, changes.to_vec()).subject.container = None;
    let text = stage.told(|run| human(run, false, &Page::default()));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let context = "spec.template.spec.securityContext";
    assert!(
        text.contains(&format!("= mend: {context}.runAsNonRoot: 1; {context}.runAsUser: 1 (safe: facts)")),
        "{text}"
    );
    assert!(text.contains(&format!("= mend: {context}.fsGroup: 1 (safe: a claim)")), "{text}");
}
