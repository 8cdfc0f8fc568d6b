//! The command line as users and scripts meet it: exit codes, words, streams, colour.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{FINE, Place, WEB};

const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec: {}\n";

fn shop() -> Place {
    let place = Place::new();
    place.write("shop/web.yaml", WEB);
    place.write("shop/fine.yaml", FINE);
    place
}

#[test]
fn diff_is_the_default_and_ends_like_kubectl_diff() {
    let place = shop();
    let ran = place.run("-f shop/web.yaml");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.starts_with("--- a/shop/web.yaml\n+++ b/shop/web.yaml\n@@ -"), "{}", ran.out);
    assert_eq!(place.run("diff -f shop/web.yaml").out, ran.out);
    assert_eq!(place.run("-f shop/fine.yaml").code, 0);
    assert_eq!(place.run("-f shop/fine.yaml").out, "");
    assert_eq!(place.run("-f nothing.yaml").code, 2);
    assert_eq!(place.read("shop/web.yaml"), WEB, "diff writes nothing");
}

#[test]
fn the_summary_says_what_to_do_next_in_commands_that_work() {
    let place = shop();
    let ran = place.run("-f shop/ -p restricted --max-risk unproven");
    assert!(ran.err.contains("2 files, 2 workloads: 1 would change, 1 is fine\n"), "{}", ran.err);
    assert!(ran.err.contains("restricted: 1 of 2 passes now, 2 after\n"), "{}", ran.err);
    let line = ran.err.lines().find_map(|line| line.strip_prefix("write them:")).unwrap();
    let words = line.trim().strip_prefix("kubectl harden ").unwrap();
    assert_eq!(words, "rewrite shop/web.yaml -p restricted --max-risk unproven");
    let ran = place.run(words);
    assert_eq!((ran.code, ran.out.as_str()), (0, "shop/web.yaml   7 changes\n"), "{ran:?}");
    let ran = place.run("-f shop/ -p restricted");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
}

#[test]
fn what_is_left_out_can_be_seen_and_the_severe_of_it_is_named_first() {
    let place = Place::new();
    let field = "          securityContext: {privileged: true}\n";
    place.write("web.yaml", format!("{WEB}{field}"));
    let (diff, check) = (place.run("diff -f web.yaml"), place.run("check -f web.yaml"));
    for (ran, label) in [(&diff, "see left out:"), (&check, "with the riskier ones:")] {
        let line = ran.err.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_else(|| panic!("{ran:?}"));
        assert_eq!(line.trim(), "kubectl harden diff -f web.yaml --max-risk breaking");
        let shown = place.run(line.trim().strip_prefix("kubectl harden ").unwrap());
        assert!(shown.out.contains("{privileged: false"), "{shown:?}");
        assert!(!shown.err.contains("left out"), "{shown:?}");
    }
    let remains: Vec<&str> = diff.err.split("remains  ").skip(1).collect();
    assert!(remains[0].starts_with("Deployment shop/web, container web: it has every capability"), "{}", diff.err);
    assert!(remains[0].contains("explain privileged\n"), "{}", diff.err);
    assert!(remains[1].contains("settle `privileged` first"), "{}", diff.err);
    assert!(diff.err.lines().filter(|line| !line.contains("kubectl")).all(|line| line.len() <= 80), "{}", diff.err);
    assert!(check.err.contains("1 workload: 1 has findings\n"), "{}", check.err);
}

#[test]
fn check_reports_and_fails_by_severity() {
    let place = shop();
    let ran = place.run("check -f shop/ --skip network-policies");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("medium[allow-privilege-escalation]: "), "{}", ran.out);
    assert!(ran.out.contains(" --> shop/web.yaml:"), "{}", ran.out);
    assert!(!ran.out.contains("fine.yaml"), "{}", ran.out);
    assert_eq!(place.run("check -f shop/ --fail-on critical").code, 0);
    assert_eq!(place.run("check -f shop/ --fail-on never").code, 0);
    assert_eq!(place.run("check -f shop/ --only host-ports").code, 0);
    assert_eq!(place.run("check -f shop/ -o name").out, "deployment.apps/fine\ndeployment.apps/web\n");
    let table = place.run("check -f shop/ -o table").out;
    assert!(table.starts_with("SEVERITY   RULE"), "{table}");
}

#[test]
fn an_exception_excuses_and_is_told_when_asked() {
    let place = Place::new();
    let annotated = WEB.replace(
        "  namespace: shop\n",
        "  namespace: shop\n  annotations:\n    kubectl-harden.dev/skip.seccomp-profile: \"it traces\"\n",
    );
    place.write("web.yaml", annotated);
    assert_eq!(place.run("check -f web.yaml --only seccomp-profile").code, 0);
    let ran = place.run("check -f web.yaml --only seccomp-profile -v");
    assert!(ran.out.contains("= excepted: it traces\n"), "{ran:?}");
    assert!(ran.err.contains("1 finding excepted"), "{ran:?}");
}

#[test]
fn rewrite_writes_check_only_lists() {
    let place = shop();
    let ran = place.run("rewrite --check shop");
    let listed = "shop/web.yaml               15 changes\nshop/networkpolicies.yaml   2 changes\n";
    assert_eq!((ran.code, ran.out.as_str()), (1, listed), "{ran:?}");
    assert!(!place.path().join("shop/networkpolicies.yaml").exists());
    assert_eq!(place.read("shop/web.yaml"), WEB);
    assert_eq!(place.run("rewrite shop").code, 0);
    assert!(place.read("shop/web.yaml").contains("allowPrivilegeEscalation: false"));
    let ran = place.run("rewrite --check shop");
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.err.contains("nothing to rewrite"), "{ran:?}");
}

#[test]
fn a_refused_file_does_not_stop_the_others_but_the_exit_code_tells() {
    let place = shop();
    place.write("shop/broken.yaml", "a: b: c\n");
    place.write("shop/chart.yaml", TEMPLATE);
    for line in
        ["-f shop/", "check -f shop/", "rewrite shop --check", "rewrite shop --all-or-nothing", "render -f shop/"]
    {
        let ran = place.run(line);
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.err.contains("error: shop/broken.yaml:1:"), "{line}: {}", ran.err);
        assert_eq!(place.read("shop/web.yaml"), WEB, "{line}");
    }
    let ran = place.run("rewrite shop");
    assert_eq!((ran.code, ran.out.as_str()), (2, "shop/web.yaml   15 changes\n"), "{ran:?}");
    let skipped = "  1 file is skipped: a Go template (Helm), not a manifest (kubectl harden explain helm)\n    shop/chart.yaml\n";
    assert!(ran.err.contains(skipped), "{}", ran.err);
    assert_eq!(ran.err.matches("chart.yaml").count(), 1, "{}", ran.err);
    assert_eq!(place.read("shop/broken.yaml"), "a: b: c\n");
    assert_eq!(place.read("shop/chart.yaml"), TEMPLATE);
}

#[test]
fn bare_words_are_answered_with_what_to_write() {
    let place = shop();
    let ran = place.run("diff shop/web.yaml shop/fine.yaml");
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.err,
        "error: \"shop/web.yaml\" is a path: name files with -f\n  \
         kubectl harden diff -f shop/web.yaml -f shop/fine.yaml\n\
         See 'kubectl harden diff -h' for help and examples\n"
    );
    let ran = place.run("render deploy/web");
    assert!(ran.err.starts_with("error: render takes no live objects: \"deploy/web\"\n"), "{}", ran.err);
    assert_eq!(ran.code, 2);
    let ran = place.run("rewrite -");
    assert!(ran.err.contains("kubectl harden render -f -\n"), "{}", ran.err);
    assert_eq!(ran.code, 2);
}

#[test]
fn wrong_use_is_exit_2_with_a_way_to_help() {
    let place = shop();
    for (line, says) in [
        ("", "Usage:"),
        ("diff", "error: You must provide one or more resources by argument or filename.\n"),
        ("--frob", "error: unknown flag: --frob\n"),
        ("-f shop -k shop", "error: the -k flag can't be used with -f or -R\n"),
        ("-f shop --only run-as-nonroot", "did you mean \"run-as-non-root\"?"),
        ("-f shop -p restrictd", "did you mean \"restricted\"?"),
        ("explain sysctl", "did you mean \"sysctls\"?"),
        ("explain nonroot", "did you mean \"run-as-non-root\"?"),
        ("explain volumes", "did you mean one of host-path-volumes, restricted-volumes?"),
        ("-f shop --only nonroot", "did you mean \"run-as-non-root\"?"),
        ("-f shop --kubernetes-version 1.99", "expected a Kubernetes version from 1.25 to 1.37"),
    ] {
        let ran = place.run(line);
        if line.is_empty() {
            assert_eq!(ran.code, 0);
            assert!(ran.out.contains(says));
            continue;
        }
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{line}: {ran:?}");
        assert!(ran.err.starts_with("error: ") && ran.err.contains(says), "{line}: {}", ran.err);
    }
    assert!(place.run("diff").err.ends_with("See 'kubectl harden diff -h' for help and examples\n"));
}

#[test]
fn quiet_prints_the_result_alone() {
    let place = shop();
    let ran = place.run("-f shop/ -q");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert_eq!(ran.out, place.run("-f shop/").out);
    assert_eq!(place.run("rewrite shop -q --check").err, "");
    place.write("shop/broken.yaml", "a: b: c\n");
    assert!(place.run("-f shop/ -q").err.starts_with("error: "), "errors are never left out");
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let place = shop();
    assert!(!place.run("-f shop/").out.contains('\u{1b}'));
    let shown = place.run("-f shop/ --color always").out;
    assert!(shown.contains("\u{1b}[32m+") && shown.contains("^ allow-privilege-escalation (likely): "), "{shown:?}");
    let reasons = place.run("-f shop/ --reasons").out;
    assert!(reasons.contains("^ allow-privilege-escalation (likely): ") && !reasons.contains('\u{1b}'), "{reasons}");
    assert!(place.run("check -f shop/ --color always").out.contains("\u{1b}["));
    // A name that carries an escape sequence stays one only where the bytes are the data.
    place.write("evil.yaml", WEB.replace("# pinned", "# \u{202e}31m"));
    assert!(!place.run("-f evil.yaml --color always").out.contains('\u{202e}'));
    assert!(place.run("-f evil.yaml").out.contains('\u{202e}'));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::new();
    let many: String =
        (0..600).map(|index| format!("---\n{}", WEB.replace("name: web", &format!("name: w{index}")))).collect();
    place.write("many.yaml", &many);
    for verb in ["diff", "check", "render"] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("kubectl-harden"))
            .args([verb, "-f", "many.yaml", "-q"])
            .current_dir(place.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{verb}");
        assert_eq!(output.status.code(), Some(i32::from(verb != "render")), "{verb}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let place = shop();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("kubectl-harden"))
        .args(["-f", "shop"])
        .current_dir(place.path())
        .stdout(full)
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("error: cannot write to standard output"), "{err}");
}
