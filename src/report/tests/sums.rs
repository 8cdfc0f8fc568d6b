//! The last lines.

use super::*;

#[test]
fn the_summary_counts_and_says_what_remains() {
    let mut stage = Stage::new(WEB);
    stage.find("allow-privilege-escalation", Outcome::Mended, vec![escalation(Risk::Likely)]);
    stage.find("privileged", Outcome::Mended, vec![escalation(Risk::Likely)]);
    let host = change("hostNetwork", Some(json!(true)), Some(json!(false)), Risk::Breaking);
    stage.find("host-namespaces", Outcome::LeftOut(Risk::Breaking), vec![host]);
    stage.find("host-path-volumes", Outcome::Undecided, vec![]).decision = Some("who needs it?".into());
    let text = stage.told(|run| summary_of_changes(run, &Tally::of(run), Tense::Would, &Page::default()));
    assert_eq!(
        text,
        "\
4 files, 1 workload
  1 file is skipped: a Helm template (kubectl harden explain helm)
    t.yaml
  restricted: 0 of 1 pass now
  changes: 1 likely; left out: 1 breaking

remains  Deployment shop/web, container web: this is why
         left out as breaking; to let it in: --max-risk breaking, once it is
         sure that the program does without
         kubectl harden explain host-namespaces

remains  Deployment shop/web, container web: this is why
         a person must decide: who needs it?
         kubectl harden explain host-path-volumes
"
        .replace("1 workload\n", "1 workload: 1 stays as it is\n"),
        "one value that two findings ask for is one change"
    );
    let text = stage.told(|run| summary_of_findings(run, &Tally::of(run), &Page::default()));
    assert!(text.contains("4 findings: "), "{text}");
    assert!(text.contains("1 finding needs a person's decision"), "{text}");
    assert!(text.contains("1 workload: 1 has findings\n"), "{text}");
    assert!(text.contains("beyond --max-risk likely: 1 breaking\n"), "{text}");
}

#[test]
fn where_a_file_was_refused_the_risk_is_not_to_blame() {
    let mut stage = Stage::new(WEB);
    stage.find("run-as-non-root", Outcome::LeftOut(Risk::Unproven), vec![escalation(Risk::Unproven)]);
    let broken =
        [Aside { name: "shop/web.yaml".into(), position: None, why: "a duplicate key".into(), sort: AsideSort::Text }];
    let summary = |refused| {
        stage.told(|run| summary_of_changes(&Run { refused, ..*run }, &Tally::of(run), Tense::Would, &Page::default()))
    };
    assert!(summary(&[]).contains("  no change is within --max-risk likely; left out: 1 unproven\n"));
    assert!(summary(&broken).contains("  left out: 1 unproven\n"), "{}", summary(&broken));
    assert!(!summary(&broken).contains("--max-risk"));
}

#[test]
fn what_a_server_did_not_give_is_no_refused_object() {
    let stage = Stage::new(WEB);
    let of = |name: &str, sort| Aside { name: name.into(), position: None, why: "forbidden".into(), sort };
    let missing = [
        of("statefulsets", AsideSort::Type),
        of("daemonsets", AsideSort::Type),
        of("deployments/web", AsideSort::Object),
        of("deployments/api", AsideSort::Text),
    ];
    let (text, more) = stage.told(|run| {
        let before = Tally::of(&Run { refused: &[], ..*run }).files;
        let run = Run { refused: &missing, is_live: true, ..*run };
        let tally = Tally::of(&run);
        (summary_of_findings(&run, &tally, &Page::default()), tally.files - before)
    });
    assert!(
        text.contains("  1 object is refused\n  1 object could not be read\n  2 types could not be listed\n"),
        "{text}"
    );
    assert_eq!(more, 2, "a type is no object");
}
