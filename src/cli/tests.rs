use super::*;
use crate::rules::{Risk, Severity};

fn parse(line: &str) -> Result<Invocation, Stop> {
    super::parse(std::iter::once("kubectl-harden").chain(line.split_whitespace()).map(OsString::from))
}

fn refused(line: &str) -> String {
    let stop = parse(line).expect_err(line);
    assert!(stop.error, "{line}: {}", stop.text);
    stop.text
}

#[test]
fn clap_finds_no_fault_with_the_definition() {
    definition("kubectl harden").debug_assert();
}

#[test]
fn diff_is_the_verb_when_there_is_none() {
    for line in ["-f x.yaml", "-R -f x.yaml -p restricted", "diff -f x.yaml", "-q -f x.yaml diff", "-qRf x.yaml diff"] {
        let Ok(Invocation { verb: Verb::Diff(args), .. }) = parse(line) else { panic!("{line}") };
        assert_eq!(args.input.filenames, ["x.yaml"], "{line}");
    }
    let Ok(Invocation { verb: Verb::Diff(args), .. }) = parse("deploy/web") else { panic!() };
    assert_eq!(args.objects.words, ["deploy/web"]);
}

#[test]
fn a_flags_value_is_no_verb() {
    let Ok(Invocation { verb: Verb::Diff(args), .. }) = parse("-f check") else { panic!() };
    assert_eq!(args.input.filenames, ["check"]);
    let Ok(Invocation { verb: Verb::Check(args), .. }) = parse("--max-risk=safe -f diff check") else { panic!() };
    assert_eq!((args.input.filenames, args.ruling.max_risk), (vec!["diff".into()], Risk::Safe));
    let Ok(Invocation { verb: Verb::Diff(args), .. }) = parse("-- check") else { panic!() };
    assert_eq!(args.objects.words, ["check"]);
}

#[test]
fn lists_are_given_with_commas_or_again() {
    let Ok(Invocation { verb: Verb::Check(args), .. }) =
        parse("check -f a,b -f c --only x,y --skip z --fail-on high --kubernetes-version v1.30 -v")
    else {
        panic!()
    };
    assert_eq!(args.input.filenames, ["a,b", "c"], "the source room splits: a file's name may hold a comma");
    assert_eq!((args.ruling.only.len(), args.ruling.skip.len()), (2, 1));
    assert!(args.fail_on.fails(Severity::Critical) && !args.fail_on.fails(Severity::Medium));
    assert_eq!(args.ruling.kubernetes_version.map(crate::workload::Minor::number), Some(30));
}

#[test]
fn usage_errors_speak_as_kubectl_does() {
    let see = |verb: &str| format!("See 'kubectl-harden {verb} -h' for help and examples\n");
    let cases = [
        ("diff --filname x", "error: unknown flag: --filname\n  did you mean --filename?\n", "diff"),
        ("check -x", "error: unknown shorthand flag: -x\n", "check"),
        ("-f", "error: flag needs an argument: --filename\n", "diff"),
        (
            "--max-risk bold -f x",
            "error: invalid value \"bold\" for --max-risk: allowed are safe, likely, unproven, breaking\n",
            "diff",
        ),
        (
            "check -o yml -f x",
            "error: invalid value \"yml\" for --output: allowed are human, table, json, name\n",
            "check",
        ),
        (
            "--kubernetes-version 1.99 -f x",
            "error: invalid value \"1.99\" for --kubernetes-version: expected a Kubernetes version from 1.25 to 1.37\n",
            "diff",
        ),
        ("rewrite", "error: you must give <PATH>...\n", "rewrite"),
        ("profile shwo", "error: unknown verb \"shwo\"\n  did you mean show?\n", "profile"),
        ("profile", "error: a verb is missing\n", "profile"),
        ("explain a b", "error: unexpected word \"b\"\n", "explain"),
        ("-q -v -f x", "error: --quiet and --verbose exclude each other\n", "diff"),
        ("--recursive=yes -f x", "error: --recursive takes no value \"yes\"\n", "diff"),
        (
            "apply a/b --dry-run=foo",
            "error: invalid value \"foo\" for --dry-run: Invalid dry-run value (foo). Must be \"none\", \"server\", or \
             \"client\".\n",
            "apply",
        ),
        ("-p a -p b -f x", "error: --profile may stand only once\n", "diff"),
    ];
    for (line, says, verb) in cases {
        assert_eq!(refused(line), format!("{says}{}", see(verb)), "{line}");
    }
}

#[test]
fn an_escape_sequence_in_a_word_is_not_given_back_to_the_terminal() {
    assert!(refused("--\u{1b}[31m").contains("unknown flag: --^[[31m\n"));
}

#[test]
fn help_and_version_are_data() {
    for (line, holds) in [
        ("-h", "kubectl-harden rewrite shop/"),
        ("", "Verbs:"),
        ("check -h", "kubectl-harden check -f shop/ -R"),
        ("--version", env!("CARGO_PKG_VERSION")),
        ("-f x -h", "Usage:"),
    ] {
        let stop = parse(line).expect_err(line);
        assert!(!stop.error && stop.text.contains(holds), "{line}: {}", stop.text);
    }
}

#[test]
fn help_fits_a_window_of_usual_width() {
    let mut command = definition("kubectl harden");
    for verb in command.get_subcommands_mut() {
        let help = verb.render_help().to_string();
        assert!(help.contains("Examples:") && help.contains("kubectl harden"), "{help}");
    }
}

#[test]
fn help_of_a_flag_holds_no_backslash() {
    for verb in definition("kubectl harden").get_subcommands_mut() {
        let help = verb.render_help().to_string();
        assert!(!help.contains('\\'), "{}: {help}", verb.get_name());
    }
}

#[test]
fn help_has_no_line_breaks_of_its_own_within_a_paragraph() {
    let command = definition("kubectl harden");
    for verb in command.get_subcommands() {
        let Some(text) = verb.get_after_help().map(ToString::to_string) else { continue };
        for (line, next) in text.lines().zip(text.lines().skip(1)) {
            let prose = line.len() > 60 && !line.starts_with(' ');
            assert!(!prose || next.is_empty(), "{}: {line}", verb.get_name());
        }
    }
}
