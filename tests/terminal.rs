//! What a person at a terminal sees. `script` of util-linux lends the terminal; skipped where there is none.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stderr)] // A test reads, runs and may fail.

mod common;

use common::{Place, WEB};
use std::process::Command;

/// Run the binary on a terminal with these variables; `None` where there is no `script`.
fn on_terminal(place: &Place, words: &str, variables: &[(&str, &str)]) -> Option<String> {
    let binary = assert_cmd::cargo::cargo_bin!("kubectl-harden");
    let line = format!("stty rows 40 cols ${{COLUMNS_WANTED:-120}}; exec '{}' {words}", binary.display());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(place.path());
    command.env("TERM", "xterm").env_remove("NO_COLOR").envs(variables.iter().copied());
    match command.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(_) => {
            eprintln!("skipped: there is no script(1) on this machine");
            None
        }
    }
}

#[test]
fn colour_and_reasons_on_a_terminal_that_can_and_wants() {
    let place = Place::new();
    place.write("web.yaml", WEB);
    let Some(seen) = on_terminal(&place, "-f web.yaml", &[]) else { return };
    assert!(seen.contains("\u{1b}[32m+            allowPrivilegeEscalation: false\u{1b}[0m"), "{seen}");
    let plain = |variables: &[(&str, &str)]| {
        let seen = on_terminal(&place, "-f web.yaml", variables).unwrap();
        assert!(!seen.contains('\u{1b}'), "{variables:?}: {seen}");
        seen
    };
    plain(&[("TERM", "dumb")]);
    // Present is enough, even empty, as for kubectl.
    let seen = plain(&[("NO_COLOR", "")]);
    // At 120 columns the reasons stand beside the lines they are for.
    let line = seen.lines().find(|line| line.contains("allowPrivilegeEscalation")).unwrap();
    assert!(line.contains("false  # allow-privilege-escalation (likely): "), "{seen}");
    assert!(seen.contains("sizeLimit: 1Gi\r\n\r\n1 file, 1 workload: 1 would change\r\n"), "{seen}");
    assert!(seen.contains("write them:    kubectl harden rewrite web.yaml"), "{seen}");
    let quiet = on_terminal(&place, "-f web.yaml -q", &[("NO_COLOR", "")]).unwrap();
    assert!(!quiet.contains('#') || !quiet.contains("likely"), "{quiet}");
}

#[test]
fn explanations_are_set_for_eyes() {
    let place = Place::new();
    let Some(seen) = on_terminal(&place, "explain run-as-non-root", &[]) else { return };
    assert!(seen.contains("\u{1b}[1mWhat can break\u{1b}[0m\r\n"), "{seen}");
    let plain = on_terminal(&place, "explain run-as-non-root", &[("NO_COLOR", "")]).unwrap();
    for seen in [&seen, &plain] {
        assert!(!seen.contains("##") && !seen.contains("```"), "{seen}");
    }
    assert!(plain.contains("\r\nWhat can break\r\n") && plain.contains("`runAsUser`"), "{plain}");
    assert!(place.run("explain run-as-non-root").out.contains("### What can break\n"), "Markdown in a pipe");
}

#[test]
fn no_word_is_broken_at_the_edge_of_the_window() {
    let place = Place::new();
    let field = "          securityContext: {privileged: true}\n";
    place.write("web.yaml", format!("{WEB}{field}"));
    for verb in ["diff", "check"] {
        let Some(seen) = on_terminal(
            &place,
            &format!("{verb} -f web.yaml --only privileged,run-as-non-root,allow-privilege-escalation"),
            &[("NO_COLOR", ""), ("COLUMNS_WANTED", "62")],
        ) else {
            return;
        };
        let prose = seen.lines().filter(|line| !line.contains("kubectl harden") && !line.contains(" --> "));
        assert!(prose.clone().all(|line| line.chars().count() <= 62), "{seen}");
        assert!(prose.filter(|line| line.len() > 45).count() > 3, "the width is used: {seen}");
    }
}

#[test]
fn nothing_in_a_manifest_moves_the_cursor() {
    let place = Place::new();
    // What the reader takes: an override of the writing direction, and escapes within quotes.
    let evil = WEB.replace("# pinned", "# \u{202e}x\r").replace("name: web\n  n", "name: \"\\e[2J\"\n  n");
    place.write("evil.yaml", evil);
    for words in [
        "-f evil.yaml",
        "check -f evil.yaml",
        "check -f evil.yaml -o table",
        "check -f evil.yaml -o json",
        "render -f evil.yaml",
    ] {
        let Some(seen) = on_terminal(&place, words, &[("NO_COLOR", "1")]) else { return };
        let kept: String = seen.chars().filter(|c| *c != '\n').collect();
        // The terminal itself turns every line break into a carriage return and a line feed.
        let breaks = seen.matches("\r\n").count();
        assert_eq!(kept.matches('\r').count(), breaks, "{words}: {seen:?}");
        assert!(!seen.contains(['\u{1b}', '\u{202e}']), "{words}: {seen:?}");
    }
}
