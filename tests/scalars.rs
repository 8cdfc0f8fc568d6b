//! Scalars: read as kubectl reads them, written so that every reader gives them back.

// Tests read files, say what they skip and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod support;

use kubectl_harden::manifest::{Stream, splice};
use serde_json::{Value, json};
use support::kubectl;

/// What is written, and what kubectl reads.
#[rustfmt::skip]
fn table() -> Vec<(&'static str, Value)> {
    let mut table = Vec::new();
    for word in ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
        table.push((word, json!(true)));
    }
    for word in ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"] {
        table.push((word, json!(false)));
    }
    for word in ["~", "null", "Null", "NULL"] {
        table.push((word, Value::Null));
    }
    for (word, number) in [
        ("0", 0), ("00", 0), ("1", 1), ("+1", 1), ("-1", -1),
        ("0644", 420), ("0777", 511), ("010", 8), ("-0644", -420), ("0o777", 511),
        ("0x1F", 31), ("0X1f", 31), ("-0x1F", -31), ("0b101", 5), ("1_000", 1000),
        ("1_0_0", 100), ("0_644", 420), ("08", 8), ("1e3", 1000), ("1E3", 1000),
        ("1.", 1), ("1.0", 1), ("9007199254740993", 9_007_199_254_740_993), ("-9223372036854775808", i64::MIN),
    ] {
        table.push((word, json!(number)));
    }
    for (word, number) in [(".5", 0.5), ("+.5", 0.5), ("-.5", -0.5), ("1.5", 1.5), ("1.5e-3", 0.0015)] {
        table.push((word, json!(number)));
    }
    for word in [
        "yEs",
        "yess",
        "tRUE",
        "nULL",
        "nil",
        "none",
        "None",
        "12:30:45",
        "12:30",
        "1:2",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "1.2.3",
        "0x",
        "0xg",
        "0b2",
        "0o8",
        "1e",
        "e3",
        "_1",
        "+",
        "-x",
        ".",
        "..",
        "1Gi",
        "100m",
        "v1",
        "1,000",
        "--flag",
        "/tmp",
        "a:b",
        "a#b",
        "<<x",
        "=",
    ] {
        table.push((word, json!(word)));
    }
    table
}

fn read(text: &str) -> Value {
    let stream = Stream::read(text.to_owned()).unwrap_or_else(|error| panic!("{error} in {text}"));
    stream.document(0).expect("a document").value().unwrap_or_else(|refusal| panic!("{refusal} in {text}"))
}

/// Every difference between two lists of equal length, named by what was written.
fn differences(words: &[String], left: &Value, right: &Value) -> Vec<String> {
    let (left, right) = (left.as_array().expect("a list"), right.as_array().expect("a list"));
    assert_eq!((left.len(), right.len()), (words.len(), words.len()));
    (0..words.len())
        .filter(|at| left[*at] != right[*at])
        .map(|at| format!("`{}`: {} and {}", words[at], left[at], right[at]))
        .collect()
}

#[test]
fn plain_scalars_are_read_as_kubectl_reads_them() {
    let (words, values): (Vec<_>, Vec<_>) = table().into_iter().map(|(word, value)| (word.to_owned(), value)).unzip();
    let text: String = words.iter().map(|word| format!("- {word}\n")).collect();
    assert_eq!(differences(&words, &read(&text), &json!(values)), [""; 0]);
}

#[test]
fn quoted_scalars_are_strings() {
    for (word, _) in table() {
        assert_eq!(read(&format!("- '{word}'\n- \"{word}\"\n- |-\n  {word}\n")), json!([word, word, word]), "{word}");
    }
}

#[test]
fn flow_and_block_read_alike() {
    for (word, value) in table().into_iter().filter(|(word, _)| !word.contains([',', ':'])) {
        assert_eq!(read(&format!("[{word}, {{a: {word}}}]")), json!([value, {"a": value}]), "{word}");
    }
}

#[test]
fn keys_are_strings_that_kubectl_would_make_of_them() {
    assert_eq!(
        read("1: a\n0x10: b\nyes: c\nno: d\n'on': e\n1.5: f\n0644: g\n"),
        json!({"1": "a", "16": "b", "true": "c", "false": "d", "on": "e", "1.5": "f", "420": "g"})
    );
}

/// Fail with the first of many.
fn report(failures: &[String]) {
    let first: Vec<_> = failures.iter().take(20).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} failures, the first:\n{}", failures.len(), first.join("\n"));
}

/// Strings that a careless writer loses.
#[rustfmt::skip]
fn strings() -> Vec<String> {
    let mut strings: Vec<String> = table().into_iter().map(|(word, _)| word.to_owned()).collect();
    let more = [
        "",
        " ",
        "  a",
        "a  ",
        "\ta",
        "a\tb",
        "a\t",
        "\n",
        "a\n",
        "a\n\n",
        "\na",
        "a\nb",
        "a\nb\n",
        "a\n\nb\n",
        " a\nb\n",
        "a\n b\n",
        "\n\na\n",
        "a\r\nb",
        "a\rb",
        "# a",
        "a # b",
        "a #",
        "a: b",
        "a:",
        ":",
        ": a",
        "-",
        "- a",
        "?",
        "? a",
        "*a",
        "&a",
        "!a",
        "!!str a",
        "|",
        ">",
        "%",
        "@",
        "`",
        "'",
        "\"",
        "'a'",
        "\"a\"",
        "it's",
        "\\",
        "a\\nb",
        "[",
        "]",
        "[a]",
        "{",
        "}",
        "{a: b}",
        "{{ x }}",
        ",",
        "a, b",
        "---",
        "--- a",
        "...",
        "<<",
        "=",
        ".inf",
        "-.inf",
        "+.Inf",
        ".nan",
        ".NaN",
        ".NAN",
        "0.",
        "1e400",
        "é",
        "☃",
        "🦀",
        "\u{85}",
        "a\u{2028}b",
        "\u{feff}",
        "\u{feff}a",
        "\u{a0}",
        "\u{1}",
        "\u{7f}",
        "\u{1b}[31m",
        "\u{fffe}",
        "\u{e000}",
        "\u{d7ff}",
        "a\u{0}b",
    ];
    strings.extend(more.map(str::to_owned));
    strings.push("x ".repeat(500));
    strings.push("a\n---\nb\n".to_owned());
    strings
}

/// Documents of every style that get a string, and the pointer to it.
const HOMES: [(&str, &str); 9] = [
    ("a:\n  b: x\n", "/a/new"),
    ("a:\n- b\n", "/a/-"),
    ("a: 'x'\nb: 'y'\nnew: 'z'\nc: 1\n", "/new"),
    ("a: \"x\"\nnew: \"y\"", "/new"),
    ("a: {b: x}\n", "/a/new"),
    ("a: [b]\n", "/a/-"),
    ("{\n  \"a\": 1\n}\n", "/new"),
    ("a:\r\n  b: x\r\nc: 1\r\n", "/a/new"),
    ("a:\n  b: x", "/a/new"),
];

/// The document with the string put in, if it can be.
fn put(home: &str, pointer: &str, string: &str) -> (Value, Result<String, String>) {
    let stream = Stream::read(home.to_owned()).expect("the home reads");
    let mut after = stream.document(0).expect("a document").value().expect("a value");
    support::patch::apply(&mut after, &support::patch::Op::Add(pointer.to_owned(), json!(string))).expect("a place");
    let done = splice(&stream, &[(0, &after)]).map_err(|refusal| refusal.to_string());
    (after, done)
}

#[test]
fn every_string_is_written_so_that_both_readers_give_it_back() {
    let mut failures = Vec::new();
    for (home, pointer) in HOMES {
        for string in strings() {
            let (after, done) = put(home, pointer, &string);
            let problem = match done {
                Err(refusal) => Some(format!("refused: {refusal}")),
                Ok(text) if read(&text) != after => Some(format!("reads otherwise: {text:?}")),
                Ok(text) => match serde_yaml::from_str::<Value>(&text) {
                    Ok(value) if value == after => None,
                    Ok(_) => Some(format!("serde_yaml reads otherwise: {text:?}")),
                    Err(error) => Some(format!("serde_yaml: {error} in {text:?}")),
                },
            };
            failures.extend(problem.map(|problem| format!("{string:?} at {pointer} of {home:?}: {problem}")));
        }
    }
    report(&failures);
}

#[test]
fn every_key_is_written_so_that_both_readers_give_it_back() {
    let mut failures = Vec::new();
    for home in ["a:\n  b: x\n", "a: {b: x}\n", "{\"a\": {\n  \"b\": 1\n}}\n"] {
        for key in strings().into_iter().filter(|key| key.len() < 100 && key != "b") {
            let stream = Stream::read(home.to_owned()).expect("the home reads");
            let mut after = stream.document(0).expect("a document").value().expect("a value");
            after["a"][&key] = json!(1);
            let problem = match splice(&stream, &[(0, &after)]) {
                Err(refusal) => Some(format!("refused: {refusal}")),
                Ok(text) if read(&text) != after => Some(format!("reads otherwise: {text:?}")),
                Ok(text) => match serde_yaml::from_str::<Value>(&text) {
                    Ok(value) if value == after => None,
                    other => Some(format!("serde_yaml: {other:?} in {text:?}")),
                },
            };
            failures.extend(problem.map(|problem| format!("{key:?} in {home:?}: {problem}")));
        }
    }
    report(&failures);
}

/// Spellings made by rule, far more than the table: signs, bases, digits, points, exponents, separators, words.
fn spellings() -> Vec<String> {
    let mut all: Vec<String> = table().into_iter().map(|(word, _)| word.to_owned()).collect();
    for sign in ["", "+", "-"] {
        for base in ["", "0", "0x", "0X", "0o", "0O", "0b", "0B"] {
            for digits in
                ["", "0", "1", "7", "8", "9", "10", "19", "1_0", "_1", "1_", "1f", "F", "777", "1.5", ".5", "5."]
            {
                for exponent in ["", "e1", "E+2", "e-2", "e"] {
                    all.push(format!("{sign}{base}{digits}{exponent}"));
                }
            }
        }
    }
    // Between the largest signed and the largest unsigned integer kubectl prints a float; no field is that large.
    for number in [i64::MAX.to_string(), format!("{}0", u64::MAX), "1e308".to_owned()] {
        all.extend([number.clone(), format!("-{number}"), format!("+{number}")]);
    }
    for word in ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "infinity"] {
        let mut title = word.to_owned();
        title[..1].make_ascii_uppercase();
        all.extend([word.to_owned(), title, word.to_uppercase(), format!("{word}x"), format!("x{word}")]);
    }
    for time in ["1:30", "01:30:59", "190:20:30", "2001-12-14t21:59:43.10-05:00", "2001-1-1", "2001-12-14 21:59:43"] {
        all.push(time.to_owned());
    }
    all.retain(|word| !matches!(word.as_str(), "" | "-" | "+-"));
    all.sort();
    all.dedup();
    all
}

const CUSTOM: &str = "apiVersion: example.com/v1\nkind: Sample\nmetadata:\n  name: sample\nspec:\n";

#[test]
fn kubectl_reads_every_spelling_as_we_do() {
    if !kubectl::present("kubectl_reads_every_spelling_as_we_do") {
        return;
    }
    let words = spellings();
    let text = CUSTOM.to_owned() + &words.iter().map(|word| format!("- {word}\n")).collect::<String>();
    let seen = kubectl::read(&text).unwrap_or_else(|error| panic!("kubectl: {error}"));
    assert!(words.len() > 1000, "only {} spellings", words.len());
    assert_eq!(differences(&words, &read(&text)["spec"], &seen["spec"]), [""; 0]);
}

#[test]
fn kubectl_reads_every_written_string_as_we_meant_it() {
    if !kubectl::present("kubectl_reads_every_written_string_as_we_meant_it") {
        return;
    }
    for start in ["- x\n", "- [x]\n", "- \"x\"\n", "- 'x'\n- 'y'\n- \"z\"\n"] {
        let stream = Stream::read(CUSTOM.to_owned() + start).expect("reads");
        let mut after = stream.document(0).expect("a document").value().expect("a value");
        let strings: Vec<Value> = strings().into_iter().map(Value::String).collect();
        let list = after["spec"].as_array_mut().expect("a list");
        match &mut list[0] {
            Value::Array(inner) => inner.extend(strings),
            _ => list.extend(strings),
        }
        let text = splice(&stream, &[(0, &after)]).unwrap_or_else(|refusal| panic!("{refusal}"));
        let seen = kubectl::read(&text).unwrap_or_else(|error| panic!("kubectl: {error} in\n{text}"));
        let (left, right) = match start.contains('[') {
            true => (&after["spec"][0], &seen["spec"][0]),
            false => (&after["spec"], &seen["spec"]),
        };
        let words: Vec<String> = left.as_array().expect("a list").iter().map(ToString::to_string).collect();
        assert_eq!(differences(&words, left, right), [""; 0]);
    }
}
