//! What is large or hostile is read, planned and rewritten in time that grows with its size: each text here takes well under
//! a second, and minutes where a step goes through the whole text, or a whole list, for each of its members.

#![allow(clippy::unwrap_used)] // A test may fail.

use kubectl_harden::manifest::Stream;
use kubectl_harden::plan::{self, Limits};
use kubectl_harden::profile;
use kubectl_harden::report::Mask;
use kubectl_harden::rules::Risk;
use kubectl_harden::workload::World;
use std::sync::mpsc;
use std::time::Duration;

const LONGEST: Duration = Duration::from_secs(30);

/// Read, plan and rewrite; the number of findings.
fn rewritten(text: String) -> Result<usize, String> {
    let stream = Stream::read(text).map_err(|error| error.to_string())?;
    let profile = profile::load("restricted", &|_, _| Err("no files here".to_owned())).unwrap();
    let (world, refused) = World::of(&[&stream], &profile.kinds);
    if let Some((_, refusal)) = refused.first() {
        return Err(refusal.to_string());
    }
    let limits = Limits { max_risk: Risk::Breaking, today: "2026-01-01".to_owned() };
    let plan = plan::make(&profile, &world, &[&stream], &limits).map_err(|error| error.to_string())?;
    let text = plan::new_text(&plan, &world, 0, &stream).map_err(|refusal| refusal.to_string())?;
    assert_eq!(plan.has_changes(), text.is_some());
    Ok(plan.objects.iter().map(|object| object.findings.len()).sum())
}

/// What [`rewritten`] says, in time and on a small stack.
fn in_time(name: &'static str, text: String) -> Result<usize, String> {
    let (send, receive) = mpsc::channel();
    std::thread::Builder::new().stack_size(2 << 20).spawn(move || send.send(rewritten(text))).unwrap();
    receive.recv_timeout(LONGEST).unwrap_or_else(|_| panic!("{name} takes too long, or panics"))
}

fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// A Deployment on one line.
fn deployment(at: usize) -> String {
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"web-{at}"}},"spec":{{"template":{{"spec":{{"hostNetwork":true,"containers":[{{"name":"web","image":"nginx"}}]}}}}}}}}"#
    )
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n";

#[test]
fn many_objects() {
    let list = |items: String| format!("apiVersion: v1\nkind: List\nitems:\n{items}");
    let found = 5 * 2000;
    let docs = many(2000, |at| format!("---\n{}\n", deployment(at)));
    assert_eq!(in_time("documents", docs), Ok(found));
    assert_eq!(in_time("a list", list(many(2000, |at| format!("- {}\n", deployment(at))))), Ok(found));
    let members: Vec<String> = (0..2000).map(deployment).collect();
    let json = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, members.join(","));
    assert_eq!(in_time("JSON on one line", json), Ok(found));
    let aliased =
        many(500, |at| format!("- {}\n", deployment(at).replace("true", if at == 0 { "&on true" } else { "*on" })));
    assert_eq!(in_time("a list with aliases", list(aliased)), Ok(5 * 500));
}

#[test]
fn many_members() {
    let containers = POD.to_owned() + &many(2000, |at| format!("  - name: c{at}\n    image: x\n"));
    assert_eq!(in_time("containers", containers), Ok(2 + 2 * 2000));
    let env =
        format!("{POD}  - name: a\n    env:\n{}", many(50_000, |at| format!("    - name: e{at}\n      value: x\n")));
    assert_eq!(in_time("variables", env), Ok(4));
    let added = many(50_000, |at| format!("        - C{at}\n"));
    let added = format!(
        "{POD}  - name: a\n    securityContext:\n      capabilities:\n        add:\n        - NET_BIND_SERVICE\n{added}"
    );
    assert!(in_time("capabilities", added).is_ok());
    let doubled = format!("{POD}  - name: a\n{}", "k: 1\n".repeat(50_000));
    assert_eq!(in_time("duplicate keys", doubled), Ok(4));
    let comments = format!("{POD}  - name: a\n{}", "    # c\n".repeat(200_000));
    assert_eq!(in_time("comments", comments), Ok(4));
}

#[test]
fn many_aliases() {
    let pod = format!("{POD}  - name: a\n");
    let anchors = many(50_000, |at| format!("k{at}: &a{at} 1\n")) + &many(50_000, |at| format!("m{at}: *a{at}\n"));
    assert_eq!(in_time("anchors", pod.clone() + &anchors), Ok(4));
    let chain = "a0: &a0 [x]\n".to_owned() + &many(20_000, |at| format!("a{}: &a{} [*a{at}]\n", at + 1, at + 1));
    assert!(in_time("a chain of aliases", pod.clone() + &chain).unwrap_err().contains("aliases"));
    let bomb = "a0: &a0 x\n".to_owned() + &many(40, |at| format!("a{}: &a{} [*a{at}, *a{at}]\n", at + 1, at + 1));
    assert!(in_time("a bomb", pod.clone() + &bomb).unwrap_err().contains("aliases"));
    let merged = |at: usize| format!("a{0}: &a{0}\n  <<: [*a{at}, *a{at}]\n", at + 1);
    let merges = "a0: &a0 {x: 1}\n".to_owned() + &many(60, merged) + "<<: *a60\n";
    assert!(in_time("merge keys", merges.clone() + &pod).unwrap_err().contains("aliases"));
    assert_eq!(in_time("merge keys that hide the kind", merges), Ok(0));
}

#[test]
fn texts_of_one_thing() {
    for (name, text) in [
        ("tabs between brackets", format!("a: [\n{}]\n", "\tx,\n".repeat(50_000))),
        ("templates in a literal", format!("a: |\n{}", "  {{ .Values.x }}\n".repeat(50_000))),
        ("opening braces", format!("a: |\n  {}\n", "{{".repeat(200_000))),
        ("one line", format!("a: {}\n", "x".repeat(5_000_000))),
        ("blanks", " ".repeat(5_000_000)),
        ("empty documents", "---\n".repeat(100_000)),
        ("lines of a literal", format!("a: |\n{}", "  x\n".repeat(500_000))),
        ("lines of a plain scalar", format!("a: x\n{}", "  x\n".repeat(500_000))),
        ("members of one line", format!("[{}]", "a: b, ".repeat(100_000))),
    ] {
        assert_eq!(in_time(name, text), Ok(0), "{name}");
    }
    for (name, text, phrase) in [
        ("brackets", "[".repeat(100_000), "255 levels"),
        ("braces", "{a: ".repeat(100_000), "255 levels"),
        ("dashes", "- ".repeat(1_000_000), "255 levels"),
        ("indents", many(2000, |at| format!("{}a:\n", " ".repeat(at))), "255 levels"),
        ("a quote that never ends", format!("a: \"{}", "x\n".repeat(500_000)), "quote"),
    ] {
        let error = in_time(name, text).unwrap_err();
        assert!(error.contains(phrase), "{name}: {error}");
    }
}

/// The mask of a text, in time; how many bytes of the text it leaves.
fn masked(name: &'static str, text: String) -> usize {
    let (send, receive) = mpsc::channel();
    let look = move || {
        let stream = Stream::read(text.clone()).unwrap();
        send.send(Mask::of(&stream).piece(0, &text).len())
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(look).unwrap();
    receive.recv_timeout(LONGEST).unwrap_or_else(|_| panic!("the mask of {name} takes too long, or panics"))
}

#[test]
fn masks_of_large_texts() {
    let secret = "apiVersion: v1\nkind: Secret\ndata:\n";
    let none = 0;
    for (name, text, left) in [
        ("a Secret", secret.to_owned() + &many(4000, |at| format!("  k{at}: c2VjcmV0\n")), none),
        ("Secrets", many(5000, |at| format!("---\n{secret}  k{at}: c2VjcmV0\n")), none),
        (
            "a list of Secrets",
            format!("apiVersion: v1\nkind: SecretList\nitems:\n{}", "- data: {a: c2VjcmV0}\n".repeat(5000)),
            none,
        ),
        ("a line of passwords", format!("a: \"{}\"\n", "password=S3cure!pa55 ".repeat(50_000)), none),
        ("a file of passwords", format!("a: |\n{}", "  password=S3cure!pa55\n".repeat(50_000)), none),
        ("names without values", format!("a: |\n  {}\n", "password".repeat(200_000)), 1_600_008),
        ("names with gaps", format!("a: |\n  {}\n", "password   ".repeat(100_000)), none),
        ("addresses", format!("a: \"{}\"\n", "http://a:b@".repeat(100_000)), none),
        ("beginnings of tokens", format!("a: {}\n", "eyJ".repeat(300_000)), none),
        ("beginnings of keys", format!("a: |\n{}", "  -----BEGIN RSA PRIVATE KEY-----\n".repeat(20_000)), none),
        ("comments", "# password: S3cure!pa55\n".repeat(50_000) + "a: b\n", none),
        (
            "variables",
            format!(
                "{POD}  - name: a\n    env:\n{}",
                many(30_000, |at| format!("    - name: PASSWORD{at}\n      value: S3cure!pa55\n"))
            ),
            none,
        ),
    ] {
        let found = masked(name, text);
        assert!(left == none || found == left, "{name}: {found}");
    }
}
