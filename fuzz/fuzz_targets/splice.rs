//! A text and an edit: the result reads as the value asked for and a second run changes nothing, or it is refused.
//!
//! The input is the text, a NUL byte, and the tape the edit is made from; without a NUL byte both text and edit are made
//! from the tape, which reaches deep into valid YAML where mutated text seldom does.
#![no_main]
#![allow(dead_code, reason = "the tests use more of what is shared with them")]

#[path = "../../tests/support/edits.rs"]
mod edits;
#[path = "../../tests/support/tape.rs"]
mod tape;
#[path = "../../tests/support/texts.rs"]
mod texts;

use edits::edited;
use kubectl_harden::manifest::{Stream, splice};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use tape::Tape;

fuzz_target!(|bytes: &[u8]| {
    let (text, edit) = match bytes.iter().rposition(|byte| *byte == 0) {
        Some(at) => match std::str::from_utf8(&bytes[..at]) {
            Ok(text) => (text.to_owned(), &bytes[at + 1..]),
            Err(_) => return,
        },
        None => {
            let (edit, shape) = bytes.split_at(bytes.len() / 8);
            (texts::text(&mut Tape::new(shape)).text, edit)
        }
    };
    let Ok(stream) = Stream::read(text.clone()) else { return };
    let values: Result<Vec<Value>, _> = stream.documents().map(|document| document.value()).collect();
    let Ok(mut values) = values else { return };
    let mut tape = Tape::new(edit);
    let Some(index) = (!values.is_empty()).then(|| tape.below(values.len())) else { return };
    let wanted = edited(&mut tape, &values[index]);
    let Ok(result) = splice(&stream, &[(index, &wanted)]) else { return };

    values[index] = wanted.clone();
    let again = Stream::read(result.clone()).unwrap_or_else(|error| panic!("{error}\n{text}\nbecame\n{result}"));
    let read: Vec<Value> = again.documents().map(|document| document.value().expect("a value")).collect();
    assert_eq!(read, values, "\n{text}\nbecame\n{result}");
    assert!(!accepted(&text) || accepted(&result), "the second reader refuses\n{result}\nmade from\n{text}");
    assert_eq!(splice(&again, &[(index, &wanted)]).as_ref(), Ok(&result), "the second run");
});

fn accepted(text: &str) -> bool {
    let documents = serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    // Its iterator yields errors for ever after a broken document; `all` stops at the first.
    documents.into_iter().all(|document| serde_yaml::Value::deserialize(document).is_ok())
}
