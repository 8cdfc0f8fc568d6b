//! The formats over small plans made by hand.

mod json_report;
mod notes;
mod sums;

use super::*;
use crate::manifest::{Position, Stream};
use crate::plan::{Change, Outcome, Plan, Planned, PlannedFinding, Source};
use crate::profile::{self, Profile};
use crate::rules::{Risk, Subject, by_id};
use crate::workload::{KindTable, World};
use serde_json::{Value, json};

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      hostNetwork: true # needed once
      containers:
        - name: web
          image: nginx
";

const POD: &str = "/spec/template/spec";

/// A run over one manifest, with the plan that a test builds.
struct Stage {
    stream: Stream,
    world: World,
    profile: Profile,
    plan: Plan,
    after: Option<String>,
}

impl Stage {
    fn new(text: &str) -> Self {
        let stream = Stream::read(text.to_owned()).unwrap();
        let mut world = World::default();
        world.add(0, &stream, &KindTable::builtin()).unwrap();
        let objects = (0..world.objects.len()).map(Planned::untouched).collect();
        let profile = profile::load("restricted", &|_, _| Err(String::new())).unwrap();
        Self {
            stream,
            world,
            profile,
            plan: Plan { objects, added: Vec::new(), stale: Vec::new(), leads: Vec::new() },
            after: None,
        }
    }

    /// Add a finding to the first object.
    fn find(&mut self, rule: &str, outcome: Outcome, changes: Vec<Change>) -> &mut PlannedFinding {
        let rule = by_id(rule).unwrap();
        let start = self.stream.text().find("name: web\n").unwrap_or_default();
        let findings = &mut self.plan.objects[0].findings;
        findings.push(PlannedFinding {
            rule,
            severity: rule.severity,
            subject: Subject { pointer: format!("{POD}/containers/0").into(), container: Some("web".into()) },
            reason: "this is why".into(),
            changes,
            elsewhere: Vec::new(),
            decision: None,
            outcome,
            source: Some(Source::new(&(start..start + 9), Position::of(self.stream.text(), start))),
        });
        findings.last_mut().unwrap()
    }

    fn told<T>(&self, tell: impl FnOnce(&Run<'_>) -> T) -> T {
        let files = [File {
            is_new: false,
            name: "shop/web.yaml",
            diff_name: "shop/web.yaml",
            is_live: false,
            stream: &self.stream,
            after: self.after.as_deref(),
            mask: &LazyMask::default(),
        }];
        tell(&Run {
            command: "kubectl harden",
            profile: &self.profile,
            max_risk: Risk::Likely,
            files: &files,
            is_live: false,
            other_files: 2,
            world: &self.world,
            plan: &self.plan,
            skipped: &[Aside {
                name: "t.yaml".into(),
                position: None,
                why: "a Helm template; render it".into(),
                sort: AsideSort::Text,
            }],
            refused: &[],
        })
    }
}

fn change(pointer: &str, before: Option<Value>, after: Option<Value>, risk: Risk) -> Change {
    Change {
        pointer: format!("{POD}/{pointer}").into(),
        before: before.map(Into::into),
        after: after.map(Into::into),
        risk,
        evidence: "31 ran".into(),
    }
}

fn escalation(risk: Risk) -> Change {
    change("containers/0/securityContext/allowPrivilegeEscalation", None, Some(json!(false)), risk)
}

#[test]
fn a_finding_shows_its_line_its_reason_and_its_mend() {
    let mut stage = Stage::new(WEB);
    stage.find("allow-privilege-escalation", Outcome::Mended, vec![escalation(Risk::Likely)]);
    let text = stage.told(|run| human(run, false, &Page::default()));
    let (finding, standards) = text.split_once("  = standards: ").unwrap();
    assert_eq!(
        finding,
        "\
medium[allow-privilege-escalation]: a process may gain more privileges than its
    parent
 --> shop/web.yaml:4:3   Deployment shop/web, container web
  |
4 |   name: web
  |   ^^^^^^^^^ this is why
  |
  = mend: securityContext.allowPrivilegeEscalation: false (likely: 31 ran)
"
    );
    assert!(standards.starts_with("PSS restricted allowPrivilegeEscalation; "), "{standards}");
}

#[test]
fn what_is_not_mended_says_what_would_let_it_in_or_who_decides() {
    let mut stage = Stage::new(WEB);
    let host = change("hostNetwork", Some(json!(true)), Some(json!(false)), Risk::Breaking);
    stage.find("host-namespaces", Outcome::LeftOut(Risk::Breaking), vec![host]).subject.container = None;
    stage.find("host-path-volumes", Outcome::Undecided, vec![]).decision = Some("who needs the node's files?".into());
    stage.find("sysctls", Outcome::Excepted("we own the nodes".into()), vec![]);
    let text = stage.told(|run| human(run, false, &Page::default()));
    assert!(text.contains("= left out: spec.template.spec.hostNetwork: true -> false (breaking:"), "{text}");
    assert!(text.contains("= let it in: --max-risk breaking"), "{text}");
    assert!(text.contains("= a person must decide: who needs the node's files?\n"), "{text}");
    assert!(text.contains("kubectl-harden.dev/skip.host-path-volumes"), "{text}");
    assert!(!text.contains("sysctls"), "{text}");
    let text = stage.told(|run| human(run, true, &Page::default()));
    assert!(text.contains("= excepted: we own the nodes\n"), "{text}");
}

#[test]
fn no_report_passes_on_what_a_terminal_acts_upon() {
    let evil = "\u{1b}]0;x\u{7}\u{9b}2J\u{202e}";
    let mut stage = Stage::new(WEB);
    let object = &mut stage.world.objects[0];
    object.identity.name = evil.to_owned();
    object.identity.kind = evil.to_owned();
    let found = stage.find(
        "sysctls",
        Outcome::Undecided,
        vec![change(evil, Some(json!(evil)), Some(json!([evil])), Risk::Safe)],
    );
    found.reason = evil.into();
    found.decision = Some(evil.into());
    found.subject.container = Some(evil.into());
    found.changes[0].evidence = evil.into();
    stage.after = Some(WEB.replace("needed once", evil));
    let patch = |run: &Run<'_>| {
        let notes = Notes { added: [(9, evil.to_owned())].into(), ..Notes::default() };
        let file = &run.files[0];
        unified(
            &Patch {
                is_new: false,
                name: evil,
                before: file.stream.text(),
                mask: &Mask::default(),
                mask_after: &Mask::default(),
                after: file.after.unwrap_or_default(),
                sections: &sections(run, 0),
                notes: &notes,
            },
            Reader::Person(Palette::default(), 80),
        )
        .text
    };
    let texts = stage.told(|run| {
        let tally = Tally::of(run);
        let plain = Page::default();
        [
            human(run, true, &plain),
            rows(run),
            json(run),
            names(run, |_| true),
            summary_of_changes(run, &tally, Tense::Would, &plain),
            summary_of_findings(run, &tally, &plain),
            aside(&Aside { name: evil.to_owned(), position: None, why: evil.to_owned(), sort: AsideSort::Text }),
            patch(run),
        ]
    });
    for text in texts {
        assert!(!text.is_empty());
        assert!(text.chars().all(|c| c == '\n' || !escape::is_active(c)), "{text:?}");
    }
}

#[test]
fn each_reason_is_beside_the_line_it_is_for() {
    let mut stage = Stage::new(WEB);
    let host = change("hostNetwork", Some(json!(true)), None, Risk::Breaking);
    stage.find("host-namespaces", Outcome::Mended, vec![host]);
    stage.find("allow-privilege-escalation", Outcome::Mended, vec![escalation(Risk::Likely)]);
    stage.find("allow-privilege-escalation", Outcome::Mended, vec![escalation(Risk::Likely)]);
    let tail = "          securityContext:\n            allowPrivilegeEscalation: false\n";
    stage.after = Some(WEB.replace("      hostNetwork: true # needed once\n", "") + tail);
    let notes = stage.told(|run| Notes::of(run, 0));
    assert_eq!(notes.removed, [(9, "host-namespaces (breaking): 31 ran".to_owned())].into());
    assert_eq!(notes.added, [(13, "allow-privilege-escalation (likely): 31 ran".to_owned())].into());

    let diff = stage.told(|run| {
        let (before, after) = (run.files[0].stream.text(), run.files[0].after.unwrap_or_default());
        let (mask, mask_after) = (&Mask::default(), &Mask::default());
        let sections = &sections(run, 0);
        let patch = Patch { is_new: false, name: "web.yaml", before, after, mask, mask_after, sections, notes: &notes };
        unified(&patch, Reader::Person(Palette::default(), 100)).text
    });
    assert_eq!(
        diff,
        "\
--- a/web.yaml
+++ b/web.yaml
@@ -6,7 +6,8 @@ Deployment shop/web
 spec:
   template:
     spec:
-      hostNetwork: true # needed once      # host-namespaces (breaking): 31 ran
       containers:
         - name: web
           image: nginx
+          securityContext:
+            allowPrivilegeEscalation: false  # allow-privilege-escalation (likely): 31 ran
"
    );
    let diff = stage.told(|run| {
        let (before, after) = (run.files[0].stream.text(), run.files[0].after.unwrap_or_default());
        let (mask, mask_after) = (&Mask::default(), &Mask::default());
        let sections = &sections(run, 0);
        let patch = Patch { is_new: false, name: "web.yaml", before, after, mask, mask_after, sections, notes: &notes };
        unified(&patch, Reader::Person(Palette::default(), 40)).text
    });
    let below = "
+            allowPrivilegeEscalation: false
             ^ allow-privilege-escalation
               (likely): 31 ran
";
    assert!(diff.ends_with(below), "{diff}");
}

/// The table as one text.
fn rows(run: &Run<'_>) -> String {
    let mut out = String::new();
    let written: Result<(), std::convert::Infallible> = table(run, |piece| {
        out.push_str(piece);
        Ok(())
    });
    written.unwrap();
    out
}

#[test]
fn the_table_and_the_names_give_one_line_each() {
    let mut stage = Stage::new(WEB);
    stage.find("allow-privilege-escalation", Outcome::Mended, vec![escalation(Risk::Likely)]);
    stage.find("sysctls", Outcome::Excepted("fine".into()), vec![]);
    assert_eq!(
        stage.told(rows),
        "\
SEVERITY   RULE                         OBJECT                      PLACE               OUTCOME
medium     allow-privilege-escalation   Deployment shop/web [web]   shop/web.yaml:4:3   mend (likely)
"
    );
    assert_eq!(stage.told(|run| names(run, |_| true)), "deployment.apps/web\n");
    assert_eq!(Stage::new(WEB).told(rows), "", "no head without a body");
    stage.world.objects[0].identity.name.clear();
    assert_eq!(stage.told(|run| names(run, |_| true)), "deployment.apps/(no name)\n");
}
