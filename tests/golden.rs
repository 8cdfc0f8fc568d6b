//! The golden cases of the editor: exact texts, for the cases and for what follows from them.
//!
//! `GOLDEN=word cargo test --test golden` runs only the cases whose name holds the word.

// Tests read files, say what they skip and may panic.
#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used)]

mod support;

use kubectl_harden::manifest::{Position, ReadError, Refusal, Stream, splice};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use support::cases::{Case, Outcome, Place, load};
use support::patch::apply;

#[test]
fn every_case_has_its_outcome() {
    check(cases(), outcome);
}

#[test]
fn every_case_has_its_outcome_with_crlf() {
    let windows = cases().into_iter().filter_map(with_crlf).collect();
    check(windows, |case| outcome(case).and_then(|()| unchanged(case)).and_then(|()| repeated(case)));
}

#[test]
fn every_case_is_consistent() {
    check(cases(), consistent);
}

#[test]
fn a_change_of_nothing_gives_the_same_bytes() {
    check(cases(), unchanged);
}

#[test]
fn a_second_run_changes_nothing() {
    check(cases(), repeated);
}

fn cases() -> Vec<Case> {
    let wanted = std::env::var("GOLDEN").unwrap_or_default();
    let mut cases = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/yaml"));
    assert!(cases.len() > 200, "only {} cases: is the folder whole?", cases.len());
    let names: std::collections::BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    cases.retain(|case| case.name.contains(&wanted));
    cases
}

/// Run `test` on all cases and report every failure, not only the first.
fn check(cases: Vec<Case>, test: impl Fn(&Case) -> Result<(), String>) {
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            // A panic fails its own case and does not hide the others.
            let done = catch_unwind(AssertUnwindSafe(|| test(case)));
            let done = done.unwrap_or_else(|_| Err("panics, see above\n".to_owned()));
            done.err().map(|why| format!("## {}\n{why}", case.name))
        })
        .collect();
    let (failed, all) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{failed} of {all} cases fail:\n\n{}", failures.join("\n"));
}

/// What came of a case.
#[derive(Debug)]
enum Got {
    Text(String),
    Refused(Refusal),
    Unreadable(ReadError),
}

/// The documents' values with the case's changes applied.
fn wanted_values(case: &Case, stream: &Stream) -> Result<Vec<Value>, Refusal> {
    let mut values = stream.documents().map(|document| document.value()).collect::<Result<Vec<_>, _>>()?;
    for (document, op) in &case.ops {
        let count = values.len();
        let value = values.get_mut(*document).unwrap_or_else(|| panic!("{}: {count} documents", case.name));
        apply(value, op).unwrap_or_else(|why| panic!("{}: {why} in {value}", case.name));
    }
    Ok(values)
}

/// Each changed document's value, as [`splice`] takes them.
fn changed<'v>(case: &Case, values: &'v [Value]) -> Vec<(usize, &'v Value)> {
    let mut documents: Vec<_> = case.ops.iter().map(|(document, _)| *document).collect();
    documents.sort_unstable();
    documents.dedup();
    documents.into_iter().map(|document| (document, &values[document])).collect()
}

fn run(case: &Case) -> Got {
    let stream = match Stream::read(case.source.clone()) {
        Ok(stream) => stream,
        Err(error) => return Got::Unreadable(error),
    };
    let done = wanted_values(case, &stream).and_then(|values| splice(&stream, &changed(case, &values)));
    done.map_or_else(Got::Refused, Got::Text)
}

fn outcome(case: &Case) -> Result<(), String> {
    let got = run(case);
    if case.outcomes.iter().any(|outcome| agrees(outcome, &got)) {
        return Ok(());
    }
    let got = match got {
        Got::Text(text) => format!("got\n{}", shown(&text)),
        other => format!("got {other:?}\n"),
    };
    let wanted: String = case
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Text(text) => format!("wanted\n{}", shown(text)),
            other => format!("wanted {other:?}\n"),
        })
        .collect();
    Err(wanted + &got)
}

fn agrees(outcome: &Outcome, got: &Got) -> bool {
    match (outcome, got) {
        (Outcome::Text(text), Got::Text(got)) => text == got,
        (Outcome::Refused(place), Got::Refused(refusal)) => points(place, refusal.position, &refusal.message),
        (Outcome::Unreadable(place), Got::Unreadable(error)) => {
            !error.template && points(place, error.position, &error.message)
        }
        (Outcome::Template(place), Got::Unreadable(error)) => {
            error.template && points(place, error.position, &error.message)
        }
        _ => false,
    }
}

fn points(place: &Place, position: Position, message: &str) -> bool {
    place.line == position.line
        && place.column.is_none_or(|column| column == position.column)
        && message.to_lowercase().contains(&place.phrase.to_lowercase())
}

/// The case itself makes sense: its values are in the source, and the expected text reads as the changed values.
fn consistent(case: &Case) -> Result<(), String> {
    let Ok(stream) = Stream::read(case.source.clone()) else { return Ok(()) };
    for (document, pointer, wanted) in &case.values {
        let value = stream.document(*document).ok_or("no such document")?.value().map_err(|error| error.to_string())?;
        if value.pointer(pointer) != Some(wanted) {
            return Err(format!("{pointer} is {:?}, wanted {wanted}\n", value.pointer(pointer)));
        }
    }
    let Ok(values) = wanted_values(case, &stream) else { return Ok(()) };
    for outcome in &case.outcomes {
        let Outcome::Text(text) = outcome else { continue };
        let after = Stream::read(text.clone()).map_err(|error| format!("the expected text: {error}\n"))?;
        let read: Vec<_> = after.documents().map(|document| document.value()).collect();
        let wanted: Vec<_> = values.iter().cloned().map(Ok).collect();
        if read != wanted {
            return Err(format!("the expected text reads\n{read:?}\nwanted\n{wanted:?}\n"));
        }
    }
    Ok(())
}

/// Nothing asked for, or each document's own value asked for: the same bytes.
fn unchanged(case: &Case) -> Result<(), String> {
    let Ok(stream) = Stream::read(case.source.clone()) else { return Ok(()) };
    let mut runs = vec![splice(&stream, &[])];
    let values: Result<Vec<_>, _> = stream.documents().map(|document| document.value()).collect();
    if let Ok(values) = values {
        runs.push(splice(&stream, &values.iter().enumerate().collect::<Vec<_>>()));
    }
    for done in runs {
        match done {
            Ok(text) if text == case.source => {}
            Ok(text) => return Err(format!("became\n{}", shown(&text))),
            Err(refusal) => return Err(format!("{refusal}\n")),
        }
    }
    Ok(())
}

/// The result already has the values wanted, so asking again changes nothing.
fn repeated(case: &Case) -> Result<(), String> {
    let Got::Text(text) = run(case) else { return Ok(()) };
    let before = Stream::read(case.source.clone()).map_err(|error| error.to_string())?;
    let values = wanted_values(case, &before).map_err(|refusal| refusal.to_string())?;
    let again = Stream::read(text.clone()).map_err(|error| format!("the result: {error}\n"))?;
    match splice(&again, &changed(case, &values)) {
        Ok(second) if second == text => Ok(()),
        Ok(second) => Err(format!("the second run gives\n{}after\n{}", shown(&second), shown(&text))),
        Err(refusal) => Err(format!("the second run is refused: {refusal}\n")),
    }
}

/// The case with CRLF line breaks; `None` where it has its own.
fn with_crlf(mut case: Case) -> Option<Case> {
    let convert = |text: &str| text.replace('\n', "\r\n");
    let texts = case.outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Text(text) => Some(text),
        _ => None,
    });
    // A text of one line without a line break does not show which one it would have.
    if !case.source.contains('\n') || case.source.contains('\r') || texts.clone().any(|text| text.contains('\r')) {
        return None;
    }
    case.source = convert(&case.source);
    for outcome in &mut case.outcomes {
        if let Outcome::Text(text) = outcome {
            *text = convert(text);
        }
    }
    Some(case)
}

/// A text with its invisible characters visible.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        shown.push('|');
        shown.push_str(&body.replace('\r', "␍").replace('\t', "␉").replace('\u{feff}', "⟨BOM⟩"));
        shown.push_str(if body.len() < line.len() { "\n" } else { "\n\\\n" });
    }
    shown
}
