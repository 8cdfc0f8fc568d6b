use super::*;

fn ask(words: &[&str]) -> (Vec<String>, u8) {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let live = |question: &Question<'_>| {
        let Question { argument, kind, flags } = question;
        let parts = [argument.to_string(), kind.unwrap_or_default().to_owned(), flags.join(",")];
        let said = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ");
        vec![(format!("live-{said}"), String::new())]
    };
    let (candidates, directive) = answer(&definition("kubectl harden"), &words, &live);
    (candidates.into_iter().map(|(value, _)| value).collect(), directive)
}

#[test]
fn verbs_come_first_and_hidden_ones_never() {
    assert_eq!(
        ask(&[""]).0,
        [
            "diff",
            "check",
            "rewrite",
            "apply",
            "render",
            "undo",
            "history",
            "explain",
            "network",
            "profile",
            "completion"
        ]
    );
    assert_eq!(ask(&["re"]), (vec!["rewrite".to_owned(), "render".to_owned()], NO_FILES));
    assert_eq!(ask(&["profile", "sh"]).0, ["show"]);
}

#[test]
fn values_follow_their_flags() {
    assert_eq!(ask(&["check", "--max-risk", ""]).0, ["safe", "likely", "unproven", "breaking"]);
    assert_eq!(ask(&["--max-risk", "s"]).0, ["safe"]);
    assert_eq!(ask(&["check", "--max-risk=br"]).0, ["--max-risk=breaking"]);
    assert_eq!(ask(&["check", "-p", "res"]), (vec!["restricted".to_owned()], FILES));
    assert_eq!(ask(&["diff", "-f", ""]), (Vec::new(), FILES));
    assert_eq!(ask(&["check", "-o", "t"]).0, ["table"]);
    assert_eq!(ask(&["check", "--skip", "run-as-n"]).0, ["run-as-non-root"]);
}

#[test]
fn words_are_what_the_verb_takes() {
    assert_eq!(ask(&["explain", "sysc"]).0, ["sysctls"]);
    assert_eq!(ask(&["explain", "image"]).0[..2], ["image", "image-digest"]);
    assert_eq!(ask(&["rewrite", ""]), (Vec::new(), FILES));
    assert_eq!(ask(&["completion", "k"]).0, ["kubectl"]);
    assert_eq!(ask(&["diff", ""]), (vec!["live-words".to_owned()], NO_FILES));
    assert_eq!(ask(&["undo", "x", ""]).0, ["live-what"]);
    assert_eq!(ask(&["history", ""]).0, ["live-past"]);
}

#[test]
fn names_follow_their_type_and_the_connection_flags_count() {
    let first = |words: &[&str]| ask(words).0.first().cloned().unwrap_or_default();
    assert_eq!(first(&["diff", "deployments", ""]), "live-words deployments");
    assert_eq!(first(&["deployments", ""]), "live-words deployments", "the default verb");
    assert_eq!(first(&["apply", "-n", "shop", "deploy/"]), "deploy/live-words deploy --namespace=shop");
    assert_eq!(first(&["apply", "deploy/web", ""]), "live-words");
    assert_eq!(first(&["check", "--context=prod", "-n", ""]), "live-namespace --context=prod");
    assert_eq!(first(&["check", "--context", ""]), "live-context");
    assert_eq!(first(&["check", "--context=", ""]), "live-words --context=");
    assert_eq!(first(&["check", "--context=p"]), "");
    // A name that was given is not offered again, and one that is called like a verb is a name.
    assert_eq!(first(&["diff", "deployments", "live-words deployments", ""]), "");
    assert_eq!(first(&["diff", "deployments", "check", ""]), "live-words deployments");
}

#[test]
fn flags_are_those_of_the_verb_and_those_of_all() {
    let (flags, _) = ask(&["rewrite", "--"]);
    assert!(flags.contains(&"--check".to_owned()) && flags.contains(&"--quiet".to_owned()), "{flags:?}");
    assert!(!flags.contains(&"--filename".to_owned()), "{flags:?}");
    assert_eq!(ask(&["--rec"]).0, ["--recursive"]);
}
